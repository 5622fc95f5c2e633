"""Pausing, resuming and extending, and what is refused."""

from datetime import date

import pytest

from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.clocks.actions import extend, pause, restart, resume, stop
from wangqun.clocks.models import Clock, ClockEntry

pytestmark = pytest.mark.req("REM-1")


@pytest.fixture
def licence(opened, travel):
    """20 working days from 2 March 2026, at most 10 more; due on 30 March."""
    travel("2026-03-02 10:00")
    return opened(20, maximum_extension=10)


def state(clock):
    return Clock.objects.filter(pk=clock.pk).values().get(), ClockEntry.objects.filter(clock=clock).count()


def test_an_extension_before_the_due_day_lengthens_the_round_and_is_recorded(licence, cast):
    clock = extend(licence, amount=10, by=cast.editor, approver=cast.leader, reason="案情复杂", basis="行政许可法四十二条")
    assert (clock.due_on, clock.promised_on) == (date(2026, 4, 14), date(2026, 3, 30))
    assert Entry.objects.filter(verb="clocks.extend").latest("pk").data["new"] == "2026-04-14"


def test_t20_an_extension_on_the_day_after_the_due_day_is_refused(licence, cast, travel):
    travel("2026-03-31 00:00:01")
    before = state(licence)
    with pytest.raises(Refused, match="到期前"):
        extend(licence, amount=5, by=cast.editor, approver=cast.leader, reason="复杂")
    assert state(licence) == before


def test_t20_the_due_day_itself_is_still_in_time(licence, cast, travel):
    travel("2026-03-30 23:59:59")
    assert extend(licence, amount=1, by=cast.editor, approver=cast.leader, reason="复杂").due_on == date(2026, 3, 31)


def test_t20_a_second_extension_is_refused(licence, cast):
    extend(licence, amount=5, by=cast.editor, approver=cast.leader, reason="复杂")
    before = state(licence)
    with pytest.raises(Refused, match="已延长过一次"):
        extend(licence, amount=5, by=cast.editor, approver=cast.leader, reason="复杂")
    assert state(licence) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": 11}, "最多延长10个工作日"),
        ({"amount": 0}, "最多延长"),
        ({"reason": " "}, "事由"),
        ({"approver": "editor"}, "不能批准自己"),
    ],
)
def test_t20_too_much_without_reason_or_by_oneself_is_refused(licence, cast, changes, words):
    before = state(licence)
    details = {"amount": 5, "reason": "复杂", "approver": "leader"} | changes
    details["approver"] = getattr(cast, details["approver"])
    with pytest.raises(Refused, match=words):
        extend(licence, by=cast.editor, **details)
    assert state(licence) == before


def test_t20_a_clock_without_extensions_cannot_be_extended(opened, cast):
    with pytest.raises(Refused, match="不能延长"):
        extend(opened(), amount=1, by=cast.editor, approver=cast.leader, reason="复杂")


def test_a_new_round_may_be_extended_again(licence, cast, travel):
    extend(licence, amount=5, by=cast.editor, approver=cast.leader, reason="复杂")
    travel("2026-03-03 10:00")
    clock = restart(licence, by=cast.editor)
    assert extend(clock, amount=5, by=cast.editor, approver=cast.leader, reason="复杂").due_on > clock.due_on


def test_t08_a_paused_clock_has_no_due_day_and_stands_in_no_list(opened, cast, travel):
    travel("2026-04-20 10:00")
    clock = opened(20)
    travel("2026-04-29 10:00")
    clock = pause(clock, by=cast.editor, reason="征求第三方意见")
    assert (clock.due_on, clock.is_running, clock.standing) == (None, False, "已暂停")
    travel("2026-05-06 10:00")
    clock = resume(clock, by=cast.editor, reason="收到答复")
    assert (clock.due_on, clock.is_running) == (date(2026, 5, 22), True)
    assert set(Entry.objects.filter(verb__startswith="clocks.").values_list("verb", flat=True)) >= {
        "clocks.pause",
        "clocks.resume",
    }


def test_a_clock_on_its_due_day_or_later_cannot_be_paused(licence, cast, travel):
    travel("2026-03-30 09:00")
    with pytest.raises(Refused, match="没有剩余时日"):
        pause(licence, by=cast.editor, reason="征求意见")


@pytest.mark.parametrize("verb", [pause, resume, extend])
def test_a_stopped_clock_cannot_be_paused_resumed_or_extended(licence, cast, verb):
    stop(licence, by=cast.editor)
    before = state(licence)
    details = {"amount": 1, "approver": cast.leader} if verb is extend else {}
    with pytest.raises(Refused):
        verb(licence, by=cast.editor, reason="x", **details)
    assert state(licence) == before


def test_a_second_pause_is_refused_and_a_stop_in_a_pause_is_remembered_as_a_stop(licence, cast):
    pause(licence, by=cast.editor, reason="征求意见")
    with pytest.raises(Refused):
        pause(licence, by=cast.editor, reason="征求意见")
    assert stop(licence, by=cast.editor).standing == "已停止"


def test_a_fixed_date_cannot_be_paused(opened, cast, travel):
    travel("2026-03-02 10:00")
    clock = opened(None, "date", target_on=date(2026, 5, 1))
    with pytest.raises(Refused, match="定日"):
        pause(clock, by=cast.editor, reason="x")


def test_entries_and_events_cannot_be_changed_even_in_the_database(licence):
    from django.db import DatabaseError, connection, transaction

    from wangqun.clocks.models import ClockEvent

    ClockEvent.objects.create(clock=licence, cycle=0, kind="overdue", due_on=licence.due_on, at="2026-03-31T00:00:00+08:00")
    statements = [
        "UPDATE clocks_clockentry SET clock_id = clock_id",
        "DELETE FROM clocks_clockentry",
        "UPDATE clocks_clockevent SET clock_id = clock_id",
        "DELETE FROM clocks_clockevent",
    ]
    for sql in statements:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
