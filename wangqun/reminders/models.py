"""Reminder slips, receipts, telephone reminders and the criticism list. 依据：石15、石28(2)。"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from wangqun.access.actions import may_somewhere
from wangqun.base.models import AppendOnly, AppendOnlyQuerySet
from wangqun.people.models import Organisation, User


def organisations_of(user: User) -> set[int]:
    """Return the keys of the organisations whose reminders are the business of `user`.

    One's own and those one heads or leads, those that named one's section as responsible for their site, and all below.
    """
    own = user.organisation_id or 0
    below: dict[int, list[int]] = {}
    waiting: list[int] = [own]
    rows = Organisation.objects.values_list("pk", "parent_id", "head_id", "leader_id", "responsible_section_id")
    for key, parent, head, leader, section in rows:
        below.setdefault(parent, []).append(key)
        if user.pk in (head, leader) or (own and section == own):
            waiting.append(key)
    found: set[int] = set()
    while waiting:
        key = waiting.pop()
        if key and key not in found:
            found.add(key)
            waiting += below.get(key, [])
    return found


class ReminderRule(models.Model):
    """When to warn, remind, remind again and escalate, per kind of clock; kept by the office."""

    kind = models.CharField("时钟种类", max_length=32, unique=True)
    name = models.CharField("名称", max_length=64)
    basis = models.CharField("依据", max_length=128)
    warn_days = models.PositiveSmallIntegerField("提前预警（自然日）", default=1)
    second_after_workdays = models.PositiveSmallIntegerField("首次提醒后几个工作日仍未改进，第二次提醒", default=2)
    escalate_after_workdays = models.PositiveSmallIntegerField("第二次提醒后几个工作日仍未改进，报主管领导", default=2)

    class Meta:
        verbose_name = verbose_name_plural = "提醒规则"
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.name


class ReminderQuerySet(models.QuerySet):
    """Questions about slips."""

    def open(self) -> "ReminderQuerySet":
        """Those whose column has not been updated since."""
        return self.filter(closed_at__isnull=True)

    def visible_to(self, user: User) -> "ReminderQuerySet":
        """Everything for the office that manages reminders; for others what is their business."""
        return self if may_somewhere(user, "reminders.manage") else self.filter(organisation__in=organisations_of(user))


class Reminder(models.Model):
    """A 书面提醒单: numbered without gaps per year; open until the column is updated. 依据：石15。"""

    class Stage(models.IntegerChoices):
        FIRST = 1, "第一次提醒"
        SECOND = 2, "第二次提醒"

    mark = models.CharField("机关代字", max_length=16)
    year = models.PositiveSmallIntegerField("年度")
    serial = models.PositiveIntegerField("序号")
    clock = models.ForeignKey("clocks.Clock", models.PROTECT, related_name="reminders", verbose_name="时钟")
    cycle = models.PositiveIntegerField("时钟轮次")
    stage = models.PositiveSmallIntegerField("次第", choices=Stage.choices)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="reminders", verbose_name="被提醒单位")
    subject = models.CharField("事项", max_length=255)
    basis = models.CharField("依据", max_length=128)
    due_on = models.DateField("应更新日期")
    answer_by = models.DateField("改进期限")
    issued_at = models.DateTimeField("签发时间")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="签发人")
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    closed_reason = models.CharField("办结情况", max_length=255, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒单"
        ordering = ["-year", "-serial"]
        constraints = [
            models.UniqueConstraint(fields=["year", "serial"], name="one_reminder_per_number"),
            models.UniqueConstraint(fields=["clock", "cycle", "stage"], name="one_reminder_per_clock_cycle_and_stage"),
            models.CheckConstraint(condition=Q(stage__in=[1, 2]), name="reminder_stage_is_legal"),
        ]
        indexes = [models.Index(fields=["organisation", "closed_at"]), models.Index(fields=["issued_at"])]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    @property
    def number(self) -> str:
        """The number as it is printed, e.g. 石商网提〔2026〕12号."""
        return f"{self.mark}提〔{self.year}〕{self.serial}号"

    @property
    def url(self) -> str:
        """Where the back office shows it."""
        return reverse("reminders:inspect", args=[self.pk])

    @property
    def overdue_days(self) -> int:
        """How many calendar days it was overdue when the slip was issued."""
        return (timezone.localdate(self.issued_at) - self.due_on).days

    @property
    def state_label(self) -> str:
        """Open or closed, and whether it was received, in one word for lists."""
        if self.closed_at:
            return "已办结"
        return "已签收" if hasattr(self, "receipt") else "待签收"


class Receipt(AppendOnly):
    """The organisation's confirmation that it received a slip; one per slip."""

    reminder = models.OneToOneField(Reminder, models.PROTECT, related_name="receipt", verbose_name="提醒单")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="签收人")
    at = models.DateTimeField("签收时间")
    remark = models.CharField("说明", max_length=255, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提醒签收"

    def __str__(self) -> str:
        return f"{self.reminder} 签收"


class PhoneCall(AppendOnly):
    """A telephone reminder (办公电话): who told whom what and when. 依据：石15。"""

    reminder = models.ForeignKey(Reminder, models.PROTECT, related_name="phone_calls", verbose_name="提醒单")
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="通话人")
    answered_by = models.CharField("接听人", max_length=64)
    phone = models.CharField("电话号码", max_length=64)
    called_at = models.DateTimeField("通话时间")
    content = models.CharField("告知内容", max_length=255)

    class Meta:
        verbose_name = verbose_name_plural = "电话提醒记录"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.reminder} 电话提醒"


class EscalationQuerySet(AppendOnlyQuerySet):
    """Questions about the criticism list."""

    def visible_to(self, user: User) -> "EscalationQuerySet":
        """Everything for the office that manages reminders; for others what is their business."""
        return self if may_somewhere(user, "reminders.manage") else self.filter(organisation__in=organisations_of(user))


class Escalation(AppendOnly):
    """Entry in the criticism list after the second slip brought no improvement; told to the leader. 依据：石28(2)。"""

    reminder = models.OneToOneField(Reminder, models.PROTECT, related_name="escalation", verbose_name="第二次提醒单")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="escalations", verbose_name="单位")
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="分管领导"
    )
    at = models.DateTimeField("时间")
    text = models.CharField("情况", max_length=255)

    objects = EscalationQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = verbose_name_plural = "通报批评建议"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.organisation} {self.text}"
