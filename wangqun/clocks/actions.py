"""The verbs of clocks. Whoever owns a clock asks for the right to act; the clock keeps the rules of counting.

依据：石15、沪24。

Each verb locks the clock, checks the rules, adds one entry, computes the due day afresh from the log and the calendar
and returns the refreshed clock. Restarts are not recorded in the log of acts: what causes them is recorded itself.
"""

from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch

from wangqun.access.actions import require
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.clocks.arithmetic import Step, due
from wangqun.clocks.models import Clock, ClockEntry, ClockEvent
from wangqun.clocks.reading import calendar_of, counter_of, round_of
from wangqun.workdays.actions import calendar as read_calendar
from wangqun.workdays.actions import import_calendar
from wangqun.workdays.arithmetic import ONE_DAY, Calendar
from wangqun.workdays.models import CalendarYear

if TYPE_CHECKING:
    from wangqun.people.models import Organisation, User
    from wangqun.workdays.notice import Notice

Operation = ClockEntry.Operation
Unit = Clock.Unit
WARNING_TIME = time(9)  # on the working day before the due day
LONGEST_REST = timedelta(days=15)  # no row of rest days is longer; a wider net for warnings costs nothing


@transaction.atomic
def open_clock(
    *,
    kind: str,
    name: str,
    organisation: "Organisation | None",
    unit: str,
    by: "User",
    amount: int | None = None,
    target_on: date | None = None,
    basis: str = "",
    url: str = "",
    region: str = "",
    maximum_extension: int = 0,
    start_on: date | None = None,
    site: str = "",
) -> Clock:
    """Make a clock and start it on `start_on` (today). Returns it running.

    `unit` is day, workday, week or date; `amount` the term in units, `target_on` the day where the unit is date;
    `site` the website's name, for grouping. The unit week is due on the Sunday of the start's week plus `amount` weeks.
    Raises Refused for a start in the future and for a term that fits no unit. 依据：石15、沪24。
    """
    if unit == Unit.DATE and (target_on is None or amount is not None):
        raise Refused("定日时限应填写日期，不填时限数。")
    if unit != Unit.DATE and (target_on is not None or amount is None or amount < (0 if unit == Unit.WEEK else 1)):
        raise Refused("时限数应为正整数，定日只用于定日时限。")
    clock = Clock.objects.create(
        kind=kind,
        name=name,
        organisation=organisation,
        unit=unit,
        amount=amount,
        basis=basis,
        url=url,
        region=region,
        maximum_extension=maximum_extension,
        site=site,
    )
    return _apply(clock, None, Operation.START, on=start_on, by=by, target_on=target_on)


@transaction.atomic
def restart(clock: Clock, *, by: "User", on: date | None = None, target_on: date | None = None, reason: str = "") -> Clock:
    """Begin a new round with the whole term on `on` (today), also from a pause or a stop.

    A clock that already began its round on that day with the same target stays as it is: several updates on one day
    are one. Raises Refused for a day in the future or before the last entry. 依据：石15。
    """
    clock, last = _locked(clock)
    if clock.unit == Unit.DATE and target_on is None:
        raise Refused("定日时限重新起算时应填写新的日期。")
    if clock.unit != Unit.DATE and target_on is not None:
        raise Refused("只有定日时限可以填写日期。")
    began = last is not None and last.operation in {Operation.START, Operation.RESTART}
    if began and last is not None and (last.effective_on, last.target_on) == (on or today(), target_on):
        return clock
    return _apply(clock, last, Operation.RESTART, on=on, by=by, target_on=target_on, reason=reason)


@transaction.atomic
def pause(clock: Clock, *, by: "User", reason: str, on: date | None = None) -> Clock:
    """Stop counting after the day `on` (today), which counts as used.

    Raises Refused for a clock that is not running, for a fixed date, without a reason, and on or after the due day, when
    no day is left to save. 依据：沪24。
    """
    clock, last = _locked(clock)
    _require_reason(reason)
    if not clock.is_running or clock.due_on is None:
        raise Refused(f"“{clock}”{clock.standing}，不能暂停，请刷新后再看。")
    if clock.unit == Unit.DATE:
        raise Refused("定日时限不能暂停，如日期有变，请按新的日期重新起算。")
    if (on or today()) >= clock.due_on:
        raise Refused(f"“{clock}”{clock.due_on}到期，已没有剩余时日，不能暂停，请尽快办结。")
    clock = _apply(clock, last, Operation.PAUSE, on=on, by=by, reason=reason)
    record("clocks.pause", clock, by=by, data={"reason": reason.strip()})
    return clock


@transaction.atomic
def resume(clock: Clock, *, by: "User", reason: str, on: date | None = None) -> Clock:
    """Go on counting with the day after `on` (today). Raises Refused for a clock that is not paused. 依据：沪24。"""
    clock, last = _locked(clock)
    _require_reason(reason)
    if last is None or last.operation != Operation.PAUSE:
        raise Refused(f"“{clock}”没有暂停，不能恢复，请刷新后再看。")
    clock = _apply(clock, last, Operation.RESUME, on=on, by=by, reason=reason)
    record("clocks.resume", clock, by=by, data={"reason": reason.strip(), "due_on": _text(clock.due_on)})
    return clock


