"""机构人员: tree, data with history, offices held, leading group, directory."""

import re
from datetime import date

import pytest

from wangqun.people import actions
from wangqun.people.models import LeadingGroup, LeadingGroupMember, Organisation, Post

pytestmark = pytest.mark.req("ORG-1", "ORG-2")


@pytest.fixture
def enter(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def zhengding(world):
    return Organisation.objects.get(code="zhengding")


def form_of(client, address):
    """What the form of a page holds, as a browser would send it back."""
    text = client.get(address).content.decode()
    found = dict(re.findall(r'<input type="(?:text|hidden|email)" name="([^"]+)" value="([^"]*)"', text))
    found |= {
        name: (re.search(r'<option value="([^"]*)" selected', options) or ["", ""])[1]
        for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', text, re.S)
    }
    return found | {"functions": ""}


def test_the_tree_shows_every_organisation_with_its_leader_and_head(world, enter):
    text = enter(world.wang).get("/admin/organisations/").content.decode()
    for word in ("石家庄市商务局", "正定县商务局", "陈局长", "刘科长", "0311-88001234", "商务信息处"):
        assert word in text


def test_an_organisation_is_changed_through_its_form_and_the_change_is_kept(world, zhengding, enter):
    client = enter(world.zhou)
    address = f"/admin/organisations/{zhengding.pk}/edit/"
    data = form_of(client, address) | {"phone": "0311-88009999", "leader": str(world.zhao.pk)}
    assert client.post(address, data).status_code == 302
    text = client.get(f"/admin/organisations/{zhengding.pk}/").content.decode()
    assert "办公电话由“0311-88001234”改为“0311-88009999”" in text
    assert "分管领导由“陈局长”改为“赵局长”" in text


def test_a_form_that_another_person_overtook_is_refused_with_what_was_typed(world, zhengding, enter):
    client = enter(world.zhou)
    address = f"/admin/organisations/{zhengding.pk}/edit/"
    data = form_of(client, address) | {"phone": "0311-1"}
    actions.change_organisation(zhengding, by=world.zhou, address="正定县新址1号")
    response = client.post(address, data)
    assert response.status_code == 409
    assert "已被他人修改" in response.content.decode()
    assert 'value="0311-1"' in response.content.decode()
    zhengding.refresh_from_db()
    assert (zhengding.phone, zhengding.address) == ("0311-88001234", "正定县新址1号")


def test_a_second_click_on_save_is_refused(world, zhengding, enter):
    client = enter(world.zhou)
    address = f"/admin/organisations/{zhengding.pk}/edit/"
    data = form_of(client, address) | {"phone": "0311-2"}
    assert client.post(address, data).status_code == 302
    assert client.post(address, data).status_code == 409


def test_a_wrong_address_or_a_form_without_changes_is_named(world, zhengding, enter):
    client = enter(world.zhou)
    address = f"/admin/organisations/{zhengding.pk}/edit/"
    data = form_of(client, address)
    assert "没有改动" in client.post(address, data).content.decode()
    assert client.post(address, data | {"email": "nobody"}).status_code == 409


@pytest.mark.parametrize("who", ["wang", "liu", "outsider", "zheng", "sun"])
def test_others_change_nothing(world, zhengding, enter, who):
    post = actions.appoint(world.chen, organisation=zhengding, title="局长", valid_from=date(2026, 1, 1), by=world.zhou)
    client = enter(getattr(world, who))
    assert client.get(f"/admin/organisations/{zhengding.pk}/").status_code == 200
    assert client.get(f"/admin/organisations/{zhengding.pk}/edit/").status_code == 404
    assert client.post(f"/admin/organisations/{zhengding.pk}/edit/", {"phone": "1"}).status_code == 404
    data = {"user": world.wang.pk, "title": "局长", "valid_from": "2026-01-01"}
    assert client.post(f"/admin/organisations/{zhengding.pk}/", data).status_code == 404
    assert client.post(f"/admin/posts/{post.pk}/end/").status_code == 409
    assert client.post("/admin/leading-group/", {"name": "x"}).status_code == 404
    zhengding.refresh_from_db()
    assert zhengding.phone == "0311-88001234"
    assert (Post.objects.count(), LeadingGroup.objects.count()) == (1, 0)
    assert Post.objects.get().valid_until is None


def test_an_office_is_entered_once_and_ends_once(world, zhengding, enter):
    client = enter(world.zhou)
    address = f"/admin/organisations/{zhengding.pk}/"
    data = {"user": world.chen.pk, "title": "局长", "valid_from": "2026-01-01"}
    assert client.post(address, data).status_code == 302
    second = client.post(address, data)
    assert "不必重复登记" in second.content.decode()
    post = Post.objects.get()
    assert "2025-12-31" not in client.get(address).content.decode()
    assert client.post(f"/admin/posts/{post.pk}/end/", {"until": "2025-12-31"}).status_code == 409
    assert client.post(f"/admin/posts/{post.pk}/end/", {"until": "不知"}).status_code == 409
    assert client.post(f"/admin/posts/{post.pk}/end/", {"until": "2026-03-09"}).status_code == 302
    assert client.post(f"/admin/posts/{post.pk}/end/", {"until": "2026-03-09"}).status_code == 409
    assert "2026-03-09" in client.get(address).content.decode()


def test_the_leading_group_keeps_who_sat_in_it_when(world, enter):
    client = enter(world.zhou)
    bureau, office = (Organisation.objects.get(code=code) for code in ("sjzswj", "xxc"))
    data = {"name": "石家庄市商务系统信息化工作领导小组", "office": office.pk, "established_on": "2026-01-01", "duties": "规划"}
    assert client.post("/admin/leading-group/", data).status_code == 302
    seat = {"seat": "head", "organisation": bureau.pk, "office_held": "局长"}
    assert client.post("/admin/leading-group/", seat | {"user": world.zhao.pk, "valid_from": "2026-01-01"}).status_code == 302
    successor = seat | {"user": world.chen.pk, "valid_from": "2026-03-01"}
    assert client.post("/admin/leading-group/", successor).status_code == 302
    assert client.post("/admin/leading-group/", successor).status_code == 409  # a second click
    february = client.get("/admin/leading-group/?day=2026-02-28").context["members"]
    march = client.get("/admin/leading-group/?day=2026-03-01").context["members"]
    assert ([row.user for row in february], [row.user for row in march]) == ([world.zhao], [world.chen])
    assert LeadingGroupMember.objects.count() == 2
    assert "历任" in client.get("/admin/leading-group/").content.decode()


def test_a_successor_must_come_later(world):
    bureau = Organisation.objects.get(code="sjzswj")
    group = actions.found_group(name="领导小组", office=bureau, established_on=date(2026, 1, 1), by=world.zhou)
    values = {"seat": "head", "organisation": bureau, "office_held": "局长", "by": world.zhou, "valid_from": date(2026, 2, 1)}
    actions.seat(group, user=world.zhao, **values)
    with pytest.raises(actions.Refused, match="接任日期须晚于此日"):
        actions.seat(group, user=world.chen, **values)


def test_the_directory_is_searched_and_hides_mobile_numbers_and_those_who_left(world, enter):
    world.liu.mobile = "13800000000"
    world.liu.save(update_fields=["mobile"])
    actions.close_account(world.wang, by=world.zhou, reason="调离")
    client = enter(world.outsider)
    text = client.get("/admin/staff/").content.decode()
    assert "刘科长" in text
    assert "13800000000" not in text
    assert "王编辑" not in text
    assert "王编辑" in client.get("/admin/staff/?left=1").content.decode()
    assert "没有找到人员" in client.get("/admin/staff/?q=不存在的人").content.decode()
    assert "13800000000" in enter(world.zhou).get("/admin/staff/?q=刘").content.decode()


@pytest.mark.parametrize("address", ["/admin/organisations/", "/admin/staff/"])
def test_lists_ask_as_many_questions_for_few_rows_as_for_many(world, zhengding, enter, address, django_assert_max_num_queries):
    client = enter(world.wang)
    client.get(address)
    with django_assert_max_num_queries(40) as few:
        client.get(address)
    for number in range(3):
        section = actions.create_organisation(
            by=world.zhou, kind="section", name=f"科室{number}", short_name="科", code=f"ks{number}", parent=zhengding
        )
        person = actions.create_person(
            by=world.zhou, username=f"p{number}", name="某", organisation=section, email="p@example.org"
        )
        actions.appoint(person, organisation=section, title="科员", valid_from=date(2026, 1, 1), by=world.zhou)
    with django_assert_max_num_queries(40) as many:
        client.get(address)
    assert len(few) == len(many)


# 登记单位


@pytest.fixture
def jinzhou(world):
    return {
        "parent": Organisation.objects.get(code="sjzswj").pk,
        "kind": "county_bureau",
        "name": "晋州市商务局",
        "short_name": "晋州商务局",
        "code": "jinzhou",
        "region_name": "晋州市",
        "region_code": "130183",
        "department_name": "商务局",
        "phone": "0311-84322222",
        "email": "jinzhou@example.org",
        "address": "晋州市中兴路1号",
        "opening_hours": "工作日 8:30—17:30",
        "functions": "内贸、外贸",
        "document_mark": "晋商",
    }


def test_an_organisation_is_entered_by_form_and_stands_in_the_tree(world, jinzhou, enter):
    client = enter(world.zhou)
    assert client.get(f"/admin/organisations/new/?parent={jinzhou['parent']}").status_code == 200
    answer = client.post("/admin/organisations/new/", jinzhou)
    made = Organisation.objects.get(code="jinzhou")
    assert answer["Location"] == f"/admin/organisations/{made.pk}/"
    assert {name: getattr(made, name) for name in jinzhou if name != "parent"} == {
        name: value for name, value in jinzhou.items() if name != "parent"
    }
    assert made.parent.code == "sjzswj"
    assert "晋州市商务局" in client.get("/admin/organisations/").content.decode()
    assert "登记单位" in client.get(answer["Location"]).content.decode()


def test_a_second_click_enters_no_second_organisation(world, jinzhou, enter):
    client = enter(world.zhou)
    client.post("/admin/organisations/new/", jinzhou)
    assert client.post("/admin/organisations/new/", jinzhou).status_code == 409
    assert Organisation.objects.filter(name="晋州市商务局").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"parent": ""}, {"kind": "bank"}, {"name": "正定县商务局"}, {"code": "zhengding"}, {"code": "晋 州"}, {"email": "x"}],
)
def test_a_refused_organisation_keeps_what_was_typed(world, jinzhou, enter, wrong):
    before = Organisation.objects.count()
    answer = enter(world.zhou).post("/admin/organisations/new/", jinzhou | wrong)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "error-message" in text
    assert 'value="晋州市中兴路1号"' in text
    assert Organisation.objects.count() == before


