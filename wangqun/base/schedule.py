"""What runs when: reads deploy/crontab, and lets one process of many run each slot once.

A slot is the latest moment at which a line was due. It is won by one conditional UPDATE; a slot missed while
nothing ran is made up once, not once per missed moment. All commands are safe to run twice, so a slot whose
runner died or failed is run again after an hour.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cronsim import CronSim, CronSimError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from wangqun.base.models import ScheduleSlot
from wangqun.base.moments import now

logger = logging.getLogger(__name__)
LEASE = timedelta(hours=1)
"""How long a runner may take before another believes that it died."""
FIELDS = 5


class BadSchedule(ValueError):
    """A line of the schedule that cannot be read."""


@dataclass(frozen=True)
class Line:
    """One line of the schedule: when, and which command with which arguments."""

    expression: str
    command: str
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the line is known by in the database: the command and its arguments."""
        return " ".join([self.command, *self.arguments])

    def slot(self, moment: datetime) -> datetime:
        """Return the latest moment, not after `moment`, at which the line was due."""
        minute = timezone.localtime(moment).replace(second=0, microsecond=0)
        return next(CronSim(self.expression, minute + timedelta(minutes=1), reverse=True))

    def next_slot(self, moment: datetime) -> datetime:
        """Return the first moment after `moment` at which the line is due."""
        return next(CronSim(self.expression, timezone.localtime(moment)))


def parse(text: str) -> list[Line]:
    """Return the lines of a schedule; raises BadSchedule for one that cannot be read or stands there twice."""
    lines: list[Line] = []
    for number, row in enumerate(text.splitlines(), 1):
        words = row.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) <= FIELDS:
            raise BadSchedule(f"第 {number} 行不完整：{row}")
        line = Line(" ".join(words[:FIELDS]), words[FIELDS], tuple(words[FIELDS + 1 :]))
        try:
            line.slot(now())
        except (CronSimError, StopIteration) as error:
            raise BadSchedule(f"第 {number} 行的时间写法不对：{row}") from error
        if line.name in {other.name for other in lines}:
            raise BadSchedule(f"第 {number} 行重复：{row}")
        lines.append(line)
    return lines


def claim(line: Line, moment: datetime) -> bool:
    """Take the line's latest slot for this process; returns False where another has it or had it.

    A slot in the future means that the clock was set back (the demonstration's clock), and is taken again too.
    """
    slot = line.slot(moment)
    if not ScheduleSlot.objects.filter(command=line.name).exists():
        try:
            with transaction.atomic():
                ScheduleSlot.objects.create(command=line.name, slot_at=slot, claimed_at=moment)
        except IntegrityError:
            return False
        return True
    is_unfinished = Q(finished_at__isnull=True) | Q(finished_at__lt=F("claimed_at"))
    is_due = Q(slot_at__lt=slot) | Q(slot_at__gt=moment) | (is_unfinished & Q(claimed_at__lt=moment - LEASE))
    taken = ScheduleSlot.objects.filter(is_due, command=line.name).update(slot_at=slot, claimed_at=moment)
    return taken == 1


def tick(lines: list[Line], run: Callable[[Line], None], *, may_go_on: Callable[[], bool] = lambda: True) -> list[Line]:
    """Run every line whose slot this process wins, one after the other; returns those that ran well.

    A line that fails is logged, does not stop the others, and is tried again when its lease is over.
    """
    done = []
    for line in lines:
        moment = now()
        if not may_go_on():
            break
        if not claim(line, moment):
            continue
        try:
            run(line)
        except (Exception, SystemExit):
            logger.exception("定时任务失败：%s", line.name)
            continue
        ScheduleSlot.objects.filter(command=line.name, claimed_at=moment).update(finished_at=now())
        done.append(line)
    return done
