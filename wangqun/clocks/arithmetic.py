"""The due day. Pure: the same log and the same calendar always give the same day.

The rules: the day of the start is not counted; a start on a rest day therefore begins with the next working day. The day
of a pause counts as used, counting resumes on the day after the resumption. An extension lengthens the current round.
A restart begins a new round with the whole term. A deadline ends with the due day, at 24:00.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol, TypeVar

from wangqun.workdays.arithmetic import ONE_DAY, Calendar, days_between

START, PAUSE, RESUME, EXTEND, RESTART, STOP = "start", "pause", "resume", "extend", "restart", "stop"
DAY, WORKDAY, WEEK, DATE = "day", "workday", "week", "date"


class EntryLike(Protocol):
    """What counting needs to know of one act on a clock; `ClockEntry` is one."""

    @property
    def operation(self) -> str: ...
    @property
    def effective_on(self) -> date: ...
    @property
    def amount(self) -> int | None: ...
    @property
    def target_on(self) -> date | None: ...


E = TypeVar("E", bound=EntryLike)


@dataclass(frozen=True)
class Step:
    """One act on a clock, without a database."""

    operation: str
    effective_on: date
    amount: int | None = None
    target_on: date | None = None


@dataclass(frozen=True)
class Due:
    """The outcome of counting one round."""

    started_on: date
    due_on: date | None
    """None while the clock is paused before its term is used up."""
    is_provisional: bool
    """Whether a day between start and due day belongs to a year that the State Council has not announced."""
    counted: tuple[date, ...]
    """The days used up, in order: working days for the unit workday, else calendar days."""
    paused: tuple[tuple[date, date | None], ...] = ()
    """Each pause as (day of the pause, day of the resumption or None)."""
    is_paused: bool = False
    is_stopped: bool = False


def sunday_of(day: date) -> date:
    """Return the Sunday that ends the calendar week of `day`; weeks begin on Monday."""
    return day + timedelta(days=6 - day.weekday())


def current_round(entries: Iterable[E]) -> list[E]:
    """Return the entries since the last start or restart, that one first."""
    found: list[E] = []
    for entry in entries:
        if entry.operation in {START, RESTART}:
            found = []
        found.append(entry)
    return found


def due(entries: Iterable[EntryLike], *, unit: str, amount: int | None, calendar: Calendar) -> Due:
    """Return when the current round of the log `entries` is due.

    `amount` is the term in `unit`s (None for a fixed date, which stands in the entry). Raises ValueError for a log that
    breaks the rules: no start, entries out of order, a pause within a pause.
    """
    steps = current_round(entries)
    _check(steps, unit, amount)
    start, extension = steps[0].effective_on, sum(step.amount or 0 for step in steps if step.operation == EXTEND)
    pauses: list[tuple[date, date | None]] = []
    for step in steps:
        if step.operation == PAUSE:
            pauses.append((step.effective_on, None))
        elif step.operation == RESUME:
            pauses[-1] = (pauses[-1][0], step.effective_on)
    if unit == DATE:
        target = steps[0].target_on or start
        due_on: date | None = target + ONE_DAY * extension
        counted = days_between(start, target + ONE_DAY * extension)
    else:
        needed = (amount or 0) + extension
        if unit == WEEK:
            needed = (sunday_of(start) - start).days + 7 * needed
        due_on, counted = _count(start, needed, pauses, calendar if unit == WORKDAY else None)
        if unit == WEEK and due_on is not None:
            counted += days_between(due_on, sunday_of(due_on))
            due_on = sunday_of(due_on)
    last = due_on or (counted[-1] if counted else start)
    return Due(
        started_on=start,
        due_on=due_on,
        is_provisional=unit == WORKDAY
        and any(calendar.is_provisional(date(year, 1, 1)) for year in range(start.year, last.year + 1)),
        counted=tuple(counted),
        paused=tuple(pauses),
        is_paused=bool(pauses) and pauses[-1][1] is None,
        is_stopped=steps[-1].operation == STOP,
    )


def _count(
    start: date, needed: int, pauses: Sequence[tuple[date, date | None]], calendar: Calendar | None
) -> tuple[date | None, list[date]]:
    """Walk from day to day; return the last of the `needed` days (None where a pause comes first) and the days used."""
    counted: list[date] = []
    day, last, waiting = start, start, list(pauses)
    while True:
        if len(counted) == needed:
            return last, counted
        while waiting and day >= waiting[0][0]:
            resumed = waiting.pop(0)[1]
            if resumed is None:
                return None, counted
            day = max(day, resumed)
        day += ONE_DAY
        if calendar is None or calendar.is_workday(day):
            counted.append(day)
            last = day


def _check(steps: Sequence[EntryLike], unit: str, amount: int | None) -> None:
    if not steps or steps[0].operation not in {START, RESTART}:
        raise ValueError("a log begins with a start")
    if unit not in {DAY, WORKDAY, WEEK, DATE}:
        raise ValueError(f"unknown unit {unit}")
    if (unit == DATE) != (amount is None) or (unit == DATE) != (steps[0].target_on is not None):
        raise ValueError("a fixed date has a target and no amount, every other unit an amount and no target")
    is_paused = False
    for before, step in zip(steps, steps[1:], strict=False):
        if step.effective_on < before.effective_on:
            raise ValueError("entries are out of order")
        if before.operation == STOP:
            raise ValueError("nothing but a restart follows a stop")
        if step.operation in {PAUSE, RESUME} and is_paused == (step.operation == PAUSE):
            raise ValueError("a pause follows counting, a resumption follows a pause")
        is_paused = {PAUSE: True, RESUME: False}.get(step.operation, is_paused)
