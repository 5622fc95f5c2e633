"""Release records, and approved texts that wait for their day. 依据：沪22（信息发布备案）、石14。"""

from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.timezone import localtime

from wangqun.access.actions import may_somewhere
from wangqun.access.models import Grant
from wangqun.base.models import AppendOnly, AppendOnlyQuerySet
from wangqun.people.models import User


class ReleaseQuerySet(AppendOnlyQuerySet):
    """Questions about records."""

    def visible_to(self, user: User) -> "ReleaseQuerySet":
        """The office and the auditor see all; others see their own organisation's and those of organisations below it."""
        if may_somewhere(user, "publication.records"):
            return self
        own = Q(organisation=user.organisation_id) | Q(organisation__parent=user.organisation_id)
        return self.filter(own | Q(author=user.pk)) if user.organisation_id else self.filter(author=user.pk)

    def with_files(self) -> "ReleaseQuerySet":
        """Tell with each record whether its page's own files still wait to be made, and why they could not be."""
        orders = self.model._meta.apps.get_model("publication", "RenderOrder").objects.filter(
            page_id=OuterRef("page_id"), path="", done_at__isnull=True
        )
        return self.annotate(waits=Exists(orders), trouble=Subquery(orders.exclude(failure="").values("failure")[:1]))


class Release(AppendOnly):
    """信息发布备案: exactly this content of this page went public, by whom, on whose signatures, when, from where.

    A withdrawal is a row too, so the newest row of a page says whether it is public.
    """

    class Kind(models.TextChoices):
        FIRST = "first", "发布"
        CORRECTION = "correction", "更正"
        MOVE = "move", "移动"
        STRUCTURE = "structure", "栏目、首页"
        WITHDRAWAL = "withdrawal", "撤下"

    class WithdrawalReason(models.TextChoices):
        WRONG = "wrong", "内容有误"
        EXPIRED = "expired", "已失效"
        SECRET = "secret", "不宜公开"
        INFRINGING = "infringing", "侵权"
        MERGED = "merged", "合并"
        SOURCE_WITHDRAWN = "source_withdrawn", "原稿已撤下"
        SITE_CLOSED = "site_closed", "网站关闭"

    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="releases", verbose_name="页面")
    number = models.PositiveIntegerField("次第", help_text="此页面的第几次发布。")
    kind = models.CharField("种类", max_length=12, choices=Kind.choices)
    revision = models.ForeignKey("wagtailcore.Revision", models.PROTECT, null=True, related_name="+", verbose_name="修订")
    content_hash = models.CharField("内容摘要", max_length=64)
    title = models.CharField("标题", max_length=255)
    address = models.CharField("地址", max_length=255)
    website = models.ForeignKey("websites.Website", models.PROTECT, related_name="releases", verbose_name="网站")
    column = models.ForeignKey(
        "columns.ColumnPage", models.PROTECT, null=True, blank=True, related_name="column_releases", verbose_name="栏目"
    )
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, blank=True, related_name="releases", verbose_name="责任单位"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="撰稿人"
    )
    approvers = models.JSONField("审核人", default=list, help_text='[{"level": …, "user": pk, "name": …, "at": …}]')
    examination = models.ForeignKey(
        "screening.Examination", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="机器检查"
    )
    workflow_state = models.ForeignKey(
        "wagtailcore.WorkflowState", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核流程"
    )
    published_at = models.DateTimeField("发布时间", help_text="首次发布的时间，更正不改变它。")
    released_at = models.DateTimeField("备案时间")
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="发布人")
    source_address = models.CharField("操作地址", max_length=64, blank=True)
    note = models.CharField("说明", max_length=255, blank=True)
    withdrawal_reason = models.CharField("撤下原因", max_length=20, choices=WithdrawalReason.choices, blank=True)
    is_reprint = models.BooleanField("转载", default=False)
    is_submitted = models.BooleanField("采用报送", default=False)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "信息发布备案"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="one_release_per_page_and_number"),
            models.CheckConstraint(condition=~Q(kind="withdrawal") | ~Q(withdrawal_reason=""), name="withdrawal_has_reason"),
        ]
        indexes = [
            models.Index(fields=["organisation", "released_at"]),
            models.Index(fields=["website", "released_at"]),
            models.Index(fields=["released_at"]),
            models.Index(fields=["website", "address"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.title}"

    @property
    def approver_names(self) -> str:
        """Who signed, level by level, in one line."""
        return "、".join(item["name"] for item in self.approvers)


def in_scope(user: User, page: str = "page") -> Q:
    """Return what lies within the sites and columns for which `user` holds any right today; `page` names the key."""
    scopes = Grant.objects.in_force().filter(user=user).values_list("page__path", flat=True)
    conditions = [Q(**{f"{page}__path__startswith": path}) if path else Q() for path in scopes]
    if not conditions:
        return Q(pk__in=[])
    return Q() if Q() in conditions else reduce(or_, conditions)


class ScheduledReleaseQuerySet(models.QuerySet):
    """Questions about texts that wait."""

    def waiting(self) -> "ScheduledReleaseQuerySet":
        return self.filter(state=ScheduledRelease.State.WAITING)

    def visible_to(self, user: User) -> "ScheduledReleaseQuerySet":
        """Those of the sites and columns for which `user` holds any right."""
        return self.filter(in_scope(user))


class ScheduledRelease(models.Model):
    """An approved revision that waits for the moment its editor chose; it is checked anew then. 依据：石14、沪23。"""

    class State(models.TextChoices):
        WAITING = "waiting", "等待发布"
        RELEASED = "released", "已发布"
        REFUSED = "refused", "未通过复核"
        CANCELLED = "cancelled", "已取消"

    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="scheduled_releases", verbose_name="页面")
    workflow_state = models.OneToOneField(
        "wagtailcore.WorkflowState", models.PROTECT, related_name="scheduled_release", verbose_name="审核流程"
    )
    revision = models.ForeignKey("wagtailcore.Revision", models.PROTECT, related_name="+", verbose_name="修订")
    content_hash = models.CharField("内容摘要", max_length=64)
    due_at = models.DateTimeField("定时发布时间")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    outcome = models.CharField("结果", max_length=500, blank=True)
    scheduled_at = models.DateTimeField("排定时间")
    settled_at = models.DateTimeField("办结时间", null=True, blank=True)

    objects = ScheduledReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "定时发布"
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["page"], condition=Q(state="waiting"), name="one_waiting_scheduled_release_per_page"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "released", "refused", "cancelled"]), name="scheduled_release_state_is_legal"
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"])]

    @property
    def title(self) -> str:
        """The title of the text as it was approved."""
        return self.revision.object_str

    def __str__(self) -> str:
        return f"{self.revision.object_str} {localtime(self.due_at):%Y-%m-%d %H:%M}"
