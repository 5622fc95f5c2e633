"""网站登记 on screen: list, proposal, application, steps, registration, maintainers."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from wangqun.people.actions import create_organisation
from wangqun.people.models import Organisation
from wangqun.websites.actions import apply
from wangqun.websites.models import Maintainer, Website, WebsiteChange

pytestmark = pytest.mark.req("GRP-1", "GRP-2", "GRP-3", "ORG-3")


@pytest.fixture
def enter(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def jinzhou(world):
    bureau = Organisation.objects.get(code="sjzswj")
    return create_organisation(
        by=world.zhou,
        kind="county_bureau",
        name="晋州市商务局",
        short_name="晋州商务局",
        code="jinzhou",
        parent=bureau,
        region_name="晋州市",
        department_name="商务局",
    )


@pytest.fixture
def applied(world, jinzhou):
    return apply(
        kind="county", name="晋州市商务局", domain="jinzhou.localhost", organisation=jinzhou, by=world.zhou, reason="开办"
    )


def typed(organisation, **values):
    return {
        "kind": "county",
        "organisation": organisation.pk,
        "name": "",
        "domain": "",
        "contact": "0311-84321234",
        "reason": "按网站群规划开办",
        "step": "apply",
    } | values


def states():
    return list(Website.objects.order_by("pk").values_list("name", "state", "domain"))


def test_the_list_shows_every_site_and_filters_by_state(world, applied, enter):
    client = enter(world.wang)
    text = client.get("/admin/websites/").content.decode()
    assert "中国石家庄商务" in text
    assert "晋州市商务局" in text
    assert f"/admin/websites/inspect/{applied.pk}/" in text
    text = client.get("/admin/websites/?state=applied").content.decode()
    assert "晋州市商务局" in text
    assert "中国石家庄商务" not in text


def test_only_the_office_finds_the_way_to_apply(world, enter):
    assert "申请开办网站" in enter(world.zhou).get("/admin/websites/").content.decode()
    assert "申请开办网站" not in enter(world.wang).get("/admin/websites/").content.decode()


def test_the_list_is_exported(world, enter):
    response = enter(world.wang).get("/admin/websites/?export=xlsx")
    sheet = load_workbook(BytesIO(b"".join(response.streaming_content))).active
    assert "正定县商务局" in [cell.value for cell in sheet["A"]]


def test_a_site_shows_its_registration_maintainers_and_history(world, enter):
    text = enter(world.wang).get(f"/admin/websites/inspect/{world.zhengding.pk}/").content.decode()
    for word in ("zhengding.localhost", "刘科长", "陈局长", "栏目维护", "开通", "建设完成", "周督办"):
        assert word in text
    assert "变更登记" not in text  # not for an editor


def test_name_and_domain_are_proposed_for_the_chosen_organisation(world, jinzhou, enter):
    text = enter(world.zhou).post("/admin/websites/apply/", typed(jinzhou, step="propose")).content.decode()
    assert "建议：网站名称“晋州市商务局”，域名“jinzhou.localhost”" in text
    assert 'value="晋州市商务局"' in text
    assert "0311-84321234" in text  # what was typed stays
    assert not Website.objects.filter(organisation=jinzhou).exists()


def test_a_proposal_does_not_overwrite_what_was_typed(world, jinzhou, enter):
    text = (
        enter(world.zhou).post("/admin/websites/apply/", typed(jinzhou, step="propose", domain="jz.localhost")).content.decode()
    )
    assert 'value="jz.localhost"' in text


def test_without_an_organisation_or_its_region_the_proposal_says_what_is_missing(world, enter):
    client = enter(world.zhou)
    office = Organisation.objects.get(code="xxc")
    assert "请先选择类别和主办单位" in client.post("/admin/websites/apply/", {"step": "propose"}).content.decode()
    assert "没有登记行政区或部门简称" in client.post("/admin/websites/apply/", typed(office, step="propose")).content.decode()


def test_an_application_is_registered(world, jinzhou, enter):
    response = enter(world.zhou).post("/admin/websites/apply/", typed(jinzhou, name="晋州市商务局", domain="jinzhou.localhost"))
    website = Website.objects.get(domain="jinzhou.localhost")
    assert response.url == f"/admin/websites/inspect/{website.pk}/"
    assert (website.state, website.contact) == ("applied", "0311-84321234")


def test_a_breach_is_refused_with_every_reason_and_nothing_typed_is_lost(world, jinzhou, enter):
    response = enter(world.zhou).post("/admin/websites/apply/", typed(jinzhou, name="晋州商务", domain="www.xiexiebang.com"))
    text = response.content.decode()
    assert response.status_code == 409
    assert "按命名规则，网站名称应为“晋州市商务局”。" in text
    assert "域名应在“localhost”之下。" in text
    assert 'value="www.xiexiebang.com"' in text
    assert "0311-84321234" in text
    assert not Website.objects.filter(organisation=jinzhou).exists()


def test_a_second_click_on_apply_is_refused_and_makes_no_second_site(world, jinzhou, enter):
    client = enter(world.zhou)
    data = typed(jinzhou, name="晋州市商务局", domain="jinzhou.localhost")
    client.post("/admin/websites/apply/", data)
    before = states()
    assert "已被使用" in client.post("/admin/websites/apply/", data).content.decode()
    assert states() == before


def test_a_second_portal_is_refused_with_a_sentence(world, enter):
    bureau = Organisation.objects.get(code="sjzswj")
    data = typed(bureau, kind="portal", name="中国石家庄商务", domain="second.localhost")
    assert "门户网站只有一个" in enter(world.zhou).post("/admin/websites/apply/", data).content.decode()


def test_a_section_cannot_own_a_site(world, jinzhou, enter):
    section = create_organisation(by=world.zhou, kind="section", name="电商科", short_name="电商科", code="dsk", parent=jinzhou)
    before = states()
    assert (
        enter(world.zhou).post("/admin/websites/apply/", typed(section, name="电商科", domain="dsk.localhost")).status_code
        == 409
    )
    assert states() == before


@pytest.mark.parametrize(
    ("steps", "state"),
    [(["suspend"], "suspended"), (["suspend", "resume"], "open"), (["close"], "closed"), (["suspend", "close"], "closed")],
)
def test_the_steps_of_a_sites_life_are_taken_with_a_reason(world, enter, steps, state):
    client = enter(world.zhou)
    for verb in steps:
        assert "事由" in client.get(f"/admin/websites/{world.zhengding.pk}/step/{verb}/").content.decode()
        assert client.post(f"/admin/websites/{world.zhengding.pk}/step/{verb}/", {"reason": "整改"}).status_code == 302
    assert Website.objects.get(pk=world.zhengding.pk).state == state
    assert WebsiteChange.objects.filter(website=world.zhengding).latest("pk").reason == "整改"


def test_a_site_is_admitted_built_and_opened_by_its_buttons(world, applied, enter):
    client = enter(world.zhou)
    assert client.post(f"/admin/websites/{applied.pk}/step/admit/", {"reason": "符合准入条件"}).status_code == 302
    assert "开始建设" in client.get(f"/admin/websites/inspect/{applied.pk}/").content.decode()
    client.post(f"/admin/websites/{applied.pk}/build/")
    refused = client.post(f"/admin/websites/{applied.pk}/step/open/")
    assert "网站开通前须明确责任部门、责任人、分管领导、备案的维护人员" in refused.content.decode()
    department = Organisation.objects.get(code="jinzhou").pk
    data = {
        "organisation": department, "responsible_department": department, "responsible_person": world.liu.pk,
        "leader": world.chen.pk, "reason": "明确责任",
    }  # fmt: skip
    assert client.post(f"/admin/websites/{applied.pk}/registration/", data).status_code == 302
    client.post(f"/admin/websites/{applied.pk}/maintainers/", {"user": world.liu.pk, "duties": "栏目维护"})
    assert client.post(f"/admin/websites/{applied.pk}/step/open/").status_code == 302
    applied.refresh_from_db()
    assert applied.state == "open"
    assert "责任人由“空”改为“刘科长”" in client.get(f"/admin/websites/inspect/{applied.pk}/").content.decode()


def test_a_second_click_on_a_step_is_refused_and_changes_nothing(world, enter):
    client = enter(world.zhou)
    address = f"/admin/websites/{world.zhengding.pk}/step/suspend/"
    client.post(address, {"reason": "整改"})
    before = (states(), WebsiteChange.objects.count())
    second = client.post(address, {"reason": "整改"})
    assert second.status_code == 409
    assert "请刷新后再看" in second.content.decode()
    assert (states(), WebsiteChange.objects.count()) == before


def test_a_step_without_a_reason_is_refused(world, enter):
    before = states()
    response = enter(world.zhou).post(f"/admin/websites/{world.zhengding.pk}/step/suspend/", {"reason": " "})
    assert "请写明事由" in response.content.decode()
    assert states() == before


def test_an_open_site_keeps_its_responsible_people(world, enter):
    website = world.zhengding
    data = {"organisation": website.organisation_id, "reason": "清空"}
    response = enter(world.zhou).post(f"/admin/websites/{website.pk}/registration/", data)
    assert "必须有责任部门、责任人和分管领导" in response.content.decode()
    website.refresh_from_db()
    assert website.leader_id is not None


def test_a_wrong_filing_number_is_named_and_a_form_without_changes_too(world, enter):
    website, client = world.zhengding, enter(world.zhou)
    data = {
        name: getattr(website, f"{name}_id")
        for name in ("organisation", "responsible_department", "responsible_person", "leader")
    }
    data |= {
        "identification_code": website.identification_code,
        "police_number": website.police_number,
        "contact": website.contact,
    }
    address = f"/admin/websites/{website.pk}/registration/"
    wrong = client.post(address, data | {"icp_number": "12345", "reason": "更正"})
    assert "ICP备案号形如" in wrong.content.decode()
    assert 'value="12345"' in wrong.content.decode()
    same = client.post(address, data | {"icp_number": website.icp_number, "reason": "更正"})
    assert "没有改动" in same.content.decode()


def test_maintainers_are_filed_once_and_their_filing_ends_with_a_reason(world, enter):
    client = enter(world.zhou)
    address = f"/admin/websites/{world.zhengding.pk}/maintainers/"
    assert client.post(address, {"user": world.wang.pk, "duties": "采编"}).status_code == 302
    assert client.post(address, {"user": world.wang.pk, "duties": "采编"}).status_code == 409
    filed = Maintainer.objects.get(user=world.wang)
    assert client.post(f"/admin/websites/maintainers/{filed.pk}/end/", {"reason": ""}).status_code == 409
    assert client.post(f"/admin/websites/maintainers/{filed.pk}/end/", {"reason": "调离"}).status_code == 302
    assert client.post(f"/admin/websites/maintainers/{filed.pk}/end/", {"reason": "调离"}).status_code == 409
    last = Maintainer.objects.get(website=world.zhengding, ended_at__isnull=True)
    assert "至少要有一名" in client.post(f"/admin/websites/maintainers/{last.pk}/end/", {"reason": "调离"}).content.decode()


@pytest.mark.parametrize("who", ["wang", "liu", "outsider", "sun", "zheng"])
def test_others_cannot_act_on_the_registry_and_nothing_changes(world, applied, enter, who):
    client = enter(getattr(world, who))
    before = (states(), WebsiteChange.objects.count(), Maintainer.objects.count())
    data = typed(applied.organisation, name="晋州市商务局", domain="jz.localhost")
    assert client.post("/admin/websites/apply/", data).status_code == 404
    assert client.post(f"/admin/websites/{applied.pk}/step/admit/", {"reason": "x"}).status_code == 404
    assert client.post(f"/admin/websites/{world.zhengding.pk}/registration/", {"reason": "x"}).status_code == 404
    assert client.post(f"/admin/websites/{applied.pk}/maintainers/", {"user": world.wang.pk, "duties": "x"}).status_code == 409
    filed = Maintainer.objects.first()
    assert client.post(f"/admin/websites/maintainers/{filed.pk}/end/", {"reason": "x"}).status_code == 409
    assert (states(), WebsiteChange.objects.count(), Maintainer.objects.count()) == before


def test_the_list_asks_as_many_questions_for_few_sites_as_for_many(world, enter, jinzhou, django_assert_max_num_queries):
    client = enter(world.wang)
    client.get("/admin/websites/")
    with django_assert_max_num_queries(40) as few:
        client.get("/admin/websites/")
    for name in ("商务之窗", "商务天气预报", "网上洽谈会"):
        apply(kind="window", name=name, domain=f"w{ord(name[2])}.localhost", organisation=jinzhou, by=world.zhou, reason="开办")
    with django_assert_max_num_queries(40) as many:
        client.get("/admin/websites/")
    assert len(few) == len(many)
