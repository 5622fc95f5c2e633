"""confirm, record_phone_call, close_for, change_rule: who may, once only, and what is written down."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from wangqun.access.models import Grant, Role
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.base.moments import now
from wangqun.reminders.actions import change_rule, close_for, confirm, record_phone_call, remind
from wangqun.reminders.models import Escalation, PhoneCall, Receipt, Reminder, ReminderRule
from wangqun.reminders.tests.factories import OrganisationFactory, person

pytestmark = pytest.mark.req("REM-2", "REM-3")


@pytest.fixture
def slip(cast, travel) -> Reminder:
    travel("2026-03-13 09:00")
    cast.clock("2026-03-12")
    remind()
    return Reminder.objects.get()


def test_the_editor_confirms_and_it_is_written_down(cast, slip):
    receipt = confirm(slip, by=cast.editor, remark=" 正在更新。 ")
    assert (receipt.by, receipt.remark) == (cast.editor, "正在更新。")
    entry = Entry.objects.get(verb="reminders.confirm")
    assert (entry.actor, entry.subject_id) == (cast.editor, str(slip.pk))


def test_a_second_confirmation_is_refused_and_names_the_first(cast, slip):
    confirm(slip, by=cast.editor)
    with pytest.raises(Refused, match="已由王编辑于2026年3月13日签收"):
        confirm(slip, by=cast.head)
    assert Receipt.objects.count() == 1
    assert Entry.objects.filter(verb="reminders.confirm").count() == 1


def test_staff_of_the_organisation_above_may_confirm(cast, slip):
    confirm(slip, by=person(cast.bureau, Role.DIVISION_REVIEWER))


def test_staff_of_the_responsible_section_may_confirm(cast, slip):
    section = OrganisationFactory(kind="section", parent=cast.county)
    cast.county.responsible_section = section
    cast.county.save()
    confirm(slip, by=person(section, Role.EDITOR))


@pytest.mark.parametrize("who", ["stranger", "supervisor", "leader"])
def test_other_organisations_and_those_without_the_right_are_refused(cast, slip, who):
    with pytest.raises(Refused):
        confirm(slip, by=getattr(cast, who))
    assert not Receipt.objects.exists()


def test_a_suspended_editor_is_refused(cast, slip):
    Grant.objects.filter(user=cast.editor).update(state=Grant.State.SUSPENDED)
    with pytest.raises(Refused, match="没有签收提醒单的权限"):
        confirm(slip, by=cast.editor)


def test_a_receipt_cannot_be_changed_or_removed(cast, slip):
    receipt = confirm(slip, by=cast.editor)
    receipt.remark = "改过"
    with pytest.raises(Refused):
        receipt.save()
    with pytest.raises(Refused):
        Receipt.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        super(type(Receipt.objects.all()), Receipt.objects.all()).update(remark="改过")


def call(slip, cast, **changes):
    values = {"by": cast.supervisor, "answered_by": "李处长", "phone": "0311-80000001", "content": "请今日更新。"}
    return record_phone_call(slip, **values | {"called_at": now() - timedelta(minutes=5)} | changes)


def test_a_telephone_reminder_says_who_told_whom_what_and_when(cast, slip):
    made = call(slip, cast)
    assert (made.called_by, made.answered_by, made.phone, made.content) == (
        cast.supervisor,
        "李处长",
        "0311-80000001",
        "请今日更新。",
    )
    assert Entry.objects.get(verb="reminders.record_phone_call").data["answered_by"] == "李处长"


def test_a_call_in_the_future_or_with_something_missing_is_refused(cast, slip):
    with pytest.raises(Refused, match="晚于现在"):
        call(slip, cast, called_at=now() + timedelta(minutes=5))
    with pytest.raises(Refused, match="请填写接听人、告知内容"):
        call(slip, cast, answered_by=" ", content="")
    assert not PhoneCall.objects.exists()


def test_only_the_office_records_calls(cast, slip):
    with pytest.raises(Refused, match="权限"):
        call(slip, cast, by=cast.editor)
    assert not PhoneCall.objects.exists()


def test_an_update_closes_the_open_slips_once(cast, slip):
    assert close_for(slip.clock, by=cast.editor, reason="已更新") == 1
    assert close_for(slip.clock, by=cast.editor, reason="再次更新") == 0
    slip.refresh_from_db()
    assert slip.closed_at and slip.closed_reason == "已更新"
    assert Entry.objects.filter(verb="reminders.close").count() == 1


def test_an_update_closes_both_slips_and_leaves_the_criticism_list_as_it_is(cast, slip, travel):
    for day in ("2026-03-18", "2026-03-21"):
        travel(f"{day} 09:00")
        remind()
    assert close_for(slip.clock, by=cast.editor, reason="已更新") == 2
    assert Escalation.objects.count() == 1


def test_closing_one_clocks_slips_leaves_the_others_open(cast, slip):
    assert close_for(cast.clock("2026-03-12"), by=cast.editor, reason="已更新") == 0
    assert Reminder.objects.open().count() == 1


def test_a_closed_slip_can_still_be_confirmed_but_brings_no_second_one(cast, slip, travel):
    close_for(slip.clock, by=cast.editor, reason="已更新")
    confirm(slip, by=cast.editor)
    travel("2026-03-30 09:00")
    assert remind().second == 0


def test_the_office_changes_a_rule_and_slips_that_are_out_keep_their_day(cast, slip):
    rule = ReminderRule.objects.get(kind="column_news")
    before = slip.answer_by
    change_rule(rule, by=cast.supervisor, warn_days=3, second_after_workdays=5, escalate_after_workdays=5)
    rule.refresh_from_db()
    slip.refresh_from_db()
    assert (rule.warn_days, rule.second_after_workdays, slip.answer_by) == (3, 5, before)
    assert Entry.objects.get(verb="reminders.change_rule").data["after"]["warn_days"] == 3


@pytest.mark.parametrize("figures", [(61, 2, 2), (1, 0, 2), (1, 2, 31)])
def test_figures_that_make_no_sense_are_refused(cast, figures):
    rule = ReminderRule.objects.get(kind="column_news")
    names = ("warn_days", "second_after_workdays", "escalate_after_workdays")
    with pytest.raises(Refused, match="请改正"):
        change_rule(rule, by=cast.supervisor, **dict(zip(names, figures, strict=True)))


def test_others_do_not_change_rules(cast):
    rule = ReminderRule.objects.get(kind="column_news")
    with pytest.raises(Refused, match="权限"):
        change_rule(rule, by=cast.editor, warn_days=3, second_after_workdays=5, escalate_after_workdays=5)
    rule.refresh_from_db()
    assert rule.second_after_workdays == 2