@transaction.atomic
def stop(clock: Clock, *, by: "User", on: date | None = None, reason: str = "") -> Clock:
    """End the clock: the matter is done or given up. Stopping a stopped clock changes nothing. 依据：石15、沪24。"""
    clock, last = _locked(clock)
    if last is not None and last.operation == Operation.STOP:
        return clock
    clock = _apply(clock, last, Operation.STOP, on=on, by=by, reason=reason)
    record("clocks.stop", clock, by=by, data={"reason": reason.strip(), "due_on": _text(clock.due_on)})
    return clock


@transaction.atomic
def extend(clock: Clock, *, amount: int, by: "User", approver: "User", reason: str, basis: str = "") -> Clock:
    """Lengthen the current round by `amount` units, today. `by` asked for it, `approver` agreed.

    Raises Refused after the due day, for a second extension of one round, for more than the clock's maximum, where
    `approver` and `by` are one person, and without a reason. The caller tells the applicant in the same transaction.
    依据：沪24、《行政许可法》第四十二条。
    """
    clock, last = _locked(clock)
    _require_reason(reason)
    if not clock.is_running or clock.due_on is None:
        raise Refused(f"“{clock}”{clock.standing}，不能延长，请刷新后再看。")
    if today() > clock.due_on:
        raise Refused(f"“{clock}”已于{clock.due_on}到期，延长只能在到期前办理。")
    if amount < 1 or amount > clock.maximum_extension:
        limit = f"最多延长{clock.maximum_extension}{counter_of(clock)}" if clock.maximum_extension else "不能延长"
        raise Refused(f"“{clock}”{limit}，请核对延长的时限。")
    if approver.pk == by.pk:
        raise Refused("申请人不能批准自己的延长申请，请由主管领导批准。")
    if any(entry.operation == Operation.EXTEND for entry in round_of(clock)):
        raise Refused(f"“{clock}”已延长过一次，不能再延长。")
    before = clock.due_on
    clock = _apply(clock, last, Operation.EXTEND, on=None, by=by, amount=amount, approver=approver, reason=reason, basis=basis)
    data = {
        "amount": amount,
        "approver": approver.pk,
        "reason": reason.strip(),
        "old": _text(before),
        "new": _text(clock.due_on),
    }
    record("clocks.extend", clock, by=by, data=data)
    return clock


@transaction.atomic
def describe(
    clock: Clock,
    *,
    name: str | None = None,
    organisation: "Organisation | None" = None,
    url: str | None = None,
    site: str | None = None,
) -> Clock:
    """Change what the clock is called, who answers for it, where it is handled; None leaves a value as it is."""
    given = {"name": name, "organisation": organisation, "url": url, "site": site}
    changes = {key: value for key, value in given.items() if value is not None}
    clock = Clock.objects.select_for_update().get(pk=clock.pk)
    for key, value in changes.items():
        setattr(clock, key, value)
    if changes:
        clock.save(update_fields=list(changes))
    return clock


@transaction.atomic
def sweep(*, by: "User | None" = None) -> list[ClockEvent]:
    """Write the thresholds crossed until now, each once per round and due day, and return those written by this run.

    OVERDUE from the day after the due day; WARNED from 09:00 of the working day before it. Asks what is the case, not
    what happened lately: a sweep that did not run for days catches up, a second one writes nothing. 依据：石15。
    """
    moment = now()
    day = moment.date()
    overdue = _without(ClockEvent.Kind.OVERDUE).filter(due_on__lt=day)
    soon = _without(ClockEvent.Kind.WARNED).filter(due_on__gte=day, due_on__lte=day + LONGEST_REST)
    calendars: dict[str, Calendar] = {}
    crossed = [(clock, ClockEvent.Kind.OVERDUE) for clock in overdue]
    for clock in soon:
        if clock.region not in calendars:
            calendars[clock.region] = read_calendar(clock.region)
        if _warns(clock, calendars[clock.region], day, moment.time()):
            crossed.append((clock, ClockEvent.Kind.WARNED))
    ClockEvent.objects.bulk_create(
        [
            ClockEvent(
                clock=clock,
                cycle=clock.cycle,
                kind=kind,
                due_on=clock.due_on,
                at=moment,
                data={"organisation": clock.organisation_id},
            )
            for clock, kind in crossed
        ],
        ignore_conflicts=True,  # another sweep may run at the same time
    )
    keys = {(clock.pk, clock.cycle, kind.value, clock.due_on) for clock, kind in crossed}
    written = ClockEvent.objects.filter(at=moment).select_related("clock")
    return [event for event in written if (event.clock_id, event.cycle, event.kind, event.due_on) in keys]


