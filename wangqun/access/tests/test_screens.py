"""权限档案 in the back office: request, approve, change, look, print, export."""

import csv
import io

import pytest
from django.urls import reverse

from tests.staff import signed_in
from wangqun.access import actions as access
from wangqun.access.actions import may
from wangqun.access.models import Grant, Role
from wangqun.base.csv_text import safe

pytestmark = pytest.mark.req("ACC-1")
LIST = "/admin/grants/"


def card(user) -> str:
    return reverse("grant_card", args=[user.pk])


def act(held, verb) -> str:
    return reverse("grant_change", args=[held.pk, verb])


@pytest.fixture
def asked(world) -> dict:
    return {
        "user": world.outsider.pk,
        "duty": "支援正定县",
        "roles": [Role.EDITOR],
        "scope": world.zhengding_news.pk,
        "reason": "人手不足",
    }


def test_the_request_form_says_what_each_role_may_do_and_groups_scopes_by_site(world):
    page = signed_in(world.liu).get(reverse("grant_request")).content.decode()
    assert "采编：" in page and "撰写和修改稿件、提交审核" in page
    assert '<optgroup label="正定县商务局">' in page
    assert "　工作动态" in page
    assert '<optgroup label="藁城区商务局">' in page  # of people or of sites


def test_a_request_becomes_a_proposal_and_an_approval_a_right(world, asked):
    signed_in(world.liu).post(reverse("grant_request"), asked)
    made = Grant.objects.get(user=world.outsider, state=Grant.State.PROPOSED)
    assert made.requested_by == world.liu
    office = signed_in(world.zhou)
    assert "待批" in office.get(LIST).content.decode()
    assert "授权" in office.get(card(world.outsider)).content.decode()
    answer = office.post(act(made, "grant"), {"reason": "同意支援", "starts_on": "", "ends_on": "2027-12-31"})
    assert answer["Location"] == card(world.outsider)
    made.refresh_from_db()
    assert str(made.ends_on) == "2027-12-31"
    assert may(world.outsider, "articles.write", world.zhengding_news)


def test_a_refused_request_keeps_what_was_typed(world, asked):
    client = signed_in(world.liu)
    client.post(reverse("grant_request"), asked)
    page = client.post(reverse("grant_request"), asked).content.decode()
    assert "不必重复申请" in page
    assert "支援正定县" in page
    assert Grant.objects.filter(user=world.outsider, state=Grant.State.PROPOSED).count() == 1


def test_the_whole_group_is_a_scope_of_its_own(world, asked):
    signed_in(world.liu).post(reverse("grant_request"), asked | {"scope": "all"})
    assert Grant.objects.get(user=world.outsider, state=Grant.State.PROPOSED).page is None


def test_a_scope_that_is_no_site_or_column_is_not_taken(world, asked):
    article = world.draft()
    signed_in(world.liu).post(reverse("grant_request"), asked | {"scope": article.pk})
    assert not Grant.objects.filter(state=Grant.State.PROPOSED).exists()


def test_adjust_suspend_resume_and_revoke_by_form(world, held):
    office = signed_in(world.zhou)
    office.post(act(held, "adjust"), {"reason": "只管动态", "page": world.zhengding_news.pk, "ends_on": ""})
    held.refresh_from_db()
    assert held.page_id == world.zhengding_news.pk
    for verb, state in (("suspend", "suspended"), ("resume", "active"), ("revoke", "revoked")):
        assert office.get(act(held, verb)).status_code == 200
        assert office.post(act(held, verb), {"reason": "核查"}).status_code == 302
        held.refresh_from_db()
        assert held.state == state


def test_a_second_click_shows_the_sentence(world, held):
    office = signed_in(world.zhou)
    office.post(act(held, "suspend"), {"reason": "核查"})
    answer = office.post(act(held, "suspend"), {"reason": "核查"})
    assert "现为“暂停”" in answer.content.decode()
    assert held.changes.filter(verb="suspend").count() == 1


