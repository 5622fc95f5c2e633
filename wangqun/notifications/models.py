"""Notices and their deliveries; delivery is not receipt."""

from django.conf import settings
from django.db import models
from django.db.models import Q

TOPICS = {
    "review": "审核",
    "sharing": "报送",
    "publication": "发布",
    "reminder": "提醒督办",
    "access": "权限",
    "assessment": "考核",
    "alarm": "告警",
}
"""What people read for a topic; one that is not here shows as “其他”."""


class NoticeQuerySet(models.QuerySet):
    """Questions about notices."""

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at__isnull=True)


class Notice(models.Model):
    """One message to one person, always in the in-site inbox, by other channels too where set."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices", verbose_name="收件人")
    topic = models.CharField("主题", max_length=32, help_text="如 review、reminder、sharing。")
    title = models.CharField("标题", max_length=255)
    body = models.TextField("内容", blank=True)
    url = models.CharField("办理地址", max_length=255, blank=True)
    dedupe_key = models.CharField("去重键", max_length=128, unique=True, help_text="同一件事对同一人只通知一次。")
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        ordering = ["-id"]
        indexes = [models.Index(fields=["recipient", "read_at"])]

    def __str__(self) -> str:
        return self.title

    @property
    def topic_label(self) -> str:
        return TOPICS.get(self.topic, "其他")


class Delivery(models.Model):
    """The outbox: one notice by one outside channel, written with it in one transaction, sent after commit."""

    class Channel(models.TextChoices):
        EMAIL = "email", "电子邮件"

    class State(models.TextChoices):
        WAITING = "waiting", "待发"
        SENT = "sent", "已发"
        FAILED = "failed", "失败"

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries", verbose_name="通知")
    channel = models.CharField("渠道", max_length=8, choices=Channel.choices)
    address = models.CharField("地址", max_length=255)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    not_before = models.DateTimeField("不早于")
    leased_until = models.DateTimeField("租约至", null=True, blank=True)
    sent_at = models.DateTimeField("发出时间", null=True, blank=True)
    last_error = models.CharField("最近错误", max_length=255, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "外发通知"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="one_delivery_per_notice_and_channel"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "sent", "failed"]), name="delivery_state_is_legal"),
        ]
        indexes = [models.Index(fields=["state", "not_before"])]

    def __str__(self) -> str:
        return f"{self.notice} → {self.address}"
