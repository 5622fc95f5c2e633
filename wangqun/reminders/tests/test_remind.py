"""remind: warning, first slip, second slip, escalation; safe twice and after days of stand-still (T19, T72)."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.base.models import NumberSeries
from wangqun.clocks.models import Clock
from wangqun.notifications.models import Notice
from wangqun.people.models import Organisation
from wangqun.reminders import actions
from wangqun.reminders.actions import Result, recipients, remind
from wangqun.reminders.models import Escalation, Reminder, ReminderRule
from wangqun.workdays.models import CalendarYear, SpecialDay

pytestmark = pytest.mark.req("REM-1", "REM-2", "REM-3")

# 2026-03-09 is a Monday; no holiday is near.


def told(user) -> list[str]:
    return list(Notice.objects.filter(recipient=user).order_by("pk").values_list("title", flat=True))


def test_nothing_happens_while_the_day_is_far(cast, travel):
    travel("2026-03-09 09:00")
    cast.clock("2026-03-16")
    assert remind() == Result()
    assert not Notice.objects.exists()


def test_a_warning_reaches_head_and_editors_once_before_the_day_and_not_the_leader(cast, travel):
    travel("2026-03-11 09:00")
    cast.clock("2026-03-12")
    assert remind() == Result(warned=1)
    assert remind() == Result()
    assert told(cast.editor) == told(cast.head) == ["中国石家庄商务 · 工作动态将于2026年3月12日到期，请及时更新"]
    assert told(cast.leader) == told(cast.stranger) == []
    assert not Reminder.objects.exists()


def test_on_the_due_day_itself_there_is_no_slip_because_the_day_ends_at_24(cast, travel):
    travel("2026-03-12 23:50")
    cast.clock("2026-03-12")
    assert remind() == Result(warned=1)
    travel("2026-03-13 00:10")
    assert remind() == Result(first=1)


def test_the_first_slip_has_number_addressee_due_day_and_term(cast, travel):
    travel("2026-03-13 09:00")  # Friday
    clock = cast.clock("2026-03-12")
    remind()
    slip = Reminder.objects.get()
    assert slip.number == "石商网提〔2026〕1号"
    assert (slip.organisation, slip.subject, slip.basis) == (cast.county, clock.name, "石15(1)")
    assert (slip.due_on, slip.answer_by) == (date(2026, 3, 12), date(2026, 3, 17))  # two working days after Friday
    assert slip.issued_by.is_system and slip.overdue_days == 1
    assert told(cast.editor) == ["第一次提醒：中国石家庄商务 · 工作动态已逾期未更新"]
    assert Notice.objects.get(recipient=cast.editor).url == f"/admin/reminders/inspect/{slip.pk}/"
    assert Entry.objects.filter(verb="reminders.issue", subject_id=str(slip.pk)).count() == 1


def test_a_clock_without_words_of_its_own_names_the_basis_of_the_rule(cast, travel):
    travel("2026-03-13 09:00")
    cast.clock("2026-03-12", basis="", kind="website")
    remind()
    assert Reminder.objects.get().basis == "沪23"


def test_the_whole_ladder_takes_its_working_days_and_then_stands_still(cast, travel):
    cast.clock("2026-03-12")
    expected = {
        "2026-03-13": Result(first=1),  # Friday; to be answered by Tuesday
        "2026-03-14": Result(),
        "2026-03-16": Result(),
        "2026-03-17": Result(),
        "2026-03-18": Result(second=1),  # Wednesday; to be answered by Friday
        "2026-03-19": Result(),
        "2026-03-20": Result(),
        "2026-03-21": Result(escalated=1),
        "2026-03-22": Result(),
        "2026-04-22": Result(),
    }
    for day, result in expected.items():
        travel(f"{day} 07:00")
        assert remind() == result, day
        assert remind() == Result(), f"{day}, a second run"
    assert list(Reminder.objects.order_by("pk").values_list("stage", "serial")) == [(1, 1), (2, 2)]
    assert Escalation.objects.count() == 1


def test_the_leader_hears_of_it_only_when_it_is_escalated(cast, travel):
    cast.clock("2026-03-12")
    for day in ("2026-03-13", "2026-03-18"):
        travel(f"{day} 07:00")
        remind()
        assert told(cast.leader) == []
    travel("2026-03-21 07:00")
    remind()
    assert told(cast.leader) == ["正定县：中国石家庄商务 · 工作动态经两次提醒仍未更新"]
    assert told(cast.supervisor) == told(cast.leader)
    entry = Escalation.objects.get()
    assert (entry.leader, entry.organisation, entry.reminder.stage) == (cast.leader, cast.county, 2)
    assert Entry.objects.filter(verb="reminders.escalate").count() == 1


def test_without_a_leader_of_its_own_the_one_above_is_told(cast, travel):
    cast.bureau.leader, cast.county.leader = cast.leader, None
    cast.bureau.save()
    cast.county.save()
    cast.clock("2026-03-12")
    for day in ("2026-03-13", "2026-03-18", "2026-03-21"):
        travel(f"{day} 07:00")
        remind()
    assert Escalation.objects.get().leader == cast.leader


def test_after_weeks_of_stand_still_there_is_one_slip_and_its_time_runs_from_its_own_issue(cast, travel):
    cast.clock("2026-03-12")
    travel("2026-04-13 09:00")  # a Monday, a month later
    assert remind() == Result(first=1)
    assert remind() == Result()
    assert Reminder.objects.get().answer_by == date(2026, 4, 15)
    travel("2026-06-01 09:00")  # stands still again
    assert remind() == Result(second=1)
    assert remind() == Result()
    travel("2026-08-03 09:00")
    assert remind() == Result(escalated=1)


def test_forty_clocks_that_fell_due_while_nothing_ran_get_one_slip_each_with_the_true_due_day(cast, travel):
    travel("2026-03-16 09:00")
    days = [date(2026, 3, 13) + timedelta(days=number % 3) for number in range(40)]
    for number, day in enumerate(days):
        cast.clock(day, name=f"栏目{number}")
    assert remind() == Result(first=40)
    assert remind() == Result()
    assert sorted(Reminder.objects.values_list("due_on", flat=True)) == sorted(days)
    assert sorted(Reminder.objects.values_list("serial", flat=True)) == list(range(1, 41))


def test_holidays_are_not_counted_in_the_terms(cast, travel):
    year, _ = CalendarYear.objects.get_or_create(
        region="", year=2026, defaults={"status": "official", "source_number": "国办发明电〔2025〕7号"}
    )
    for day in ("2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"):
        SpecialDay.objects.get_or_create(calendar=year, date=day, defaults={"kind": "holiday"})
    travel("2026-09-30 09:00")  # Wednesday before the National Day
    cast.clock("2026-09-29")
    remind()
    assert Reminder.objects.get().answer_by == date(2026, 10, 9)


def test_an_update_ends_the_round_and_the_next_round_begins_with_a_first_slip(cast, travel):
    clock = cast.clock("2026-03-12")
    travel("2026-03-13 07:00")
    remind()
    Clock.objects.filter(pk=clock.pk).update(cycle=2, due_on=date(2026, 3, 20))
    actions.close_for(clock, by=cast.editor, reason="已更新")
    travel("2026-03-18 07:00")
    assert remind() == Result()
    travel("2026-03-21 07:00")
    assert remind() == Result(first=1)
    assert list(Reminder.objects.order_by("pk").values_list("cycle", "stage")) == [(1, 1), (2, 1)]


def test_a_slip_of_a_past_round_that_nobody_closed_is_closed_by_the_next_run(cast, travel):
    clock = cast.clock("2026-03-12")
    travel("2026-03-13 07:00")
    remind()
    Clock.objects.filter(pk=clock.pk).update(cycle=2, due_on=date(2026, 3, 30))  # and its caller died
    remind()
    slip = Reminder.objects.get()
    assert slip.closed_at and slip.closed_reason == "已更新"


def test_after_an_extension_in_the_same_round_no_second_slip_comes_before_the_new_day(cast, travel):
    clock = cast.clock("2026-03-12")
    travel("2026-03-13 07:00")
    remind()
    Clock.objects.filter(pk=clock.pk).update(due_on=date(2026, 3, 31))
    travel("2026-03-18 07:00")
    assert remind() == Result()
    travel("2026-04-01 07:00")
    assert remind() == Result(second=1)


def test_paused_clocks_and_kinds_without_a_rule_and_clocks_without_an_organisation_are_left_alone(cast, travel):
    travel("2026-03-13 07:00")
    cast.clock("2026-03-01", is_running=False)
    cast.clock("2026-03-01", kind="letter")
    cast.clock("2026-03-01", organisation=None)
    assert remind() == Result()


def test_the_rules_of_the_five_kinds_are_there_from_the_start(db):
    assert dict(ReminderRule.objects.values_list("kind", "basis")) == {
        "column_news": "石15(1)",
        "column_interaction": "石15(2)",
        "column_other": "石15(4)",
        "website": "沪23",
        "law": "沪23",
    }


def test_without_a_mark_of_the_office_nothing_is_numbered_and_the_reason_is_told(cast, travel):
    travel("2026-03-13 07:00")
    Organisation.objects.filter(pk=cast.office.pk).update(document_mark="")
    cast.clock("2026-03-12")
    with pytest.raises(Refused, match="机关代字"):
        remind()
    with pytest.raises(CommandError, match="机关代字"):
        call_command("remind")
    assert not Reminder.objects.exists() and not Notice.objects.exists()


def test_a_fault_at_one_clock_does_not_hold_up_the_others(cast, travel, monkeypatch):
    travel("2026-03-13 07:00")
    broken, sound = cast.clock("2026-03-11"), cast.clock("2026-03-12")
    issue = actions._issue

    def fail_at_one(clock, *args, **kwargs):
        slip = issue(clock, *args, **kwargs)
        if clock.pk == broken.pk:
            raise ValueError("broken")
        return slip

    monkeypatch.setattr(actions, "_issue", fail_at_one)
    with pytest.raises(ExceptionGroup):
        remind()
    assert [slip.clock for slip in Reminder.objects.all()] == [sound]
    monkeypatch.undo()
    assert remind() == Result(first=1)
    assert sorted(Reminder.objects.values_list("serial", flat=True)) == [1, 2], "the number rolled back with its slip"


def test_a_rollback_leaves_no_gap_in_the_numbers(cast, travel):
    travel("2026-03-13 07:00")
    for _ in range(3):
        cast.clock("2026-03-12")
    with pytest.raises(RuntimeError), transaction.atomic():
        remind()
        raise RuntimeError
    assert not NumberSeries.objects.filter(register="reminder", year=2026, last__gt=0).exists()
    remind()
    assert sorted(Reminder.objects.values_list("serial", flat=True)) == [1, 2, 3]


def test_each_year_begins_with_number_one(cast, travel):
    cast.clock("2026-12-30")
    travel("2026-12-31 09:00")
    remind()
    cast.clock("2026-12-31")
    travel("2027-01-01 09:00")
    remind()
    assert [slip.number for slip in Reminder.objects.order_by("pk")] == ["石商网提〔2026〕1号", "石商网提〔2027〕1号"]


def test_only_the_office_may_start_a_run_by_hand(cast, travel):
    travel("2026-03-13 07:00")
    cast.clock("2026-03-12")
    with pytest.raises(Refused, match="权限"):
        remind(by=cast.editor)
    assert not Reminder.objects.exists()
    assert remind(by=cast.supervisor) == Result(first=1)
    assert Reminder.objects.get().issued_by == cast.supervisor


def test_the_command_says_what_it_did(cast, travel, capsys):
    travel("2026-03-13 07:00")
    cast.clock("2026-03-12")
    call_command("remind")
    assert capsys.readouterr().out == "预警 0 项，第一次提醒 1 份，第二次提醒 0 份，上报 0 项。\n"


class TestRecipients:
    """Who is told."""

    def test_the_head_and_those_who_may_confirm(self, cast):
        assert set(recipients(cast.county)) == {cast.head, cast.editor}

    def test_a_head_without_any_right_is_told_too(self, cast):
        cast.head.grants.all().delete()
        assert cast.head in recipients(cast.county)

    def test_those_who_left_are_not(self, cast):
        cast.editor.is_active = False
        cast.editor.save()
        assert recipients(cast.county) == [cast.head]

    def test_the_staff_of_the_responsible_section_is(self, cast):
        from wangqun.access.models import Role
        from wangqun.reminders.tests.factories import OrganisationFactory, person

        section = OrganisationFactory(kind=Organisation.Kind.SECTION, parent=cast.county)
        clerk = person(section, Role.EDITOR)
        assert clerk not in recipients(cast.county)
        cast.county.responsible_section = section
        cast.county.save()
        assert clerk in recipients(cast.county)

    def test_where_nobody_is_left_the_organisation_above_is_told(self, cast):
        from wangqun.reminders.tests.factories import OrganisationFactory

        empty = OrganisationFactory(kind=Organisation.Kind.SECTION, parent=cast.county)
        assert set(recipients(empty)) == {cast.head, cast.editor}
