"""Taking over a notice: from the data files, from JSON, from a table; all or nothing."""

import io
import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from wangqun.base.errors import Refused
from wangqun.workdays.actions import calendar, import_calendar, import_files
from wangqun.workdays.models import CalendarYear, SpecialDay
from wangqun.workdays.notice import BadNotice, read_json, read_xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.req("REM-1")]


def notice(**changes):
    days = [
        {"date": "2027-01-01", "kind": "holiday", "name": "元旦"},
        {"date": "2027-01-09", "kind": "workday", "name": "元旦"},
    ]
    return {"year": 2027, "source_number": "国办发明电〔2026〕9号", "days": days} | changes


def table(*rows, headings=("日期", "类别", "名称")):
    book = Workbook()
    book.active.append(headings)
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_the_data_files_give_eleven_years_each_with_its_source():
    import_files()
    years = CalendarYear.objects.filter(year__range=(2016, 2026))
    assert years.count() == 11
    assert all(year.source_number.startswith("国办发明电〔") and str(year.year) in year.source_title for year in years)


def test_the_amended_years_say_so():
    import_files()
    amended = CalendarYear.objects.filter(status="amended").values_list("year", "version")
    assert list(amended) == [(2019, 2), (2020, 2)]


def test_importing_the_files_twice_changes_nothing(django_assert_max_num_queries):
    import_files()
    days = set(SpecialDay.objects.values_list("pk", flat=True))
    with django_assert_max_num_queries(4):
        assert import_files() == []
    assert set(SpecialDay.objects.values_list("pk", flat=True)) == days


def test_what_the_office_entered_is_not_overwritten_by_a_file(tmp_path):
    (tmp_path / "2027.json").write_text(json.dumps(notice(days=[{"date": "2027-01-01", "kind": "holiday"}])))
    import_calendar(notice(), by=None)
    assert import_files(folder=tmp_path) == []
    assert calendar().is_workday(date(2027, 1, 9))


def test_a_file_with_a_higher_version_replaces_the_year(tmp_path):
    import_calendar(notice(), by=None)
    (tmp_path / "2027.json").write_text(json.dumps(notice(version=2, status="amended", days=[notice()["days"][0]])))
    assert [year.version for year in import_files(folder=tmp_path)] == [2]
    assert not calendar().is_workday(date(2027, 1, 9))


def test_bad_files_are_refused_whole_and_every_bad_row_is_named(tmp_path):
    (tmp_path / "2027.json").write_text(json.dumps(notice()))
    rows = [
        {"date": "2028-01-01", "kind": "holiday"},
        {"date": "2028-13-01", "kind": "holiday"},
        {"date": "2028-01-03", "kind": "workday"},
        {"date": "2028-01-01", "kind": "rest"},
        "nonsense",
    ]
    (tmp_path / "2028.json").write_text(json.dumps(notice(year=2028, days=rows)))
    before = CalendarYear.objects.count()
    with pytest.raises(CommandError) as refusal:
        call_command("import_calendars", folder=tmp_path)
    for words in ("2028.json 第2行：日期“2028-13-01”", "第3行：2028-01-03是周一至周五", "第4行：2028-01-01重复出现", "第5行"):
        assert words in str(refusal.value)
    assert "第1行" not in str(refusal.value)
    assert CalendarYear.objects.count() == before


def test_the_command_says_what_it_did(capsys, tmp_path):
    (tmp_path / "2027.json").write_text(json.dumps(notice()))
    call_command("import_calendars", folder=tmp_path)
    call_command("import_calendars", folder=tmp_path)
    assert capsys.readouterr().out.splitlines() == ["已导入2027年放假安排（国办发明电〔2026〕9号）。", "工作日历已是最新。"]


def test_a_new_notice_for_a_standing_year_raises_its_version():
    first = import_calendar(notice(), by=None)
    second = import_calendar(notice(days=notice()["days"][:1]), by=None)
    assert (first.version, first.status) == (1, "official")
    assert (second.pk, second.version, second.status) == (first.pk, 2, "amended")


def test_the_first_notice_for_a_provisional_year_makes_it_official():
    import_calendar(notice(status="provisional", source_number=""), by=None)
    assert calendar().is_provisional(date(2027, 1, 4))
    assert import_calendar(notice(), by=None).status == "official"
    assert not calendar().is_provisional(date(2027, 1, 4))


def test_the_same_notice_again_changes_nothing():
    assert import_calendar(notice(), by=None).version == import_calendar(notice(), by=None).version == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"year": 1999},
        {"year": "2027"},
        {"source_number": ""},
        {"days": []},
        {"days": "x"},
        {"version": 0},
        {"status": "final"},
        {"source_url": "javascript:alert(1)"},
        {"region": "1301000"},
    ],
)
def test_a_notice_with_a_wrong_head_is_refused(changes):
    with pytest.raises(Refused):
        import_calendar(notice(**changes), by=None)
    assert not CalendarYear.objects.filter(year=2027).exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[", b"[" * 100_000, b"[]", b"1"])
def test_a_file_that_is_no_notice_is_refused(content):
    with pytest.raises(BadNotice):
        read_json(content)


def test_a_county_may_have_a_rest_day_of_its_own():
    import_files()
    import_calendar(
        notice(year=2026, region="130123", source_number="正政通〔2026〕1号", days=[{"date": "2026-09-01", "kind": "holiday"}]),
        by=None,
    )
    assert calendar("").is_workday(date(2026, 9, 1))
    assert not calendar("130123").is_workday(date(2026, 9, 1))
    assert calendar("130123").version != calendar("").version


def test_a_table_is_read_with_dates_as_cells_or_as_text():
    content = table(
        (date(2027, 1, 1), "放假", "元旦"),
        ("2027年1月2日", "放假", "元旦"),
        ("2027/1/9", "调休上班", "元旦"),
        (None, None, None),
    )
    read = read_xlsx(content, year=2027, source_number="国办发明电〔2026〕9号")
    assert [(day.date.day, day.kind) for day in read.days] == [(1, "holiday"), (9, "workday")]
    assert read.source_title == "国务院办公厅关于2027年部分节假日安排的通知"


def test_every_bad_row_of_a_table_is_named_with_its_number():
    content = table(("元旦", "放假", ""), (date(2027, 1, 1), "放假", "元旦"), (date(2026, 5, 1), "休", ""))
    with pytest.raises(BadNotice) as refusal:
        read_xlsx(content, year=2027, source_number="")
    assert [problem.partition("：")[0] for problem in refusal.value.problems] == ["缺少通知文号", "第2行", "第4行"]


def test_a_table_with_wrong_headings_is_refused():
    with pytest.raises(BadNotice, match="第1行应是表头日期、类别、名称"):
        read_xlsx(table((date(2027, 1, 1), "放假", ""), headings=("名称", "日期", "类别")), year=2027, source_number="x")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"date,kind\n"])
def test_a_file_that_is_no_table_is_refused(content):
    with pytest.raises(BadNotice):
        read_xlsx(content, year=2027, source_number="x")
