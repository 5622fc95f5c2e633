"""The due day: the vectors of services.md 3.1 and the laws of counting."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangqun.clocks.arithmetic import Step, due
from wangqun.workdays.actions import calendar, import_files
from wangqun.workdays.arithmetic import Calendar

pytestmark = pytest.mark.req("REM-1")


@pytest.fixture
def official(db):
    import_files()
    return calendar()


def day(text):
    return date.fromisoformat(text)


def count(calendar, amount, *steps, unit="workday"):
    log = [Step(operation, day(on), *rest) for operation, on, *rest in steps]
    return due(log, unit=unit, amount=amount, calendar=calendar)


def test_t01_a_made_up_saturday_counts_and_the_spring_festival_does_not(official):
    assert count(official, 3, ("start", "2026-02-13")).due_on == day("2026-02-25")


def test_t02_a_term_may_end_on_a_made_up_saturday(official):
    assert count(official, 3, ("start", "2026-05-06")).due_on == day("2026-05-09")
    assert official.is_workday(day("2026-05-09"))


def test_t04_a_start_on_a_holiday_begins_with_the_next_working_day(official):
    found = count(official, 3, ("start", "2026-10-03"))
    assert found.counted[0] == day("2026-10-08")
    assert found.due_on == day("2026-10-10")


@pytest.mark.parametrize(
    ("start", "expected"), [("2025-01-24", "2025-02-05"), ("2025-04-25", "2025-04-29"), ("2025-09-26", "2025-09-30")]
)
def test_t05_made_up_sundays_before_and_after_the_holidays_of_2025_count(official, start, expected):
    assert count(official, 3, ("start", start)).due_on == day(expected)


@pytest.mark.parametrize(("amount", "expected"), [(20, "2026-03-19"), (60, "2026-05-19")])
def test_t07_long_terms_pass_over_several_holidays(official, amount, expected):
    assert count(official, amount, ("start", "2026-02-13")).due_on == day(expected)


def test_t08_a_pause_moves_the_due_day_by_the_working_days_it_took(official):
    start = ("start", "2026-04-20")
    assert count(official, 20, start).due_on == day("2026-05-20")
    paused = count(official, 20, start, ("pause", "2026-04-29"))
    assert (paused.due_on, paused.is_paused, len(paused.counted)) == (None, True, 7)
    assert count(official, 20, start, ("pause", "2026-04-29"), ("resume", "2026-05-06")).due_on == day("2026-05-22")


def test_t09_a_pause_over_the_spring_festival(official):
    start = ("start", "2026-02-02")
    assert count(official, 20, start).due_on == day("2026-03-06")
    assert count(official, 20, start, ("pause", "2026-02-12"), ("resume", "2026-02-25")).due_on == day("2026-03-12")


def test_t12_a_restart_gives_the_whole_term_again(official):
    log = [("start", "2026-09-07"), ("pause", "2026-09-09"), ("restart", "2026-09-21")]
    assert count(official, 20, *log).due_on == day("2026-10-26")


def test_t13_a_term_into_an_unannounced_year_has_a_due_day_marked_provisional(official):
    found = count(official, 15, ("start", "2026-12-21"))
    assert (found.due_on, found.is_provisional) == (day("2027-01-12"), True)
    assert not count(official, 3, ("start", "2026-12-21")).is_provisional


def test_columns_are_due_seven_calendar_days_after_their_last_update(official):
    found = count(official, 7, ("start", "2026-02-10"), unit="day")
    assert (found.due_on, found.is_provisional) == (day("2026-02-17"), False)
    assert not count(official, 7, ("start", "2026-12-28"), unit="day").is_provisional


@pytest.mark.parametrize(("amount", "expected"), [(0, "2026-03-15"), (1, "2026-03-22"), (2, "2026-03-29")])
@pytest.mark.parametrize("start", ["2026-03-09", "2026-03-12", "2026-03-15"])
def test_weeks_end_on_sunday_whatever_day_they_begin(official, start, amount, expected):
    assert count(official, amount, ("start", start), unit="week").due_on == day(expected)


def test_a_fixed_date_is_what_it_is(official):
    log = [("start", "2026-03-01", None, day("2026-05-01"))]
    assert count(official, None, *log, unit="date").due_on == day("2026-05-01")


def test_an_extension_adds_to_the_round_and_a_restart_forgets_it(official):
    log = [("start", "2026-03-02"), ("extend", "2026-03-03", 10)]
    assert len(count(official, 5, *log).counted) == 15
    assert len(count(official, 5, *log, ("restart", "2026-03-04")).counted) == 5


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [("resume", "2026-03-02")],
        [("start", "2026-03-02"), ("resume", "2026-03-03")],
        [("start", "2026-03-02"), ("pause", "2026-03-03"), ("pause", "2026-03-04")],
        [("start", "2026-03-02"), ("pause", "2026-03-01")],
        [("start", "2026-03-02"), ("stop", "2026-03-03"), ("extend", "2026-03-04", 3)],
        [("start", "2026-03-02", None, date(2026, 3, 9))],
    ],
)
def test_a_log_that_breaks_the_rules_is_an_error(steps):
    with pytest.raises(ValueError, match="."):
        count(Calendar(), 3, *steps)


@pytest.mark.parametrize(("unit", "amount"), [("month", 1), ("date", 3), ("day", None)])
def test_a_unit_that_does_not_fit_is_an_error(unit, amount):
    with pytest.raises(ValueError, match="."):
        count(Calendar(), amount, ("start", "2026-03-02"), unit=unit)


@st.composite
def logs(draw):
    """A legal log of one or more rounds, and a calendar with holidays and made-up days around it."""
    first = draw(st.dates(date(2025, 1, 1), date(2026, 12, 31)))
    near = st.sets(st.integers(0, 120), max_size=40)
    made = Calendar(
        frozenset(first + timedelta(days=offset) for offset in draw(near)),
        frozenset(first + timedelta(days=offset) for offset in draw(near)),
        frozenset({2025, 2026}),
    )
    on, log, paused = first, [Step("start", first)], False
    for choice in draw(
        st.lists(st.tuples(st.sampled_from(["pause", "resume", "extend", "restart"]), st.integers(0, 9)), max_size=8)
    ):
        operation, gap = choice
        if (operation == "pause" and paused) or (operation == "resume" and not paused):
            continue
        on += timedelta(days=gap)
        log.append(Step(operation, on, gap + 1 if operation == "extend" else None))
        paused = {"pause": True, "resume": False, "restart": False}.get(operation, paused)
    return log, made


@settings(deadline=None)
@given(logs(), st.sampled_from(["day", "workday", "week"]), st.integers(1, 30))
def test_t21_the_laws_of_counting_hold_for_every_log(given_log, unit, amount):
    log, made = given_log
    found = due(log, unit=unit, amount=amount, calendar=made)
    assert found == due(list(log), unit=unit, amount=amount, calendar=made)
    assert (found.due_on is None) <= found.is_paused
    assert list(found.counted) == sorted(set(found.counted))
    if found.due_on is None:
        return
    assert found.started_on < found.due_on == found.counted[-1]
    if unit == "workday":
        assert all(made.is_workday(counted) for counted in found.counted)
    later = due([*log, Step("extend", log[-1].effective_on, 4)], unit=unit, amount=amount, calendar=made)
    assert later.due_on is None or later.due_on > found.due_on
    if not found.is_paused:
        on = log[-1].effective_on
        same = due([*log, Step("pause", on), Step("resume", on)], unit=unit, amount=amount, calendar=made)
        assert (same.due_on, same.counted) == (found.due_on, found.counted)
        extension = 0
        for step in log:
            extension = 0 if step.operation == "restart" else extension + (step.amount or 0)
        if unit != "week":
            assert len(found.counted) == amount + extension
