"""Deadlines. A clock is a log of entries; its due day is a pure function of that log and the calendar."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.access.actions import may
from wangqun.base.models import AppendOnly
from wangqun.base.moments import today
from wangqun.clocks.arithmetic import sunday_of
from wangqun.people.models import Organisation, User


def organisations_below(organisation_id: int) -> set[int]:
    """Return the keys of an organisation and of all below it. One query."""
    children: dict[int | None, list[int]] = {}
    for key, parent in Organisation.objects.order_by().values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(key)
    found: set[int] = set()
    waiting = [organisation_id]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += children.get(key, [])
    return found


class ClockQuerySet(models.QuerySet):
    """The lists. A clock due today stands in `due_today` and in no other; the next day it stands in `overdue`."""

    def running(self) -> "ClockQuerySet":
        return self.filter(is_running=True)

    def due_today(self, day: date | None = None) -> "ClockQuerySet":
        return self.running().filter(due_on=day or today())

    def overdue(self, day: date | None = None) -> "ClockQuerySet":
        return self.running().filter(due_on__lt=day or today())

    def due_later_this_week(self, day: date | None = None) -> "ClockQuerySet":
        """Those due after `day` (today) and not later than its Sunday."""
        day = day or today()
        return self.running().filter(due_on__gt=day, due_on__lte=sunday_of(day))

    def visible_to(self, user: User) -> "ClockQuerySet":
        """All of them for the office's supervisors; for others those of their organisation and of the ones below it."""
        if may(user, "reminders.manage"):
            return self.all()
        if not user.is_active or user.organisation_id is None:
            return self.none()
        return self.filter(organisation__in=organisations_below(user.organisation_id))


class Clock(models.Model):
    """A name, a responsible organisation and a due day, nothing else: what it is about points at it. 依据：石15、沪24。"""

    class Unit(models.TextChoices):
        DAY = "day", "自然日"
        WORKDAY = "workday", "工作日"
        WEEK = "week", "自然周"
        DATE = "date", "定日"

    kind = models.CharField("种类", max_length=32, help_text="如 column、website、law；提醒规则按种类设定。")
    name = models.CharField("名称", max_length=255)
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, blank=True, related_name="clocks", verbose_name="责任单位"
    )
    site = models.CharField("网站", max_length=64, blank=True, default="", help_text="所属网站的名称，用于分类。")
    basis = models.CharField("依据", max_length=128, blank=True)
    url = models.CharField("办理地址", max_length=255, blank=True, help_text="后台中办理此事的页面。")
    region = models.CharField("地区", max_length=6, blank=True, default="")
    unit = models.CharField("单位", max_length=8, choices=Unit.choices)
    amount = models.PositiveSmallIntegerField("时限", null=True, blank=True, help_text="单位为定日时不填。")
    maximum_extension = models.PositiveSmallIntegerField("最多延长", default=0)
    is_running = models.BooleanField("运行中", default=False)
    started_on = models.DateField("本轮起算日", null=True, blank=True)
    due_on = models.DateField("到期日", null=True, blank=True, help_text="由记录和日历算出；当日 24:00 到期。")
    promised_on = models.DateField("承诺日", null=True, blank=True, help_text="首次告知时的到期日，此后不变。")
    cycle = models.PositiveIntegerField("轮次", default=0, help_text="每次重新起算加一。")
    is_provisional = models.BooleanField("暂定", default=False, help_text="跨入尚未公布放假安排的年度。")

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "时钟"
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["is_running", "due_on"]), models.Index(fields=["kind", "is_running"])]
        constraints = [
            models.CheckConstraint(condition=Q(is_running=False) | Q(due_on__isnull=False), name="running_clock_has_due_day")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_due_today(self) -> bool:
        """Whether the due day is today: due until 24:00, not overdue."""
        return self.is_running and self.due_on == today()

    @property
    def is_overdue(self) -> bool:
        """Whether the due day is over and nothing happened."""
        return self.is_running and self.due_on is not None and self.due_on < today()

    @property
    def standing(self) -> str:
        """What lists and pages say of the clock, in one word or two."""
        if not self.is_running:
            return "未运行" if self.started_on is None else "已停止" if self.due_on else "已暂停"
        if self.is_overdue:
            return "已逾期"
        return "今日到期" if self.is_due_today else "未到期"


class ClockEntry(AppendOnly):
    """One act on a clock."""

    class Operation(models.TextChoices):
        START = "start", "起算"
        PAUSE = "pause", "暂停"
        RESUME = "resume", "恢复"
        EXTEND = "extend", "延长"
        RESTART = "restart", "重新起算"
        STOP = "stop", "停止"

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="entries", verbose_name="时钟")
    sequence = models.PositiveIntegerField("序号")
    operation = models.CharField("动作", max_length=8, choices=Operation.choices)
    effective_on = models.DateField("生效日")
    recorded_at = models.DateTimeField("记录时间")
    amount = models.PositiveSmallIntegerField("延长时限", null=True, blank=True)
    target_on = models.DateField("定日", null=True, blank=True)
    reason = models.CharField("事由", max_length=255, blank=True)
    basis = models.CharField("依据", max_length=128, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="批准人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "时钟记录"
        ordering = ["clock", "sequence"]
        constraints = [models.UniqueConstraint(fields=["clock", "sequence"], name="one_entry_per_clock_and_sequence")]

    def __str__(self) -> str:
        return f"{self.clock} {self.get_operation_display()} {self.effective_on}"


class ClockEvent(AppendOnly):
    """A threshold that a clock crossed, once per cycle: warned, overdue, deadline recomputed."""

    class Kind(models.TextChoices):
        WARNED = "warned", "预警"
        OVERDUE = "overdue", "逾期"
        RECOMPUTED = "recomputed", "重新计算"

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="events", verbose_name="时钟")
    cycle = models.PositiveIntegerField("轮次")
    kind = models.CharField("种类", max_length=12, choices=Kind.choices)
    due_on = models.DateField("到期日")
    at = models.DateTimeField("发现时间")
    data = models.JSONField("详情", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "时钟事件"
        ordering = ["id"]
        constraints = [
            # A due day may move there and back again; a threshold is crossed once.
            models.UniqueConstraint(
                fields=["clock", "cycle", "kind", "due_on"],
                condition=~Q(kind="recomputed"),
                name="one_event_per_clock_cycle_and_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.get_kind_display()}"