def test_the_card_shows_every_change_by_whom_when_and_why(world, held):
    access.suspend(held, by=world.zhou, reason="集中核查")
    access.adjust(
        access.resume(held, by=world.zhou, reason="核查完毕"),
        by=world.zhou,
        reason="缩小",
        page=world.zhengding_news,
        ends_on=None,
    )
    for address in (card(world.wang), reverse("grant_card_print", args=[world.wang.pk])):
        page = signed_in(world.zheng).get(address).content.decode()
        for words in (
            "集中核查",
            "核查完毕",
            "生效 → 暂停",
            "暂停 → 生效",
            "正定县商务局（全站） → 正定县商务局 · 工作动态",
            "周督办",
        ):
            assert words in page, words


def test_everybody_sees_the_own_card_and_nobody_elses(world):
    client = signed_in(world.wang)
    assert "采编" in client.get(card(world.wang)).content.decode()
    assert client.get(card(world.outsider)).status_code == 404
    assert client.get(reverse("grant_card_print", args=[world.outsider.pk])).status_code == 404
    page = client.get(LIST).content.decode()
    assert "王编辑" in page and "外人" not in page


@pytest.mark.parametrize("who", ["wang", "liu", "sun", "zheng"])
def test_only_who_keeps_the_archive_gets_the_forms(world, held, who):
    client = signed_in(getattr(world, who))
    for verb in ("grant", "adjust", "suspend", "resume", "revoke"):
        assert client.get(act(held, verb)).status_code == 404
        assert client.post(act(held, verb), {"reason": "试试"}).status_code == 404
    held.refresh_from_db()
    assert held.state == Grant.State.ACTIVE


def test_there_is_no_button_for_what_would_be_refused(world):
    page = signed_in(world.zhou).get(card(world.zhou)).content.decode()
    mine = Grant.objects.get(user=world.zhou, role=Role.OFFICE_SUPERVISOR)
    assert act(mine, "adjust") not in page
    assert act(mine, "suspend") in page


def test_wagtails_own_forms_add_change_and_delete_nothing(world, held):
    client = signed_in(world.zhou)
    for address in ("/admin/grants/new/", f"/admin/grants/edit/{held.pk}/", f"/admin/grants/delete/{held.pk}/"):
        answer = client.post(address, {"role": "auditor"})
        assert answer.status_code in {302, 403, 404}
    assert Grant.objects.get(pk=held.pk).role == Role.EDITOR


def test_the_list_is_searched_filtered_and_exported(world):
    office = signed_in(world.zhou)
    page = office.get(LIST, {"q": "王编"}).content.decode()
    assert card(world.wang) in page and card(world.outsider) not in page
    site = world.zhengding.site.pk
    page = office.get(LIST, {"site": site, "role": "editor", "state": "active"}).content.decode()
    assert card(world.wang) in page and card(world.outsider) not in page
    answer = office.get(LIST, {"export": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == Grant.objects.count() + 1
    assert office.get(LIST, {"export": "xlsx"}).status_code == 200


def test_an_export_holds_no_formula(world, asked):
    access.split(user=world.outsider, duty='=HYPERLINK("http://x")', roles=[Role.LEADER], page=None, reason="试", by=world.liu)
    answer = signed_in(world.zhou).get(LIST, {"export": "csv"})
    assert "'=HYPERLINK" in b"".join(answer.streaming_content).decode("utf-8-sig")
    assert [safe(value) for value in ("+1", "@a", "-2", "a=b", 5, "")] == ["'+1", "'@a", "'-2", "a=b", 5, ""]


def test_the_list_costs_the_same_for_more_rows(world, django_assert_max_num_queries):
    client = signed_in(world.zhou)
    client.get(LIST)
    with django_assert_max_num_queries(40):
        client.get(LIST)
    with django_assert_max_num_queries(40):
        client.get(card(world.zhou))


def test_the_menu_leads_there(world):
    for person, opens in ((world.wang, False), (world.zhou, False), (world.zheng, True)):
        page = signed_in(person).get("/admin/").content.decode()
        assert '"/admin/grants/"' in page
        assert ('"/admin/audit/"' in page) is opens
