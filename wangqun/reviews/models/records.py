"""Who signed what, who stands in for whom. 依据：石14、石21、沪20。"""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.base.models import AppendOnly
from wangqun.base.moments import today


class Level(models.TextChoices):
    """The levels of the review, in their order."""

    MACHINE = "machine", "机器检查"
    DEPARTMENT = "department", "处室初审"
    LEADER = "leader", "主管领导复审"
    CENTRE = "centre", "信息处终审"


class Signing(AppendOnly):
    """One decision by one person on exactly one content. 依据：石14、石21。"""

    class Decision(models.TextChoices):
        APPROVE = "approve", "通过"
        SEND_BACK = "send_back", "退回修改"
        SKIP = "skip", "不需此级审核"

    task_state = models.OneToOneField("wagtailcore.TaskState", models.PROTECT, related_name="signing", verbose_name="审核任务")
    workflow_state = models.ForeignKey(
        "wagtailcore.WorkflowState", models.PROTECT, related_name="signings", verbose_name="审核流程"
    )
    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="signings", verbose_name="页面")
    revision = models.ForeignKey("wagtailcore.Revision", models.PROTECT, related_name="signings", verbose_name="修订")
    content_hash = models.CharField("内容摘要", max_length=64)
    level = models.CharField("级别", max_length=10, choices=Level.choices)
    decision = models.CharField("意见", max_length=10, choices=Decision.choices)
    comment = models.CharField("说明", max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="signings", verbose_name="签署人")
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="受谁委托"
    )
    at = models.DateTimeField("签署时间")
    source_address = models.CharField("操作地址", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审核签署"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "by"],
                condition=Q(decision="approve") & ~Q(level="machine"),
                name="nobody_signs_a_revision_twice",
            )
        ]

    def __str__(self) -> str:
        return f"{self.revision.object_str} {self.get_level_display()}{self.get_decision_display()}"


class Transfer(AppendOnly):
    """A task handed to another person who may sign at this level. 依据：石14。"""

    task_state = models.ForeignKey("wagtailcore.TaskState", models.PROTECT, related_name="transfers", verbose_name="审核任务")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="转交给")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="转交人")
    reason = models.CharField("事由", max_length=255)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "审核转交"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.by} → {self.to}"


class DelegationQuerySet(models.QuerySet):
    """Questions about delegations."""

    def on(self, day: date | None = None) -> "DelegationQuerySet":
        day = day or today()
        return self.filter(starts_on__lte=day, ends_on__gte=day, ended_at__isnull=True)


class Delegation(models.Model):
    """During an absence one person's reviews go to another, for a stated time. 依据：石14。"""

    absent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegations", verbose_name="委托人")
    deputy = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="deputised", verbose_name="受托人")
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("终止日期")
    reason = models.CharField("事由", max_length=255)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)
    ended_at = models.DateTimeField("提前结束", null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审核委托"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="delegation_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(absent=models.F("deputy")), name="nobody_deputises_for_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.absent} 委托 {self.deputy}"
