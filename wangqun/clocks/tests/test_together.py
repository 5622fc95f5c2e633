"""Several people and processes at one clock at the same moment."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from wangqun.base.errors import Refused
from wangqun.base.moments import today
from wangqun.clocks.actions import extend, open_clock, restart, sweep
from wangqun.clocks.models import Clock, ClockEntry, ClockEvent
from wangqun.people.actions import system_user
from wangqun.people.models import User
from wangqun.workdays.actions import import_files

pytestmark = [pytest.mark.committed, pytest.mark.req("REM-1")]


def at_once(amount, verb):
    """Run `verb` in `amount` threads that set off together; return what each gave or raised."""
    barrier, outcomes = threading.Barrier(amount), []

    def run():
        try:
            barrier.wait(30)
            outcomes.append(verb())
        except Exception as fault:  # noqa: BLE001 - the test looks at it
            outcomes.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(amount)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.fixture
def late(committed_db):
    """A clock that ran out ten days ago, and one of 20 days that may be extended by 5."""
    import_files()
    system = system_user()
    details = {"kind": "test", "organisation": None, "by": system, "unit": "day"}
    late = open_clock(name="迟到", amount=5, start_on=today() - timedelta(days=15), **details)
    running = open_clock(name="在办", amount=20, start_on=today() - timedelta(days=1), maximum_extension=5, **details)
    return late, running


def test_t16_t19_sweeps_at_the_same_moment_write_each_event_once(late):
    outcomes = at_once(4, sweep)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert ClockEvent.objects.filter(clock=late[0], kind="overdue").count() == 1


def test_t20_of_extensions_at_the_same_moment_one_is_granted(late):
    system = system_user()
    approver = User.objects.create(username="approver", name="批准人")
    outcomes = at_once(4, lambda: extend(late[1], amount=5, by=system, approver=approver, reason="复杂"))
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [Refused] * 3
    assert ClockEntry.objects.filter(clock=late[1], operation="extend").count() == 1


def test_updates_at_the_same_moment_are_one_round(late):
    outcomes = at_once(4, lambda: restart(late[0], by=system_user()))
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert Clock.objects.get(pk=late[0].pk).cycle == 1
