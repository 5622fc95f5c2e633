"""The dashboard, the lists, the explanation page and the entry of a notice: who sees what."""

import io
from datetime import date

import pytest
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from wangqun.clocks.actions import describe
from wangqun.clocks.models import Clock
from wangqun.workdays.models import CalendarYear

pytestmark = pytest.mark.req("REM-4")


@pytest.fixture
def sign_in(client, cast):
    """Sign a person in; everybody of the cast may enter the back office."""
    from django.contrib.auth.models import Permission

    entry = Permission.objects.get(codename="access_admin")

    def go(user):
        user.user_permissions.add(entry)
        client.force_login(user)
        return client

    return go


@pytest.fixture
def four(cast, opened, travel):
    """On Wednesday 11 March 2026: one clock overdue, one due today, one this week, one next week; one of another county."""
    travel("2026-03-02 10:00")
    rows = {
        "overdue": opened(8, "day", name="逾期栏目", site="甲县网站"),
        "today": opened(9, "day", name="今日栏目", site="甲县网站"),
        "week": opened(13, "day", name="本周栏目"),
        "later": opened(14, "day", name="下周栏目"),
        "foreign": opened(9, "day", name="乙县栏目", organisation=cast.second, site="乙县网站"),
    }
    travel("2026-03-11 10:00")
    return rows


def listed(response):
    return {section["name"]: [clock.name for clock in section["clocks"]] for section in response.context["sections"]}


def test_each_clock_stands_in_exactly_one_list_of_ones_own_organisation(sign_in, cast, four):
    page = sign_in(cast.editor).get("/admin/clocks/")
    assert listed(page) == {"overdue": ["逾期栏目"], "today": ["今日栏目"], "week": ["本周栏目"]}
    assert "乙县" not in page.content.decode()


def test_a_supervisor_sees_all_organisations_and_may_narrow_to_one_or_to_a_site(sign_in, cast, four):
    client = sign_in(cast.supervisor)
    page = client.get("/admin/clocks/")
    assert "乙县栏目" in listed(page)["today"]
    groups = [
        (row["organisation__name"], row["site"], row["today"])
        for row in page.context["groups"]
        if "县局" in row["organisation__name"]
    ]
    assert {("甲县局", "", 0), ("甲县局", "甲县网站", 1), ("乙县局", "乙县网站", 1)} <= set(groups)
    one = client.get("/admin/clocks/", {"organisation": cast.second.pk})
    assert listed(one) == {"overdue": [], "today": ["乙县栏目"], "week": []}
    assert listed(client.get("/admin/clocks/", {"site": "甲县网站"}))["today"] == ["今日栏目"]


def test_a_filter_for_what_one_may_not_see_shows_nothing(sign_in, cast, four):
    page = sign_in(cast.editor).get("/admin/clocks/", {"organisation": cast.second.pk})
    assert listed(page) == {"overdue": [], "today": [], "week": []}


def test_those_above_see_those_below_but_not_the_other_way_round(cast, opened):
    clock = opened()
    assert clock in Clock.objects.visible_to(cast.top)
    assert clock in Clock.objects.visible_to(cast.editor)
    for user in (cast.stranger, cast.homeless):
        assert clock not in Clock.objects.visible_to(user)
    describe(clock, organisation=cast.section)
    assert clock in Clock.objects.visible_to(cast.editor)


def test_nobody_sees_the_dashboard_without_signing_in(client, db):
    assert client.get("/admin/clocks/").status_code == 302


def test_the_dashboard_takes_the_same_number_of_queries_for_one_clock_and_for_many(
    sign_in, cast, four, opened, django_assert_num_queries
):
    client = sign_in(cast.editor)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get("/admin/clocks/")
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/clocks/")
    for number in range(12):
        opened(1, "day", name=f"栏目{number}", start_on=date(2026, 3, 11), site=f"网站{number}")
    with django_assert_num_queries(len(few)):
        client.get("/admin/clocks/")


def test_the_list_shows_ones_own_and_takes_constant_queries(sign_in, cast, four, opened, django_assert_num_queries):
    client = sign_in(cast.editor)
    page = client.get("/admin/clocks/all/").content.decode()
    assert "逾期栏目" in page
    assert "乙县栏目" not in page
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get("/admin/clocks/all/")
    for number in range(3):
        opened(1, "day", name=f"栏目{number}", start_on=date(2026, 3, 11))
    with django_assert_num_queries(len(few)):
        client.get("/admin/clocks/all/")


def test_the_list_can_be_searched_and_exported(sign_in, cast, four):
    client = sign_in(cast.supervisor)
    found = client.get("/admin/clocks/all/results/", {"q": "本周"}).content.decode()
    assert "本周栏目" in found
    assert "今日栏目" not in found
    export = client.get("/admin/clocks/all/", {"export": "xlsx", "organisation": cast.first.pk})
    content = b"".join(export.streaming_content)
    rows = list(load_workbook(io.BytesIO(content)).active.values)
    assert len(rows) == 5
    assert "已逾期" in rows[1]


