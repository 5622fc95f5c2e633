"""访问统计 in the back office: figures by site, column and item, for those who may see them."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from tests.public_pages import make_article
from tests.staff import signed_in
from wangqun.people.models import User
from wangqun.visits import measures
from wangqun.visits.measures import change, visits_of
from wangqun.visits.models import Referrer, Visit, websites_of
from wangqun.visits.periods import Period
from wangqun.visits.tests.factories import TODAY, visited

pytestmark = [pytest.mark.req("ASM-5")]
FEBRUARY = date(2026, 2, 5)


@pytest.fixture
def facts(world, place):
    """March has begun, nine days of it are over: 30 views so far, 20 in the same days of February, 100 later in February."""
    visited(place.home, 10)
    visited(place.articles[0], 15, robots=4)
    visited(place.articles[2], 5, day=date(2026, 3, 1))
    visited(place.articles[0], 20, day=FEBRUARY)
    visited(place.articles[0], 100, day=date(2026, 2, 20))
    visited(world.zhengding.site.root_page, 7)
    return place


@pytest.fixture
def office(world):
    return signed_in(world.zhou)


def rows(answer) -> list[list[str]]:
    assert answer.status_code == 200
    return [line.split(",") for line in b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()]


def export(client, query: str = "") -> list[list[str]]:
    return rows(client.get(f"/admin/visits/?export=csv{query}"))


def test_sites_with_their_figures_and_the_same_days_of_the_month_before(facts, office) -> None:
    assert export(office) == [
        ["网站", "浏览次数", "上期", "增减", "增减率", "机器人访问"],
        ["阜平县商务", "30", "20", "10", "'+50.0%", "4"],
        ["正定县商务局", "7", "0", "7", "", "0"],
    ]


def test_a_month_that_is_over_is_compared_with_the_whole_month_before(facts, world, travel) -> None:
    travel("2026-04-02 09:00")
    assert export(signed_in(world.zhou), "&day=2026-03-31")[1][:4] == ["阜平县商务", "30", "120", "-90"]


def test_columns_and_items_of_a_site(facts, office) -> None:
    site = facts.website.pk
    assert [row[:3] for row in export(office, f"&by=column&website={site}")[1:]] == [
        ["工作动态", "阜平县商务", "15"],
        ["通知公告", "阜平县商务", "5"],
    ]
    assert [row[:4] for row in export(office, f"&by=item&website={site}")[1:]] == [
        ["夜经济消费季1", "工作动态", "阜平县商务", "15"],
        ["阜平县商务", "首页", "阜平县商务", "10"],
        ["放假通知", "通知公告", "阜平县商务", "5"],
    ]


def test_a_column_holds_what_stands_below_it_and_nothing_else(facts, office) -> None:
    assert [row[0] for row in export(office, f"&by=item&column={facts.notices.pk}")[1:]] == ["放假通知"]


@pytest.mark.parametrize(("name", "cell"), [("views", 3), ("before", 4), ("change", 5), ("robots", 7), ("name", 0)])
def test_every_figure_sorts_both_ways(facts, office, name, cell) -> None:
    def column(sort: str) -> list[object]:
        lines = export(office, f"&by=item&website={facts.website.pk}&sort={sort}")[1:]
        return [line[cell] if name == "name" else int(line[cell].removeprefix("'")) for line in lines]

    assert column(name) == sorted(column(name))
    assert column(f"-{name}") == sorted(column(name), reverse=True)


@pytest.mark.parametrize("sort", ["evil", "-", "--views", "website__domain"])
def test_an_unknown_wish_is_the_usual_order(facts, office, sort) -> None:
    assert export(office, f"&sort={sort}") == export(office)


def test_titles_are_found_by_their_words(facts, office) -> None:
    assert [row[0] for row in export(office, "&by=item&words=放假")[1:]] == ["放假通知"]
    assert export(office, "&by=item&words=%25")[1:] == []
    assert len(export(office, "&by=item&words=%00放假")) == len(export(office, "&by=item"))


@pytest.mark.parametrize(("period", "views"), [("day", "25"), ("month", "30"), ("year", "150"), ("century", "30")])
def test_by_day_month_and_year(facts, office, period, views) -> None:
    assert export(office, f"&period={period}")[1][1] == views


@pytest.mark.parametrize("day", ["abc", "0001-01-01", "9999-12-31", "2026-02-30", "20260310", "\0"])
def test_a_day_that_cannot_be_read_is_today(facts, office, day) -> None:
    assert export(office, f"&day={day}")[1][1] == "30"


@pytest.mark.parametrize(
    "query",
    ["website=999999", "website=x", "column=999999", "column=x", "page=999999", "page=-1", "page=" + "9" * 30, "p=99", "p=x"],
)
def test_numbers_from_nowhere_do_no_harm(facts, office, query) -> None:
    assert office.get(f"/admin/visits/?{query}").status_code == 200


def test_the_page_shows_figures_chart_referrers_and_silent_sites(facts, office) -> None:
    Referrer.objects.create(day=TODAY, website=facts.website, host="www.example.com", views=9)
    Referrer.objects.create(day=TODAY, website=facts.website, views=2)
    text = office.get("/admin/visits/").content.decode()
    assert "全部网站 2026年3月访问统计" in text
    assert "<dd>37</dd>" in text
    assert "2026年2月的同样天数（至2月10日）" in text
    assert text.count('fill="#9f1410"') == 31  # a bar for each day of March
    assert 'aria-label="全部网站 2026年3月访问统计"' in text
    assert "www.example.com" in text
    assert "其他网站" in text
    assert "藁城区商务局" in text[text.index("没有浏览记录的网站") :]
    assert 'aria-sort="descending"' in text


def test_nothing_yet(world, office) -> None:
    text = office.get("/admin/visits/").content.decode()
    assert "2026年3月没有符合条件的访问记录" in text
    assert "还没有统计过" in text
    assert "visits-chart" not in text


def test_one_item_shows_its_own_days(facts, office) -> None:
    text = office.get(f"/admin/visits/?by=item&page={facts.articles[0].pk}").content.decode()
    assert "夜经济消费季1 2026年3月访问统计" in text
    assert "放假通知" not in text


def test_the_spreadsheet_holds_numbers_as_numbers_and_titles_as_text(facts, office) -> None:
    facts.articles[0].title = "=1+1"
    facts.articles[0].save()
    answer = office.get(f"/admin/visits/?by=item&export=xlsx&website={facts.website.pk}")
    sheet = load_workbook(BytesIO(answer.content)).active
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert ["=1+1", "工作动态", "阜平县商务", 15, 20, -5, "-25.0%", 4] in values
    assert next(cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1").data_type == "s"


def test_people_see_their_own_organisations_sites_and_no_other(facts, world) -> None:
    assert [row[0] for row in export(signed_in(world.wang))[1:]] == ["正定县商务局"]
    assert export(signed_in(world.wang), f"&website={facts.website.pk}")[1:] == [["正定县商务局", "7", "0", "7", "", "0"]]
    assert export(signed_in(world.outsider))[1:] == []
    assert export(signed_in(world.wang), f"&by=item&page={facts.articles[0].pk}")[1:] == []
    assert "阜平县商务" not in signed_in(world.wang).get("/admin/visits/").content.decode()


def test_a_division_that_answers_for_the_portal_sees_it_and_the_auditor_sees_all(world) -> None:
    assert [site.name for site in websites_of(world.wu)] == ["中国石家庄商务"]
    assert websites_of(world.zheng).count() == 3
    assert not websites_of(User.objects.create(username="nobody", name="无单位")).exists()


def test_a_stranger_is_asked_to_sign_in(world, client) -> None:
    assert client.get("/admin/visits/").status_code == 302


@pytest.mark.parametrize("by", ["site", "column", "item"])
def test_a_constant_number_of_questions_for_none_few_and_ten_thousand_rows(world, place, office, by) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert office.get(f"/admin/visits/?by={by}&website={place.website.pk}").status_code == 200
        return len(captured)

    questions()
    none = questions()
    more = [make_article(place.news, f"第{number}篇", number=number) for number in range(10, 30)]
    visited(place.articles[0], 1)
    few = questions()
    Visit.objects.bulk_create(
        Visit(
            day=TODAY - timedelta(days=number),
            website=place.website,
            column=place.news,
            page=article,
            language="zh-Hans",
            views=1,
        )
        for number in range(1, 501)
        for article in more
    )
    assert questions() == few
    assert none <= few  # names of nothing are not looked up


def test_the_pages_of_a_long_table_are_whole_and_apart(world, place, office) -> None:
    more = [make_article(place.news, f"第{number}篇", number=number) for number in range(10, 130)]
    for number, article in enumerate(more):
        visited(article, number + 1)
    seen = []
    for page in (1, 2, 3):
        text = office.get(f"/admin/visits/?by=item&p={page}").content.decode()
        seen += [article.title for article in more if f">{article.title}</a>" in text]
    assert sorted(seen) == sorted(article.title for article in more)


def test_the_measure_for_assessment_counts_people_of_a_site_or_of_a_column_with_those_below(facts) -> None:
    assert visits_of(facts.website, date(2026, 3, 1), TODAY) == 30
    assert visits_of(facts.news, date(2026, 2, 1), TODAY) == 135
    assert visits_of(facts.news, TODAY, TODAY) == 15
    assert visits_of(facts.notices, TODAY, TODAY) == 0


def test_change_in_words() -> None:
    assert [change(30, 20), change(10, 20), change(0, 20), change(5, 0)] == ["+50.0%", "-50.0%", "-100.0%", ""]


def test_the_bars_of_a_day_a_month_and_a_year(facts) -> None:
    rows = Visit.objects.filter(website=facts.website)
    month, year, day = (measures.points(rows, Period.around(kind, TODAY)) for kind in ("month", "year", "day"))
    assert (len(month), len(year), len(day)) == (31, 12, 30)
    assert [(point.label, point.views, point.before) for point in (month[4], month[9])] == [("5日", 0, 20), ("10日", 25, 0)]
    assert [(point.views, point.before) for point in year[:3]] == [(0, 0), (120, 0), (30, 0)]
    assert (day[-1].label, day[-1].views, day[-1].before, day[-10].views) == ("3-10", 25, 0, 5)
