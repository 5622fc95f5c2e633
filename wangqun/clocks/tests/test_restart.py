"""Starting and starting over."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.clocks.actions import describe, open_clock, pause, restart, stop

pytestmark = pytest.mark.req("REM-1")


def test_a_column_updated_on_tuesday_is_due_the_next_tuesday(opened, travel):
    travel("2026-03-10 10:00")
    clock = opened(7, "day")
    assert (clock.started_on, clock.due_on, clock.is_running) == (date(2026, 3, 10), date(2026, 3, 17), True)


def test_t17_half_past_midnight_belongs_to_the_local_day(opened, travel):
    travel("2026-05-09 00:30")
    assert opened().started_on == date(2026, 5, 9)


def test_an_update_begins_a_new_round_and_leaves_the_promise_alone(opened, cast, travel):
    travel("2026-03-10 10:00")
    clock = opened(7, "day")
    travel("2026-03-12 10:00")
    clock = restart(clock, by=cast.editor)
    assert (clock.due_on, clock.promised_on, clock.cycle) == (date(2026, 3, 19), date(2026, 3, 17), 1)


def test_a_second_update_on_the_same_day_changes_nothing_and_is_cheap(opened, cast, travel):
    travel("2026-03-10 10:00")
    clock = opened()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        again = restart(clock, by=cast.editor)
    assert again.cycle == 0
    assert again.entries.count() == 1
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 2


def test_an_update_of_a_late_column_starts_it_again(opened, cast, travel):
    travel("2026-03-10 10:00")
    clock = opened(7, "day")
    travel("2026-04-01 10:00")
    assert clock.is_overdue
    clock = restart(clock, by=cast.editor)
    assert not clock.is_overdue
    assert clock.due_on == date(2026, 4, 8)


def test_restarts_are_not_recorded_because_their_causes_are(opened, cast, travel):
    travel("2026-03-10 10:00")
    clock = opened()
    travel("2026-03-11 10:00")
    before = Entry.objects.count()
    restart(clock, by=cast.editor)
    assert Entry.objects.count() == before


@pytest.mark.parametrize("on", [date(2026, 3, 9), date(2026, 3, 12)])
def test_a_restart_before_the_last_entry_or_in_the_future_is_refused(opened, cast, travel, on):
    travel("2026-03-10 10:00")
    clock = opened()
    travel("2026-03-11 10:00")
    with pytest.raises(Refused):
        restart(clock, by=cast.editor, on=on)
    clock.refresh_from_db()
    assert (clock.cycle, clock.entries.count()) == (0, 1)


def test_t12_a_supplement_restarts_a_paused_clock(opened, cast, travel):
    travel("2026-09-07 10:00")
    clock = opened(20)
    travel("2026-09-09 10:00")
    pause(clock, by=cast.editor, reason="要求补正")
    travel("2026-09-21 10:00")
    clock = restart(clock, by=cast.editor, reason="收到补正")
    assert (clock.due_on, clock.is_running) == (date(2026, 10, 26), True)


def test_a_stopped_clock_can_be_started_again(opened, cast, travel):
    travel("2026-03-10 10:00")
    clock = stop(opened(), by=cast.editor)
    assert (clock.is_running, clock.standing) == (False, "已停止")
    assert restart(clock, by=cast.editor).is_running


def test_stopping_twice_changes_nothing(opened, cast):
    clock = stop(opened(), by=cast.editor)
    assert stop(clock, by=cast.editor).entries.count() == 2


def test_a_law_is_due_on_the_day_before_which_it_must_stand_there(opened, cast, travel):
    travel("2026-03-10 10:00")
    clock = opened(None, "date", target_on=date(2026, 5, 1))
    assert clock.due_on == date(2026, 5, 1)
    assert restart(clock, by=cast.editor, target_on=date(2026, 6, 1)).due_on == date(2026, 6, 1)
    with pytest.raises(Refused):
        restart(clock, by=cast.editor)


@pytest.mark.parametrize(
    ("unit", "amount", "target_on"),
    [("day", 0, None), ("day", None, None), ("workday", 3, date(2026, 5, 1)), ("date", None, None), ("week", -1, None)],
)
def test_a_term_that_fits_no_unit_is_refused(cast, unit, amount, target_on):
    with pytest.raises(Refused):
        open_clock(kind="x", name="x", organisation=None, unit=unit, amount=amount, target_on=target_on, by=cast.editor)


def test_a_start_in_the_future_is_refused_and_leaves_no_clock(opened, travel):
    travel("2026-03-10 10:00")
    with pytest.raises(Refused, match="今天之后"):
        opened(start_on=date(2026, 3, 11))


def test_a_clock_may_get_another_name_and_another_owner(opened, cast):
    clock = describe(opened(), name="新名称", organisation=cast.second, url="/admin/", site="乙县网站")
    clock.refresh_from_db()
    assert (clock.name, clock.organisation, clock.url, clock.site) == ("新名称", cast.second, "/admin/", "乙县网站")
    assert clock.kind == "test"
