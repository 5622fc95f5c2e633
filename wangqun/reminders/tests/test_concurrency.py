"""Several processes at once: no double slip, no gap, no double receipt."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection, connections

from wangqun.base.errors import Refused
from wangqun.notifications.models import Delivery, Notice
from wangqun.reminders.actions import Result, close_for, confirm, remind
from wangqun.reminders.models import Receipt, Reminder
from wangqun.reminders.tests.factories import Cast

pytestmark = [pytest.mark.committed, pytest.mark.req("REM-2", "REM-3")]
ROOT = Path(__file__).resolve().parents[3]


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run the calls at the same moment, each with a connection of its own; a Refused is a result."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return call()
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def total(results: list[object], field: str) -> int:
    return sum(getattr(result, field) for result in results if isinstance(result, Result))


@pytest.mark.postgresql
def test_four_runs_at_once_issue_each_slip_once_and_number_them_without_a_gap(committed_db):
    cast = Cast()
    for number in range(12):
        cast.clock(name=f"栏目{number}")
    results = at_once(remind, remind, remind, remind)
    assert total(results, "first") == Reminder.objects.count() == 12
    assert sorted(Reminder.objects.values_list("serial", flat=True)) == list(range(1, 13))
    people = 2  # the head and the editor
    assert Notice.objects.count() == Delivery.objects.count() == 12 * people


@pytest.mark.postgresql
def test_of_two_receipts_at_once_one_is_refused(committed_db):
    cast = Cast()
    cast.clock()
    remind()
    slip = Reminder.objects.get()
    results = at_once(lambda: confirm(slip, by=cast.editor), lambda: confirm(slip, by=cast.head))
    assert sorted(type(result).__name__ for result in results) == ["Receipt", "Refused"]
    assert Receipt.objects.count() == 1


@pytest.mark.postgresql
def test_an_update_at_the_moment_of_the_run_leaves_no_second_slip_behind(committed_db, travel):
    cast = Cast()
    travel("2026-03-13 09:00")
    clock = cast.clock("2026-03-12")
    remind()
    travel("2026-03-18 09:00")
    _, result = at_once(lambda: close_for(clock, by=cast.editor, reason="已更新"), remind)
    # Either the update came first and nothing is due, or the slip came first and the update closed it.
    assert isinstance(result, Result)
    assert not Reminder.objects.open().exists()
    assert Reminder.objects.count() == 1 + result.second


def test_two_processes_that_run_the_command_at_once_issue_no_doubles(committed_db):
    cast = Cast()
    for number in range(5):
        cast.clock(name=f"栏目{number}")
    connections.close_all()
    environment = os.environ | {"DATABASE_URL": _address(), "WANGQUN_TEST_DATA": str(settings.DATA)}
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    command = [sys.executable, "-W", "ignore", str(ROOT / "manage.py"), "remind"]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]  # noqa: S603
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    assert Reminder.objects.count() == 5
    assert sorted(Reminder.objects.values_list("serial", flat=True)) == [1, 2, 3, 4, 5]


def _address() -> str:
    """This test's own database as a DATABASE_URL for another process."""
    from urllib.parse import quote

    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite://{quote(str(values['NAME']))}"
    user = quote(values["USER"]) + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
    port = f":{values['PORT']}" if values["PORT"] else ""
    return f"postgres://{user}@{quote(values['HOST'], safe='')}{port}/{quote(values['NAME'])}"
