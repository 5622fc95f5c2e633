"""The public tree as rows: what must stand where, what it was made from, and what waits to be made. 依据：沪23、沪27。"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.base.moments import now
from wangqun.publication.models.releases import Release


class TreeQuerySet(models.QuerySet):
    """Questions about trees."""

    def current(self) -> "TreeQuerySet":
        return self.filter(state=Tree.State.CURRENT)


class Tree(models.Model):
    """One finished copy of one site's files, `trees/<host>/<number>`. Releases rewrite files in the current one only."""

    class State(models.TextChoices):
        BUILDING = "building", "生成中"
        CURRENT = "current", "现用"
        FORMER = "former", "前一版"
        REMOVED = "removed", "已清除"

    website = models.ForeignKey("websites.Website", models.PROTECT, related_name="trees", verbose_name="网站")
    host = models.CharField("域名", max_length=128)
    number = models.PositiveIntegerField("次第")
    state = models.CharField("状态", max_length=8, choices=State.choices)
    made_at = models.DateTimeField("建立时间")
    run = models.PositiveBigIntegerField("批次", default=0, help_text="建立时的批次；其后的批次改写过的文件比它新。")

    objects = TreeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "文件树"
        ordering = ["host", "number"]
        constraints = [
            models.UniqueConstraint(fields=["host", "number"], name="one_tree_per_host_and_number"),
            models.UniqueConstraint(fields=["host"], condition=Q(state="current"), name="one_current_tree_per_host"),
        ]

    def __str__(self) -> str:
        return f"{self.host} {self.number}"


class Generation(models.Model):
    """Which trees the public sees together; switching from one to another is one rename."""

    number = models.PositiveIntegerField("次第", unique=True)
    trees = models.ManyToManyField(Tree, related_name="generations", verbose_name="文件树")
    reason = models.CharField("起因", max_length=255)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人")
    switched_at = models.DateTimeField("启用时间")
    is_current = models.BooleanField("现用", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "发布版次"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["is_current"], condition=Q(is_current=True), name="one_current_generation")
        ]

    def __str__(self) -> str:
        return f"第 {self.number} 版"


class RenderRun(models.Model):
    """One go of a worker: what it read was read after this row was written, so a higher number never shows older facts."""

    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    worker = models.CharField("进程", max_length=128)

    class Meta:
        verbose_name = verbose_name_plural = "生成批次"
        ordering = ["-id"]
        indexes = [models.Index(fields=["finished_at"])]

    def __str__(self) -> str:
        return f"{self.pk}"


class RenderOrderQuerySet(models.QuerySet):
    """Questions about orders."""

    def open(self) -> "RenderOrderQuerySet":
        """Those not done yet, taken by a worker or not."""
        return self.filter(done_at__isnull=True)

    def waiting(self) -> "RenderOrderQuerySet":
        """Those that a worker may take now."""
        return self.open().filter(run__isnull=True).exclude(retry_at__gt=now())


class RenderOrder(models.Model):
    """The outbox of the tree: files to make afresh. Written with the change itself, so nothing is ever forgotten.

    Rows are only added; a worker takes all waiting rows of a file together. `path` is one file of the page, "" all of them.
    """

    class Priority(models.IntegerChoices):
        PAGE = 1, "页面"
        LISTS = 2, "列表和首页"
        WIDE = 3, "全站"

    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="render_orders", verbose_name="页面")
    path = models.CharField("文件", max_length=500, blank=True)
    priority = models.PositiveSmallIntegerField("次序", choices=Priority.choices)
    reason = models.CharField("起因", max_length=255)
    ordered_at = models.DateTimeField("时间")
    run = models.ForeignKey(RenderRun, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name="批次")
    failure = models.CharField("未完成的原因", max_length=255, blank=True)
    retry_at = models.DateTimeField("再试时间", null=True, blank=True)
    done_at = models.DateTimeField("完成时间", null=True, blank=True)

    objects = RenderOrderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "生成任务"
        ordering = ["priority", "id"]
        indexes = [
            models.Index(fields=["priority", "id"], condition=Q(done_at__isnull=True), name="waiting_render_orders"),
            models.Index(fields=["page", "done_at"]),
            models.Index(fields=["done_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.page} {self.reason}"


class RebuildQuerySet(models.QuerySet):
    """Questions about wide changes."""

    def running(self) -> "RebuildQuerySet":
        return self.filter(finished_at__isnull=True)


class Rebuild(models.Model):
    """A change that touches many files; worked off in chunks behind everything else. `source` names what changed."""

    source = models.CharField("起源", max_length=64)
    reason = models.CharField("起因", max_length=255)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="操作人")
    ordered_at = models.DateTimeField("时间")
    total = models.PositiveIntegerField("页面数", default=0)
    done = models.PositiveIntegerField("已完成", default=0)
    position = models.PositiveBigIntegerField("进度", default=0, help_text="已排入生成的最后一个页面。")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    objects = RebuildQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批量更新"
        ordering = ["-id"]
        indexes = [models.Index(fields=["finished_at"])]

    def __str__(self) -> str:
        return self.reason

    @property
    def progress(self) -> str:
        """How far it is, as people read it."""
        share = 100 if self.finished_at or not self.total else min(99, self.done * 100 // self.total)
        return f"{self.done}/{self.total}（{share}%）"


class FollowedLog(models.Model):
    """How far the operation log has been read for changes made by apps below this one; one row."""

    entry_number = models.PositiveBigIntegerField("已读到", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "日志跟踪"

    def __str__(self) -> str:
        return str(self.entry_number)


class FileQuerySet(models.QuerySet):
    """Questions about files."""

    def public(self) -> "FileQuerySet":
        """Those of the trees that the public sees."""
        return self.filter(tree__state=Tree.State.CURRENT)


class File(models.Model):
    """One file of the public tree as it must be: the tree is checked against these rows."""

    tree = models.ForeignKey(Tree, models.PROTECT, related_name="files", verbose_name="文件树")
    path = models.CharField("路径", max_length=500)
    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="files", verbose_name="所属页面")
    release = models.ForeignKey(Release, models.PROTECT, null=True, blank=True, related_name="files", verbose_name="备案")
    content_type = models.CharField("类型", max_length=100)
    sha256 = models.CharField("SHA-256", max_length=64)
    gzip_sha256 = models.CharField("gzip 副本的 SHA-256", max_length=64, blank=True)
    brotli_sha256 = models.CharField("brotli 副本的 SHA-256", max_length=64, blank=True)
    size = models.PositiveBigIntegerField("字节数")
    built_at = models.DateTimeField("生成时间")
    run = models.PositiveBigIntegerField("批次", default=0, help_text="生成它的批次；较早的批次不得覆盖较晚的。")
    reason = models.CharField("起因", max_length=255, blank=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公开文件"
        constraints = [models.UniqueConstraint(fields=["tree", "path"], name="one_row_per_file_of_a_tree")]
        indexes = [models.Index(fields=["page"])]

    def __str__(self) -> str:
        return f"{self.tree.host}/{self.path}"


class FileSource(models.Model):
    """One thing that a file was made from besides its own page, e.g. "item:123"; websites/sources.py lists the kinds."""

    file = models.ForeignKey(File, models.CASCADE, related_name="sources", verbose_name="文件")
    key = models.CharField("起源", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "文件起源"
        constraints = [models.UniqueConstraint(fields=["key", "file"], name="one_row_per_source_and_file")]

    def __str__(self) -> str:
        return self.key
