"""考核排名 on screen, in the spreadsheet and on paper."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from wangqun.assessment.models import Ranking
from wangqun.assessment.tests.factories import overdue, release, slip
from wangqun.people.models import Organisation

pytestmark = pytest.mark.req("ASM-1", "ASM-2")


@pytest.fixture
def facts(world, travel):
    travel("2031-04-02 09:00")
    release(world.zhengding_news, title="=HYPERLINK(1)")
    overdue(Organisation.objects.get(code="gaocheng"))
    slip(Organisation.objects.get(code="gaocheng"))
    return world


@pytest.fixture
def enter(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def test_the_preview_shows_place_organisation_and_score(facts, enter):
    text = enter(facts.wang).get("/admin/assessment/?month=2031-03").content.decode()
    assert "预览" in text
    assert "正定县商务局" in text
    assert "<strong>2.0</strong>" in text
    assert "定稿</a>" not in text  # an editor has no such button


def test_a_month_that_cannot_be_read_is_named(facts, enter):
    client = enter(facts.wang)
    assert "2026-03" in client.get("/admin/assessment/?month=abc").content.decode()
    assert "没有这个月份" in client.get("/admin/assessment/?month=2031-13").content.decode()


def test_a_month_in_which_nobody_answered_says_what_to_do(facts, enter):
    text = enter(facts.wang).get("/admin/assessment/?month=2020-01").content.decode()
    assert "没有承担栏目或网站的单位" in text


def test_every_point_of_an_organisation_opens_the_fact_behind_it(facts, enter):
    gaocheng = Organisation.objects.get(code="gaocheng")
    text = enter(facts.zhou).get(f"/admin/assessment/2031/3/{gaocheng.pk}/").content.decode()
    assert "/admin/reminders/inspect/" in text
    assert "/admin/pages/3/" in text  # the overdue clock, where it is dealt with
    assert "-1.0" in text


def test_an_organisation_that_is_not_ranked_is_not_found(facts, enter):
    office = Organisation.objects.get(code="xxc")
    assert enter(facts.zhou).get(f"/admin/assessment/2031/3/{office.pk}/").status_code == 404


def test_the_office_closes_the_month_and_a_second_click_is_refused_with_one_sentence(facts, enter):
    client = enter(facts.zhou)
    assert "确认定稿" in client.get("/admin/assessment/2031/3/close/").content.decode()
    assert client.post("/admin/assessment/2031/3/close/").status_code == 302
    second = client.post("/admin/assessment/2031/3/close/")
    assert second.status_code == 409
    assert "已定稿" in second.content.decode()
    assert Ranking.objects.count() == 1
    assert "已定稿" in client.get("/admin/assessment/?month=2031-03").content.decode()


@pytest.mark.parametrize("who", ["wang", "outsider", "zheng"])
def test_others_find_no_closing_and_nothing_changes(facts, enter, who):
    client = enter(getattr(facts, who))
    assert client.get("/admin/assessment/2031/3/close/").status_code == 404
    assert client.post("/admin/assessment/2031/3/close/").status_code == 404
    assert not Ranking.objects.exists()


def test_the_spreadsheet_opens_prints_across_and_holds_text_as_text(facts, enter):
    response = enter(facts.wang).get("/admin/assessment/2031/3/export/")
    book = load_workbook(BytesIO(response.content))
    sheet, points = book.worksheets
    assert sheet["A1"].value == "2031年3月网站信息维护和内容更新考核排名"
    assert [cell.value for cell in sheet[3]][:3] == ["名次", "单位", "得分"]
    assert [cell.value for cell in sheet[4]][:3] == [1, "正定县商务局", 2]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert all(cell.data_type != "f" for row in points.iter_rows() for cell in row)


def test_the_paper_says_whether_it_is_final(facts, enter):
    assert "未定稿" in enter(facts.wang).get("/admin/assessment/2031/3/print/").content.decode()


def test_the_page_asks_as_many_questions_for_one_organisation_as_for_three(facts, enter, django_assert_max_num_queries):
    client = enter(facts.wang)
    client.get("/admin/assessment/?month=2031-03")
    with django_assert_max_num_queries(60) as few:
        client.get("/admin/assessment/?month=2031-03")
    for column in (facts.portal_news, facts.gaocheng_news):
        release(column)
        release(column, "2031-03-20 09:00")
    with django_assert_max_num_queries(60) as many:
        client.get("/admin/assessment/?month=2031-03")
    assert len(few) == len(many)


def test_strangers_are_sent_to_the_door(facts, client):
    assert client.get("/admin/assessment/").status_code == 302
