"""新闻供稿登记 on the screen."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from tests.staff import signed_in
from wangqun.people.models import Organisation
from wangqun.sharing.models import PressItem
from wangqun.sharing.press import record_press_item
from wangqun.sharing.tests.test_press import public

pytestmark = pytest.mark.req("GRP-4")


@pytest.fixture(autouse=True)
def now(world, travel):
    travel("2026-03-12 09:00")


@pytest.fixture
def item(world):
    return record_press_item(
        organisation=Organisation.objects.get(code="zhengding"), title="夜经济消费季开幕", press="石家庄日报",
        given_on=date(2026, 3, 10), by=world.wang,
    )  # fmt: skip


def page(person, name="press:index", *args, **query):
    response = signed_in(person).get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_each_their_own_with_the_outcome(world, item):
    html = page(world.wang)
    assert "夜经济消费季开幕" in html
    assert "缺报" in html
    assert reverse("press_link", args=[item.pk]) in html
    assert "夜经济消费季开幕" not in page(world.outsider)
    assert "夜经济消费季开幕" in page(world.zhou)


def test_the_filters_tell_missing_late_and_in_time(world, item):
    article = world.draft()
    public(article, "2026-03-11T09:00:00+08:00")
    late = record_press_item(
        organisation=item.organisation,
        title="迟报的稿件",
        press="燕赵晚报",
        given_on=date(2026, 3, 9),
        by=world.wang,
        article=article,
    )
    assert late.title in page(world.zhou, outcome="late")
    assert item.title not in page(world.zhou, outcome="late")
    assert item.title in page(world.zhou, outcome="missing")
    assert late.title not in page(world.zhou, outcome="missing")
    assert late.title not in page(world.zhou, outcome="in_time")
    assert item.title not in page(world.zhou, until="2026-03-09")
    assert item.title not in page(world.zhou, q="燕赵")


def test_an_editor_enters_an_item(world):
    organisation = Organisation.objects.get(code="zhengding")
    values = {
        "organisation": organisation.pk,
        "title": "新的稿件",
        "press": "河北日报",
        "given_on": "2026-03-12",
        "article": "",
    }
    response = signed_in(world.wang).post(reverse("press:add"), values)
    assert response.status_code == 302
    assert PressItem.objects.get().recorded_by == world.wang
    response = signed_in(world.wang).post(reverse("press:add"), values)
    assert "已经登记" in response.content.decode()
    assert "河北日报" in response.content.decode()  # nothing typed is lost
    assert PressItem.objects.count() == 1


def test_the_form_offers_and_takes_only_ones_own_organisation(world):
    other = Organisation.objects.get(code="gaocheng")
    html = page(world.wang, "press:add")
    assert "正定县商务局" in html
    assert "藁城区商务局" not in html
    values = {"organisation": other.pk, "title": "新的稿件", "press": "河北日报", "given_on": "2026-03-12", "article": ""}
    signed_in(world.wang).post(reverse("press:add"), values)
    assert not PressItem.objects.exists()


def test_those_without_the_right_cannot_enter(world):
    assert signed_in(world.zheng).get(reverse("press:add")).status_code in (302, 403)
    assert reverse("press:add") not in page(world.zheng)


def test_an_entry_is_neither_edited_nor_deleted(world, item):
    for name in ("edit", "delete"):
        assert signed_in(world.zhou).post(f"/admin/press/{name}/{item.pk}/", {"title": "改"}).status_code == 404
    item.refresh_from_db()
    assert item.title == "夜经济消费季开幕"


def test_the_article_is_named_on_its_own_page(world, item):
    article = world.draft()
    address = reverse("press_link", args=[item.pk])
    assert "夜经济消费季开幕" in page(world.wang, "press_link", item.pk)
    assert signed_in(world.wang).post(address, {"article": article.pk}).status_code == 302
    item.refresh_from_db()
    assert item.article_id == article.pk
    response = signed_in(world.wang).post(address, {"article": article.pk})
    assert response.status_code == 409
    assert "已经对应此稿" in response.content.decode()


def test_an_outsider_finds_no_such_entry(world, item):
    assert signed_in(world.outsider).get(reverse("press_link", args=[item.pk])).status_code == 404
    assert signed_in(world.outsider).post(reverse("press_link", args=[item.pk]), {"article": 1}).status_code == 404
    assert signed_in(world.outsider).get(reverse("press:inspect", args=[item.pk])).status_code == 404


def test_the_list_is_exported(world, item):
    response = signed_in(world.zhou).get(reverse("press:index"), {"export": "xlsx"})
    book = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content) if response.streaming else response.content))
    rows = list(book.active.values)
    assert "报送情况" in rows[0]
    assert "缺报" in rows[1]


def test_the_number_of_queries_does_not_grow_with_the_rows(world, item, django_assert_max_num_queries):
    def queries():
        page(world.zhou)
        with django_assert_max_num_queries(500) as captured:
            page(world.zhou)
        return len(captured)

    one = queries()
    for number in range(2):
        record_press_item(
            organisation=item.organisation, title=f"稿件{number}", press="石家庄日报", given_on=date(2026, 3, 10), by=world.wang
        )
    assert queries() == one