@pytest.mark.parametrize("who", ["wang", "liu", "sun", "zheng"])
def test_others_enter_no_organisation(world, jinzhou, enter, who):
    client = enter(getattr(world, who))
    assert client.get("/admin/organisations/new/").status_code == 404
    assert client.post("/admin/organisations/new/", jinzhou).status_code == 404
    assert not Organisation.objects.filter(code="jinzhou").exists()
    assert "/admin/organisations/new/" not in client.get("/admin/organisations/").content.decode()


def test_the_information_office_is_named_once(world, jinzhou, enter):
    client = enter(world.zhou)
    assert "is_information_office" not in client.get("/admin/organisations/new/").content.decode()
    client.post("/admin/organisations/new/", jinzhou | {"is_information_office": "on"})
    made = Organisation.objects.get(code="jinzhou")
    assert not made.is_information_office
    with pytest.raises(actions.Refused, match="只能有一个"):
        actions.change_organisation(made, by=world.zhou, is_information_office=True)
    with pytest.raises(actions.Refused, match="只能有一个"):
        actions.create_organisation(
            by=world.zhou, kind="division", name="乙", short_name="乙", code="yi", parent=made, is_information_office=True
        )


def test_where_there_is_no_information_office_one_can_be_named(world, zhengding, enter):
    Organisation.objects.update(is_information_office=False)
    client = enter(world.zhou)
    assert "is_information_office" in client.get("/admin/organisations/new/").content.decode()
    address = f"/admin/organisations/{zhengding.pk}/edit/"
    data = form_of(client, address) | {"is_information_office": "on"}
    assert client.post(address, data).status_code == 302
    assert actions.information_office() == zhengding
    assert "商务信息处由“否”改为“是”" in client.get(f"/admin/organisations/{zhengding.pk}/").content.decode()


def test_document_mark_head_leader_and_section_are_changed_by_the_form(world, zhengding, enter):
    section = actions.create_organisation(
        by=world.zhou, kind="section", name="正定县商务局综合科", short_name="综合科", code="zdzhk", parent=zhengding
    )
    client = enter(world.zhou)
    address = f"/admin/organisations/{zhengding.pk}/edit/"
    data = form_of(client, address) | {
        "document_mark": "正商",
        "head": world.wang.pk,
        "leader": world.zhao.pk,
        "responsible_section": section.pk,
    }
    assert client.post(address, data).status_code == 302
    zhengding.refresh_from_db()
    assert (zhengding.document_mark, zhengding.head, zhengding.leader) == ("正商", world.wang, world.zhao)
    assert zhengding.responsible_section == section
    assert "机关代字由“空”改为“正商”" in client.get(f"/admin/organisations/{zhengding.pk}/").content.decode()
