"""Release records and the files they cover. 依据：沪22(信息发布备案)、沪27。"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.access.actions import may_somewhere
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


class Release(AppendOnly):
    """信息发布备案: exactly this content of this page went public, by whom, on whose signatures, when, from where.

    A withdrawal is a row too, so the newest row of a page says whether it is public.
    """

    class Kind(models.TextChoices):
        FIRST = "first", "发布"
        CORRECTION = "correction", "更正"
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
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.title}"

    @property
    def approver_names(self) -> str:
        """Who signed, level by level, in one line."""
        return "、".join(item["name"] for item in self.approvers)


class RenderOrder(models.Model):
    """The outbox of the release tree: a page whose files must be made afresh; written with the release, done after."""

    class Priority(models.IntegerChoices):
        PAGE = 1, "页面"
        LISTS = 2, "列表和首页"
        WIDE = 3, "全站"

    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="render_orders", verbose_name="页面")
    priority = models.PositiveSmallIntegerField("次序", choices=Priority.choices)
    reason = models.CharField("起因", max_length=255)
    ordered_at = models.DateTimeField("时间")
    done_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "生成任务"
        ordering = ["priority", "id"]
        constraints = [
            models.UniqueConstraint(fields=["page"], condition=Q(done_at__isnull=True), name="one_waiting_order_per_page")
        ]
        indexes = [models.Index(fields=["done_at", "priority", "id"])]

    def __str__(self) -> str:
        return f"{self.page} {self.reason}"


class File(models.Model):
    """One file of the public tree as it must be: the tree is checked against these rows."""

    host = models.CharField("域名", max_length=128)
    path = models.CharField("路径", max_length=500)
    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="files", verbose_name="所属页面")
    release = models.ForeignKey(Release, models.PROTECT, null=True, blank=True, related_name="files", verbose_name="备案")
    content_type = models.CharField("类型", max_length=100)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField("字节数")
    built_at = models.DateTimeField("生成时间")

    class Meta:
        verbose_name = verbose_name_plural = "公开文件"
        constraints = [models.UniqueConstraint(fields=["host", "path"], name="one_row_per_public_file")]
        indexes = [models.Index(fields=["page"])]

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"


class Alarm(models.Model):
    """Something the reconciler found: live in the database without a release, or a file that is not as it must be."""

    class Kind(models.TextChoices):
        LIVE_WITHOUT_RELEASE = "live_without_release", "无备案而公开"
        CONTENT_DIFFERS = "content_differs", "内容与备案不符"
        FILE_ALTERED = "file_altered", "文件被改动"
        FILE_MISSING = "file_missing", "文件缺失"
        FILE_ADDED = "file_added", "多出文件"

    kind = models.CharField("种类", max_length=24, choices=Kind.choices)
    page = models.ForeignKey("wagtailcore.Page", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="页面")
    what = models.CharField("对象", max_length=500)
    found_at = models.DateTimeField("发现时间")
    cleared_at = models.DateTimeField("消除时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发布异常"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "what"], condition=Q(cleared_at__isnull=True), name="one_open_alarm_per_kind_and_thing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.what}"
