"""Lists and thresholds: a clock is in exactly one list, an event is written once, late runs catch up."""

from datetime import date

import pytest
from django.core.management import call_command

from wangqun.clocks.actions import restart, sweep
from wangqun.clocks.models import Clock, ClockEvent

pytestmark = [pytest.mark.req("REM-1"), pytest.mark.req("REM-4")]


def lists(clock):
    rows = Clock.objects.filter(pk=clock.pk)
    found = {"today": rows.due_today(), "week": rows.due_later_this_week(), "overdue": rows.overdue()}
    return [name for name, queryset in found.items() if queryset.exists()]


def test_t18_a_clock_is_due_until_the_last_second_of_its_day_and_overdue_from_the_next(opened, travel):
    travel("2026-05-06 10:00")
    clock = opened()
    assert lists(clock) == ["week"]
    travel("2026-05-09 23:59:59")
    assert (lists(clock), clock.is_due_today, clock.is_overdue, clock.standing) == (["today"], True, False, "今日到期")
    travel("2026-05-10 00:00:00")
    assert (lists(clock), clock.is_due_today, clock.is_overdue, clock.standing) == (["overdue"], False, True, "已逾期")


def test_t19_a_sweep_that_did_not_run_for_days_finds_everything_once(cast, opened, travel):
    travel("2026-03-02 10:00")
    clocks = [opened(1 + number % 4, name=f"事项{number}") for number in range(40)]
    travel("2026-03-11 08:00")
    ours = {clock.pk for clock in clocks}
    events = [event for event in sweep() if event.kind == "overdue" and event.clock_id in ours]
    assert sorted((event.clock_id, event.due_on) for event in events) == sorted((clock.pk, clock.due_on) for clock in clocks)
    travel("2026-03-11 08:05")
    assert sweep() == []
    assert ClockEvent.objects.filter(kind="overdue", clock__in=clocks).count() == 40


def test_a_warning_comes_at_nine_on_the_working_day_before(opened, travel):
    travel("2026-09-28 10:00")
    clock = opened(4)
    assert clock.due_on == date(2026, 10, 9)
    travel("2026-10-08 08:59")
    assert [event for event in sweep() if event.clock_id == clock.pk] == []
    travel("2026-10-08 09:00")
    assert [event.kind for event in sweep() if event.clock_id == clock.pk] == ["warned"]
    travel("2026-10-08 18:00")
    assert sweep() == []


def test_a_warning_for_the_first_day_after_the_holidays_comes_before_them(opened, travel):
    travel("2026-09-28 08:00")
    clock = opened(3)
    assert clock.due_on == date(2026, 10, 8)
    travel("2026-09-30 09:00")
    assert [event.kind for event in sweep() if event.clock_id == clock.pk] == ["warned"]


def test_a_new_round_may_cross_its_thresholds_again(opened, cast, travel):
    travel("2026-03-02 10:00")
    clock = opened(1, "day")
    travel("2026-03-10 10:00")
    sweep()
    restart(clock, by=cast.editor)
    travel("2026-03-20 10:00")
    sweep()
    rows = ClockEvent.objects.filter(clock=clock, kind="overdue").order_by("pk")
    assert list(rows.values_list("cycle", "due_on")) == [(0, date(2026, 3, 3)), (1, date(2026, 3, 11))]


def test_the_command_sweeps_and_says_how_much_it_found(opened, travel, capsys):
    travel("2026-03-02 10:00")
    opened(1, "day")
    travel("2026-03-10 10:00")
    sweep()
    call_command("sweep_clocks")
    assert capsys.readouterr().out == "到期日变更0项，新登记预警和逾期0项。\n"


def test_a_sweep_takes_the_same_number_of_queries_for_one_clock_and_for_many(opened, travel, django_assert_max_num_queries):
    travel("2026-03-02 10:00")
    for number in range(30):
        opened(1, name=f"事项{number}")
    travel("2026-03-10 10:00")
    with django_assert_max_num_queries(10):
        sweep()