def recompute(*, by: "User") -> list[Clock]:
    """Count every running clock afresh after a change of the calendar; returns those whose due day moved.

    Each moved clock gets an event RECOMPUTED with old and new day and the calendar's version, in a transaction of its own;
    `promised_on` stays. Running it again changes nothing. 依据：沪24。
    """
    calendars: dict[str, Calendar] = {}
    changed = []
    rounds = ClockEntry.objects.filter(effective_on__gte=F("clock__started_on")).order_by("sequence")
    clocks = Clock.objects.running().filter(unit=Unit.WORKDAY).prefetch_related(Prefetch("entries", rounds, to_attr="round"))
    for clock in clocks.iterator(chunk_size=500):
        if clock.region not in calendars:
            calendars[clock.region] = read_calendar(clock.region)
        found = due(clock.round, unit=clock.unit, amount=clock.amount, calendar=calendars[clock.region])
        if (found.due_on, found.is_provisional) != (clock.due_on, clock.is_provisional):
            changed.append(clock)
    return [moved for clock in changed for moved in _recompute_one(clock, calendars[clock.region], by)]


@transaction.atomic
def enter_calendar(notice: "Notice | dict[str, Any]", *, by: "User") -> CalendarYear:
    """Take over a notice of the State Council and count every running clock afresh. Returns the year.

    Raises Refused without the right and for a notice with bad rows. 依据：《全国年节及纪念日放假办法》。
    """
    require(by, "workdays.manage")
    year = import_calendar(notice, by=by)
    recompute(by=by)
    days = [[day.isoformat(), kind] for day, kind in year.days.values_list("date", "kind")]
    record("workdays.import_calendar", year, by=by, data={"version": year.version, "source": year.source_number, "days": days})
    return year


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("请写明事由，时限记录要据此备查。")


def _locked(clock: Clock) -> tuple[Clock, ClockEntry | None]:
    """Return the clock as the database holds it, locked until commit, and its last entry."""
    fresh = Clock.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=clock.pk)
    return fresh, fresh.entries.order_by("-sequence").first()


def _apply(clock: Clock, last: ClockEntry | None, operation: str, *, on: date | None, by: "User", **details: Any) -> Clock:
    """Add one entry to the locked clock and bring its columns up to date."""
    on = on or today()
    if on > today():
        raise Refused(f"生效日{on}在今天之后，时限记录不能预先登记。")
    if last is not None and on < last.effective_on:
        raise Refused(f"生效日{on}早于上一条记录的{last.effective_on}，时限记录不能倒序登记。")
    entry = ClockEntry.objects.create(
        clock=clock,
        sequence=last.sequence + 1 if last else 1,
        operation=operation,
        effective_on=on,
        recorded_at=now(),
        by=by,
        **{key: value.strip() if isinstance(value, str) else value for key, value in details.items()},
    )
    starts = operation in {Operation.START, Operation.RESTART}
    log: list[Any] = [entry] if starts else round_of(clock)
    if operation == Operation.STOP and last is not None and last.operation == Operation.PAUSE:
        log[-1] = Step(Operation.RESUME, on)  # the row keeps the day on which the clock would have run out
    found = due(log, unit=clock.unit, amount=clock.amount, calendar=calendar_of(clock))
    clock.is_running = operation not in {Operation.PAUSE, Operation.STOP}
    clock.started_on, clock.due_on, clock.is_provisional = found.started_on, found.due_on, found.is_provisional
    if clock.promised_on is None:
        clock.promised_on = found.due_on
    clock.cycle += operation == Operation.RESTART
    clock.save(update_fields=["is_running", "started_on", "due_on", "is_provisional", "promised_on", "cycle"])
    return clock


def _without(kind: str) -> Any:
    """Return the running clocks whose round has no event of `kind` for its present due day."""
    same = ClockEvent.objects.filter(clock=OuterRef("pk"), cycle=OuterRef("cycle"), due_on=OuterRef("due_on"), kind=kind)
    return Clock.objects.running().filter(~Exists(same)).order_by("pk")


def _warns(clock: Clock, calendar: Calendar, day: date, moment: time) -> bool:
    """Whether 09:00 of the last working day before the due day has come."""
    if clock.due_on is None:
        return False
    eve = clock.due_on - ONE_DAY
    while not calendar.is_workday(eve):
        eve -= ONE_DAY
    return day > eve or (day == eve and moment >= WARNING_TIME)


@transaction.atomic
def _recompute_one(clock: Clock, calendar: Calendar, by: "User") -> list[Clock]:
    """Count one clock afresh under its lock; returns it where the due day moved."""
    clock, _ = _locked(clock)
    if not clock.is_running:
        return []
    old = clock.due_on
    found = due(round_of(clock), unit=clock.unit, amount=clock.amount, calendar=calendar)
    clock.due_on, clock.is_provisional = found.due_on, found.is_provisional
    clock.save(update_fields=["due_on", "is_provisional"])
    if found.due_on == old or found.due_on is None or old is None:
        return []
    data = {
        "old": _text(old),
        "new": _text(found.due_on),
        "is_later": found.due_on > old,
        "calendar_version": calendar.version,
    }
    ClockEvent.objects.create(
        clock=clock, cycle=clock.cycle, kind=ClockEvent.Kind.RECOMPUTED, due_on=found.due_on, at=now(), data=data
    )
    record("clocks.recompute", clock, by=by, data=data)
    return [clock]
