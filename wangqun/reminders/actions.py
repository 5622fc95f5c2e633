"""The verbs of reminders: remind, confirm, record_phone_call, close_for, change_rule. 依据：石15、石28(2)、沪23。"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, Q

from wangqun.access.actions import holders, may_somewhere, require
from wangqun.access.models import Grant
from wangqun.access.rights import roles_with
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.base.numbers import next_number
from wangqun.base.templatetags.chinese import long_day
from wangqun.clocks.models import Clock
from wangqun.notifications.actions import notify
from wangqun.people.actions import information_office, system_user
from wangqun.people.models import Organisation, User
from wangqun.reminders.models import (
    Escalation,
    PhoneCall,
    Receipt,
    Reminder,
    ReminderQuerySet,
    ReminderRule,
    organisations_of,
)
from wangqun.workdays import actions as workdays
from wangqun.workdays.arithmetic import Calendar

REGISTER = "reminder"
TOPIC = "reminder"
Step = Literal["warned", "first", "second", "escalated"]


@dataclass(frozen=True)
class Result:
    """What one run did: how many clocks were warned about, reminded a first and a second time, escalated."""

    warned: int = 0
    first: int = 0
    second: int = 0
    escalated: int = 0


def recipients(organisation: Organisation) -> list[User]:
    """Return who is told of a reminder: the head, and the staff who may confirm, of the organisation and its section.

    Where nobody is left there, those of the organisation above: a slip that reaches nobody reminds nobody.
    """
    grants = Grant.objects.in_force().filter(role__in=roles_with("reminders.confirm"))
    for level in organisation.with_ancestors():
        units = [key for key in (level.pk, level.responsible_section_id) if key]
        staff = Q(organisation__in=units, grants__in=grants)
        found = User.objects.people().filter(Q(pk=level.head_id) | staff, is_active=True).distinct().order_by("username")
        if found:
            return list(found)
    return []


def remind(*, by: User | None = None) -> Result:
    """Do what is due now for every running clock that has a rule: warn, first slip, second slip, escalation.

    Level-triggered: it looks at what is, not at what happened since the last run, so it may run twice, at once in
    two processes, and after days of stand-still. One clock takes at most one step a run, and each slip's time runs
    from its own issue. Every clock is a transaction of its own; a fault at one does not hold up the others and is
    raised at the end. `by` needs the right reminders.manage; without `by` it is the system itself.
    依据：石15、石28(2)、沪23。
    """
    if by is not None:
        require(by, "reminders.manage")
    actor = by or system_user()
    _close_outdated(by=actor)
    calendar = cache(workdays.calendar)  # as the database holds it now; for this run only
    rules = {rule.kind: rule for rule in ReminderRule.objects.all()}
    horizon = today() + timedelta(days=max((rule.warn_days for rule in rules.values()), default=0))
    waiting = Clock.objects.running().filter(kind__in=rules, organisation__isnull=False, due_on__lte=horizon)
    counts: dict[str, int] = {}
    faults: list[Exception] = []
    for number in list(waiting.order_by("due_on", "pk").values_list("pk", flat=True)):
        try:
            step = _take_step(number, rules, calendar, by=actor)
        except Exception as fault:  # noqa: BLE001 - kept and raised below, when the other clocks had their turn
            faults.append(fault)
            continue
        if step:
            counts[step] = counts.get(step, 0) + 1
    if faults and all(isinstance(fault, Refused) for fault in faults):
        raise faults[0]
    if faults:
        raise ExceptionGroup(f"{len(faults)} clocks could not be reminded of", faults)
    return Result(**counts)


@transaction.atomic
def _take_step(number: int, rules: dict[str, ReminderRule], calendar: Any, *, by: User) -> Step | None:
    """Decide and do the one step that a clock is due for. Its row stays locked, so two processes go one by one."""
    clock = Clock.objects.select_for_update().get(pk=number)
    rule = rules.get(clock.kind)
    if not clock.is_running or clock.due_on is None or clock.organisation_id is None or rule is None:
        return None  # changed between the list and the lock
    slips = {slip.stage: slip for slip in Reminder.objects.filter(clock=clock, cycle=clock.cycle)}
    first, second = slips.get(Reminder.Stage.FIRST), slips.get(Reminder.Stage.SECOND)
    step = next_step(clock.due_on, rule, day=today(), first=first, second=second)
    is_done = True
    if step == "warned":
        is_done = _warn(clock, clock.due_on)
    elif step == "first":
        _issue(clock, rule, Reminder.Stage.FIRST, calendar(clock.region), by=by)
    elif step == "second":
        _issue(clock, rule, Reminder.Stage.SECOND, calendar(clock.region), by=by)
    elif step == "escalated" and second is not None:
        is_done = _escalate(second, by=by) is not None
    return step if is_done else None


def next_step(due_on: date, rule: ReminderRule, *, day: date, first: Reminder | None, second: Reminder | None) -> Step | None:
    """Return what a clock due on `due_on` asks for on `day`, given the slips of its round. A due day ends at 24:00."""
    if due_on >= day:
        return "warned" if (due_on - day).days <= rule.warn_days else None
    latest = second or first
    if latest is None:
        return "first"
    if latest.closed_at is not None or day <= latest.answer_by:
        return None
    return "second" if second is None else "escalated"


def _warn(clock: Clock, due_on: date) -> bool:
    """Tell the organisation that the day comes near; once per round and due day."""
    when = "今日" if due_on == today() else f"{long_day(due_on)}"
    made = notify(
        recipients(_organisation(clock)),
        topic=TOPIC,
        title=f"{clock.name}将于{when}到期，请及时更新",
        body=f"到期日：{long_day(due_on)}（当日24:00）。到期仍未更新的，系统将发出书面提醒单。",
        url=clock.url,
        key=f"reminders.warn:{clock.pk}:{clock.cycle}:{due_on}",
    )
    return bool(made)


def _issue(clock: Clock, rule: ReminderRule, stage: int, calendar: Calendar, *, by: User) -> Reminder:
    """Issue the numbered slip of a clock that ran out and tell the organisation. 依据：石15。"""
    assert clock.due_on is not None  # noqa: S101 - a running clock has a due day: the database holds that
    mark = information_office().document_mark
    if not mark:
        raise Refused("商务信息处尚未填写机关代字，提醒单无法编号，请先在单位信息中填写。")
    is_first = stage == Reminder.Stage.FIRST
    wait = rule.second_after_workdays if is_first else rule.escalate_after_workdays
    day = today()
    slip = Reminder.objects.create(
        mark=mark,
        year=day.year,
        serial=next_number(REGISTER, day.year),
        clock=clock,
        cycle=clock.cycle,
        stage=stage,
        organisation=_organisation(clock),
        subject=clock.name,
        basis=clock.basis or rule.basis,
        due_on=clock.due_on,
        answer_by=calendar.add_workdays(day, wait) if wait else day,
        issued_at=now(),
        issued_by=by,
    )
    notify(
        recipients(slip.organisation),
        topic=TOPIC,
        title=f"{slip.get_stage_display()}：{slip.subject}已逾期未更新",
        body=f"{slip.number}：应于{long_day(slip.due_on)}前更新，请于{long_day(slip.answer_by)}前完成更新，并签收提醒单。",
        url=slip.url,
        key=f"reminders.slip:{slip.pk}",
    )
    record("reminders.issue", slip, by=by, data={"clock": clock.pk, "cycle": clock.cycle, "stage": int(stage)})
    return slip


def _escalate(slip: Reminder, *, by: User) -> Escalation | None:
    """Enter the organisation in the criticism list and tell its leader; None where that is done already.

    依据：石28(2)（经2次以上提醒仍不及时改进）。
    """
    if Escalation.objects.filter(reminder=slip).exists():
        return None
    leader = next((level.leader for level in slip.organisation.with_ancestors() if level.leader_id), None)
    entry = Escalation.objects.create(
        reminder=slip,
        organisation=slip.organisation,
        leader=leader,
        at=now(),
        text=f"{slip.subject}应于{long_day(slip.due_on)}前更新，经两次提醒仍未改进。"[:255],
    )
    told = [*([leader] if leader else []), *recipients(slip.organisation), *holders("reminders.manage")]
    notify(
        told,
        topic=TOPIC,
        title=f"{slip.organisation.short_name}：{slip.subject}经两次提醒仍未更新",
        body=f"{entry.text}第二次提醒单：{slip.number}。已列入通报批评建议名单，请督促改进。",
        url=slip.url,
        key=f"reminders.escalation:{entry.pk}",
    )
    record("reminders.escalate", slip, by=by, data={"leader": leader.pk if leader else None})
    return entry


@transaction.atomic
def confirm(reminder: Reminder, *, by: User, remark: str = "") -> Receipt:
    """Confirm receipt of a slip, once, by somebody whose business it is and who may confirm; returns the receipt.

    Raises Refused for people of other organisations, without the right, or where it was received already. 依据：石15。
    """
    if not may_somewhere(by, "reminders.confirm"):
        raise Refused("您没有签收提醒单的权限，请由本单位的采编或审核人员签收。")
    if reminder.organisation_id not in organisations_of(by):
        raise Refused(f"这份提醒单是发给{reminder.organisation}的，只能由该单位或其上级单位的人员签收。")
    locked = Reminder.objects.select_for_update().get(pk=reminder.pk)
    earlier = Receipt.objects.filter(reminder=locked).select_related("by").first()
    if earlier:
        raise Refused(f"此提醒单已由{earlier.by}于{long_day(earlier.at)}签收，不必重复签收。")
    receipt = Receipt.objects.create(reminder=locked, by=by, at=now(), remark=remark.strip()[:255])
    record("reminders.confirm", locked, by=by, data={"remark": receipt.remark})
    return receipt


@transaction.atomic
def record_phone_call(
    reminder: Reminder, *, by: User, answered_by: str, phone: str, called_at: datetime, content: str
) -> PhoneCall:
    """Record a telephone reminder: whom `by` told what, when (`called_at`, not in the future); returns the record.

    Raises Refused where something is missing or the time lies ahead. 依据：石15（通过办公电话提醒督办）。
    """
    require(by, "reminders.manage")
    values = {"接听人": answered_by.strip(), "电话号码": phone.strip(), "告知内容": content.strip()}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise Refused(f"请填写{'、'.join(missing)}，电话提醒要据此备查。")
    if called_at > now():
        raise Refused("通话时间晚于现在，请改正。")
    call = PhoneCall.objects.create(
        reminder=reminder,
        called_by=by,
        answered_by=values["接听人"][:64],
        phone=values["电话号码"][:64],
        called_at=called_at,
        content=values["告知内容"][:255],
    )
    record("reminders.record_phone_call", reminder, by=by, data={"call": call.pk, "answered_by": call.answered_by})
    return call


@transaction.atomic
def close_for(clock: Clock, *, by: User, reason: str) -> int:
    """Close the open slips of `clock`, because what it waits for came; returns how many. Harmless where none is open.

    Asks no right of its own: the act that restarted or stopped the clock has been asked.
    """
    Clock.objects.select_for_update().get(pk=clock.pk)
    return _close(Reminder.objects.open().filter(clock=clock), by=by, reason=reason)


@transaction.atomic
def _close_outdated(*, by: User) -> int:
    """Close slips of rounds that are over, should whoever restarted the clock have died before closing them."""
    return _close(Reminder.objects.open().filter(cycle__lt=F("clock__cycle")), by=by, reason="已更新")


def _close(slips: ReminderQuerySet, *, by: User, reason: str) -> int:
    closed = 0
    for slip in slips.select_related("organisation").order_by("pk"):
        if Reminder.objects.open().filter(pk=slip.pk).update(closed_at=now(), closed_reason=reason[:255]):
            closed += 1
            record("reminders.close", slip, by=by, data={"reason": reason})
    return closed


@transaction.atomic
def change_rule(
    rule: ReminderRule, *, by: User, warn_days: int, second_after_workdays: int, escalate_after_workdays: int
) -> ReminderRule:
    """Change when to warn (calendar days before the due day) and how many working days each step waits.

    Slips that are out keep the day they name; the next ones follow the new rule. 依据：石15(4)（视情况进行提醒）。
    """
    require(by, "reminders.manage")
    if not 1 <= second_after_workdays <= 30 or not 1 <= escalate_after_workdays <= 30 or not 0 <= warn_days <= 60:
        raise Refused("提前预警应为0到60日，两次间隔应各为1到30个工作日，请改正。")
    locked = ReminderRule.objects.select_for_update().get(pk=rule.pk)
    after = {
        "warn_days": warn_days,
        "second_after_workdays": second_after_workdays,
        "escalate_after_workdays": escalate_after_workdays,
    }
    before = {name: getattr(locked, name) for name in after}
    for name, value in after.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(after))
    record("reminders.change_rule", locked, by=by, data={"before": before, "after": after})
    return locked


def _organisation(clock: Clock) -> Organisation:
    """The organisation that answers; a clock without one never gets here."""
    if clock.organisation is None:
        raise Refused(f"“{clock.name}”没有责任单位，请先明确责任单位。")
    return clock.organisation
