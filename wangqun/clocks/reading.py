"""What a clock's log says: the entries of its round, its calendar, and in sentences how its due day comes about."""

from datetime import date

from wangqun.clocks.arithmetic import Due, current_round, due
from wangqun.clocks.models import Clock, ClockEntry
from wangqun.workdays.actions import calendar as read_calendar
from wangqun.workdays.arithmetic import ONE_DAY, Calendar

Operation = ClockEntry.Operation
Unit = Clock.Unit


def round_of(clock: Clock) -> list[ClockEntry]:
    """Return the entries of the current round, the start first."""
    entries = ClockEntry.objects.filter(clock=clock).select_related("approver").order_by("sequence")
    if clock.started_on is not None:
        entries = entries.filter(effective_on__gte=clock.started_on)
    return current_round(entries)


def calendar_of(clock: Clock) -> Calendar:
    """Return the calendar that the clock needs; only working days need one."""
    return read_calendar(clock.region) if clock.unit == Unit.WORKDAY else Calendar()


def explain(clock: Clock) -> list[str]:
    """Return sentences that show how the due day comes about, every counted day among them, for the pages of the clock."""
    entries = round_of(clock)
    if not entries:
        return ["尚未起算。"]
    calendar = calendar_of(clock)
    found = due(entries, unit=clock.unit, amount=clock.amount, calendar=calendar)
    lines = [f"{_day(found.started_on)}{entries[0].get_operation_display()}，当日不计入。"]
    if clock.unit == Unit.WORKDAY and found.counted and not calendar.is_workday(found.started_on):
        lines.append(f"{_day(found.started_on)}为休息日，自{_day(found.counted[0])}起计。")
    for entry in entries[1:]:
        lines.append(_entry_line(clock, entry))
    if clock.unit in {Unit.WORKDAY, Unit.DAY}:
        lines += _counted_lines(clock, found, calendar)
    elif clock.unit == Unit.WEEK:
        lines.append(f"于起算周之后第{clock.amount}周的周日到期。" if clock.amount else "于起算周的周日到期。")
    else:
        lines.append("按确定的日期到期。")
    if found.is_stopped:
        lines.append("时限已停止。")
    elif found.due_on is None:
        lines.append(f"时限已暂停，已用{len(found.counted)}{counter_of(clock)}，恢复后另行计算到期日。")
    else:
        lines.append(f"{_day(found.due_on)}24:00到期。")
    if found.is_provisional:
        lines.append("期间跨入尚未公布放假安排的年度，到期日为暂定，以国务院办公厅通知为准。")
    return lines


def _counted_lines(clock: Clock, found: Due, calendar: Calendar) -> list[str]:
    """One line for every counted day, and one for every row of rest days between them."""
    lines, before = [], found.started_on
    for number, day in enumerate(found.counted, 1):
        skipped = [before + ONE_DAY * offset for offset in range(1, (day - before).days)]
        rest = [gone for gone in skipped if not _is_paused(gone, found)]
        if rest:
            whole = _day(rest[0]) if len(rest) == 1 else f"{_day(rest[0])}至{_day(rest[-1])}"
            lines.append(f"{whole}休息{len(rest)}日，不计入。")
        made_up = clock.unit == Unit.WORKDAY and day in calendar.workdays
        lines.append(f"第{number}{counter_of(clock)}：{_day(day)}{'，调休上班' if made_up else ''}。")
        before = day
    return lines


def _is_paused(day: date, found: Due) -> bool:
    return any(paused < day and (resumed is None or day <= resumed) for paused, resumed in found.paused)


def _entry_line(clock: Clock, entry: ClockEntry) -> str:
    """Say what an act did to the round."""
    reason = f"，事由：{entry.reason}" if entry.reason else ""
    return {
        Operation.PAUSE: f"{_day(entry.effective_on)}暂停，当日计入{reason}。",
        Operation.RESUME: f"{_day(entry.effective_on)}恢复，自次日起继续计算{reason}。",
        Operation.EXTEND: f"{_day(entry.effective_on)}延长{entry.amount}{counter_of(clock)}，批准人{entry.approver}{reason}。",
        Operation.STOP: f"{_day(entry.effective_on)}停止{reason}。",
    }[Operation(entry.operation)]


def counter_of(clock: Clock) -> str:
    return {Unit.WORKDAY: "个工作日", Unit.DAY: "日", Unit.WEEK: "周", Unit.DATE: "日"}[Unit(clock.unit)]


def _day(day: date) -> str:
    """2026年2月25日（星期三）"""
    return f"{day.year}年{day.month}月{day.day}日（星期{'一二三四五六日'[day.weekday()]}）"