def test_t18_the_page_of_a_clock_agrees_with_the_lists_and_shows_every_counted_day(sign_in, cast, four):
    client = sign_in(cast.editor)
    page = client.get(reverse("clocks:inspect", args=[four["overdue"].pk])).content.decode()
    assert "已逾期" in page
    assert "第8日：2026年3月10日（星期二）" in page
    assert client.get(reverse("clocks:inspect", args=[four["foreign"].pk])).status_code == 404


def test_nobody_edits_a_clock_by_hand(sign_in, cast, four):
    client = sign_in(cast.supervisor)
    for name in (f"edit/{four['today'].pk}", f"delete/{four['today'].pk}", "new"):
        assert client.post(f"/admin/clocks/{name}/", {"name": "x"}).status_code == 404
    four["today"].refresh_from_db()
    assert four["today"].name == "今日栏目"


def test_the_years_and_their_days_can_be_looked_at(sign_in, cast):
    client = sign_in(cast.editor)
    page = client.get("/admin/workdays/").content.decode()
    assert "国办发明电〔2025〕7号" in page
    assert "录入放假安排" not in page
    year = CalendarYear.objects.get(year=2026, region="")
    assert "2026-02-14（星期六）调休上班 春节" in client.get(reverse("workdays:inspect", args=[year.pk])).content.decode()


def upload(client, *rows, name="2027.xlsx", year=2027, content=None):
    if content is None:
        book = Workbook()
        for row in (("日期", "类别", "名称"), *rows):
            book.active.append(row)
        target = io.BytesIO()
        book.save(target)
        content = target.getvalue()
    file = io.BytesIO(content)
    file.name = name
    return client.post(
        "/admin/workdays/enter/", {"file": file, "year": year, "source_number": "国办发明电〔2026〕9号", "source_url": ""}
    )


def test_a_notice_is_looked_at_before_it_takes_effect(sign_in, cast, opened, travel):
    travel("2026-12-21 10:00")
    clock = opened(15)
    client = sign_in(cast.supervisor)
    assert client.get("/admin/workdays/enter/").status_code == 200
    preview = upload(client, (date(2027, 1, 1), "放假", "元旦"), (date(2027, 1, 9), "调休上班", "元旦"))
    assert "2027-01-09" in preview.content.decode()
    assert not CalendarYear.objects.filter(year=2027).exists()
    done = client.post("/admin/workdays/enter/", {"sealed": preview.context["sealed"]})
    assert done.status_code == 302
    assert CalendarYear.objects.get(year=2027).entered_by == cast.supervisor
    clock.refresh_from_db()
    assert clock.due_on == date(2027, 1, 11)
    client.post("/admin/workdays/enter/", {"sealed": preview.context["sealed"]})
    assert CalendarYear.objects.get(year=2027).version == 1


def test_every_bad_row_of_an_upload_is_shown_and_nothing_is_imported(sign_in, cast):
    client = sign_in(cast.supervisor)
    page = upload(client, (date(2027, 1, 1), "放假", ""), (date(2027, 1, 8), "调休上班", ""), ("春节", "放假", ""))
    text = page.content.decode()
    assert page.status_code == 422
    assert "第3行" in text
    assert "第4行" in text
    assert "第2行" not in text
    assert not CalendarYear.objects.filter(year=2027).exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("2027.pdf", b"%PDF", "只接受"),
        ("2027.xlsx", b"%PDF", "不是有效的 .xlsx"),
        ("2027.json", b"{", "不是有效的 JSON"),
        ("2027.json", b'{"year": 2028, "source_number": "x", "days": [{"date": "2028-01-03", "kind": "holiday"}]}', "2028年"),
    ],
)
def test_a_file_of_another_kind_or_year_is_refused(sign_in, cast, name, content, words):
    assert words in upload(sign_in(cast.supervisor), name=name, content=content).content.decode()


def test_a_forged_preview_changes_nothing(sign_in, cast):
    response = sign_in(cast.supervisor).post("/admin/workdays/enter/", {"sealed": "eyJ5ZWFyIjoyMDI3fQ:x:y"})
    assert response.status_code == 302
    assert not CalendarYear.objects.filter(year=2027).exists()


def test_only_those_who_keep_the_calendar_reach_the_form(sign_in, cast):
    client = sign_in(cast.editor)
    assert client.get("/admin/workdays/enter/").status_code in {302, 403}
    upload(client, (date(2027, 1, 1), "放假", ""))
    assert not CalendarYear.objects.filter(year=2027).exists()
