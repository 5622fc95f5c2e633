"""A new notice of the State Council moves the due days of running clocks, and of those only."""

from datetime import date

import pytest
from django.core.management import call_command

from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.clocks.actions import enter_calendar, recompute, stop
from wangqun.clocks.models import ClockEvent
from wangqun.clocks.reading import explain
from wangqun.workdays.models import CalendarYear

pytestmark = pytest.mark.req("REM-1")
HOLIDAYS = [{"date": "2027-01-01", "kind": "holiday", "name": "元旦"}]
SATURDAY = {"date": "2027-01-09", "kind": "workday", "name": "元旦"}
NOTICE = {"year": 2027, "source_number": "国办发明电〔2026〕9号", "days": [*HOLIDAYS, SATURDAY]}


@pytest.fixture
def crossing(opened, travel):
    """15 working days from 21 December 2026, into a year not yet announced."""
    travel("2026-12-21 10:00")
    return opened(15)


def test_t13_the_official_notice_moves_the_due_day_once_and_leaves_the_promise(crossing, cast):
    assert (crossing.due_on, crossing.is_provisional) == (date(2027, 1, 12), True)
    assert "暂定" in explain(crossing)[-1]
    enter_calendar(NOTICE, by=cast.supervisor)
    crossing.refresh_from_db()
    assert (crossing.due_on, crossing.promised_on, crossing.is_provisional) == (date(2027, 1, 11), date(2027, 1, 12), False)
    event = ClockEvent.objects.get(clock=crossing, kind="recomputed")
    assert (event.data["old"], event.data["new"], event.data["is_later"]) == ("2027-01-12", "2027-01-11", False)
    assert event.data["calendar_version"].endswith("2027.1")
    assert recompute(by=cast.system) == []
    assert ClockEvent.objects.filter(clock=crossing).count() == 1


def test_a_notice_that_moves_nothing_only_takes_the_mark_away(crossing, cast):
    enter_calendar(NOTICE | {"days": HOLIDAYS}, by=cast.supervisor)
    crossing.refresh_from_db()
    assert (crossing.due_on, crossing.is_provisional) == (date(2027, 1, 12), False)
    assert not ClockEvent.objects.filter(clock=crossing).exists()


def test_a_day_that_moves_there_and_back_again_is_written_every_time(crossing, cast):
    enter_calendar(NOTICE, by=cast.supervisor)
    enter_calendar(NOTICE | {"days": HOLIDAYS}, by=cast.supervisor)
    enter_calendar(NOTICE, by=cast.supervisor)
    moved = ClockEvent.objects.filter(clock=crossing).order_by("pk")
    assert [event.due_on.day for event in moved] == [11, 12, 11]
    assert CalendarYear.objects.get(year=2027).version == 3


def test_a_stopped_clock_keeps_its_day(crossing, cast):
    stop(crossing, by=cast.editor)
    enter_calendar(NOTICE, by=cast.supervisor)
    crossing.refresh_from_db()
    assert crossing.due_on == date(2027, 1, 12)


def test_entering_a_notice_is_recorded_with_its_days_and_its_source(crossing, cast):
    enter_calendar(NOTICE, by=cast.supervisor)
    entry = Entry.objects.filter(verb="workdays.import_calendar").latest("pk")
    assert entry.actor == cast.supervisor
    assert entry.data["source"] == "国办发明电〔2026〕9号"
    assert ["2027-01-09", "workday"] in entry.data["days"]


def test_only_those_who_keep_the_calendar_may_enter_a_notice(crossing, cast):
    with pytest.raises(Refused, match="没有"):
        enter_calendar(NOTICE, by=cast.editor)
    assert not CalendarYear.objects.filter(year=2027).exists()
    assert not ClockEvent.objects.filter(clock=crossing).exists()


def test_a_bad_notice_changes_nothing(crossing, cast):
    with pytest.raises(Refused, match="第2行"):
        enter_calendar(NOTICE | {"days": [*HOLIDAYS, {"date": "2027-01-08", "kind": "workday"}]}, by=cast.supervisor)
    assert not CalendarYear.objects.filter(year=2027).exists()


def test_recomputing_takes_the_same_number_of_queries_for_one_clock_and_for_many(
    opened, cast, travel, django_assert_max_num_queries
):
    travel("2026-03-02 10:00")
    for number in range(30):
        opened(5, name=f"事项{number}")
    with django_assert_max_num_queries(6):
        assert recompute(by=cast.system) == []


def test_the_command_names_what_moved(crossing, cast, capsys):
    from wangqun.workdays.actions import import_calendar

    import_calendar(NOTICE, by=None)
    call_command("recompute_clocks")
    call_command("recompute_clocks")
    assert capsys.readouterr().out.splitlines() == ["“答复”改为2027-01-11到期。", "到期日没有变化。"]
