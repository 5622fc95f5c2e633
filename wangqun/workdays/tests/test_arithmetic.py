"""Counting in working days, checked day by day against two independent libraries."""

from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangqun.workdays.actions import calendar, import_files
from wangqun.workdays.arithmetic import LUNAR_DAYS, Calendar, statutory_days

pytestmark = pytest.mark.req("REM-1")
EVERY_DAY = [date(2016, 1, 1) + timedelta(days=offset) for offset in range(4018)]


@pytest.fixture
def official(db):
    import_files()
    return calendar()


def test_the_calendar_agrees_with_chinesecalendar_on_every_day_from_2016_to_2026(official):
    assert EVERY_DAY[-1] == date(2026, 12, 31)
    assert [day for day in EVERY_DAY if official.is_workday(day) != chinese_calendar.is_workday(day)] == []


def test_the_calendar_agrees_with_holidays_on_every_day_from_2016_to_2026(official):
    china = holidays.country_holidays("CN", years=range(2016, 2027))
    expected = {day: day in china.weekend_workdays or (day.weekday() < 5 and day not in china) for day in EVERY_DAY}
    assert [day for day in EVERY_DAY if official.is_workday(day) != expected[day]] == []


def test_announced_years_are_final_and_others_are_provisional(official):
    assert not official.is_provisional(date(2026, 12, 31))
    assert official.is_provisional(date(2027, 1, 1))
    assert official.is_provisional(date(2015, 12, 31))


def test_a_provisional_year_rests_on_weekends_and_on_the_days_of_the_law(official):
    rest = [date(2027, 1, 1), date(2027, 2, 5), date(2027, 2, 8), date(2027, 4, 5), date(2027, 6, 9), date(2027, 9, 15)]
    assert not any(official.is_workday(day) for day in rest)
    assert official.is_workday(date(2027, 2, 9))
    assert not official.is_workday(date(2027, 1, 2))


@pytest.mark.parametrize("year", sorted(LUNAR_DAYS))
def test_the_days_of_the_law_agree_with_holidays_for_the_coming_years(year):
    names = ("元旦", "春节", "农历除夕", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
    china = holidays.country_holidays("CN", years=year, language="zh_CN", observed=False)
    expected = {day for day, name in china.items() if any(wanted in name for wanted in names)}
    assert statutory_days(year) == expected


def test_qingming_is_right_for_every_year_that_the_notices_cover(official):
    for year in range(2016, 2027):
        qingming = next(day for day in statutory_days(year) if day.month == 4)
        assert chinese_calendar.get_solar_terms(qingming, qingming), qingming


@settings(deadline=None)
@given(
    start=st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    amount=st.integers(0, 80),
    offset=st.sets(st.integers(0, 60)),
    made_up=st.sets(st.integers(0, 60)),
)
def test_adding_working_days_and_listing_them_agree(start, amount, offset, made_up):
    made = Calendar(
        frozenset(start + timedelta(days=days) for days in offset), frozenset(start + timedelta(days=days) for days in made_up)
    )
    due = made.add_workdays(start, amount)
    assert len(made.workdays_between(start, due)) == amount
    assert due == start or made.is_workday(due)
    assert made.next_workday(start) == made.add_workdays(start, 1) > start


def test_a_negative_amount_is_an_error():
    with pytest.raises(ValueError, match="negative"):
        Calendar().add_workdays(date(2026, 1, 1), -1)
