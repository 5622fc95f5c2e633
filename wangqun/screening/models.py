"""What the machine found in a revision, by which dictionary, and what people said to it. 依据：石21、石29、沪10。"""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.base.models import AppendOnly


class DictionaryQuerySet(models.QuerySet["Dictionary"]):
    """Questions about dictionaries."""

    def in_effect(self, day: date) -> "Dictionary | None":
        """Return the newest version in effect on `day`."""
        return self.filter(effective_on__lte=day).order_by("-version").first()


class Dictionary(models.Model):
    """A version of the word lists and rule settings; the newest that is in effect judges."""

    version = models.PositiveIntegerField("版本", unique=True)
    words = models.JSONField("词表", default=dict, help_text="各词表的词，表名见 words.py。")
    effective_on = models.DateField("生效日期")
    remark = models.CharField("说明", max_length=255, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="录入人"
    )
    entered_at = models.DateTimeField("录入时间", auto_now_add=True)

    objects = DictionaryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查词库"
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"第 {self.version} 版"


class Examination(models.Model):
    """One run of all checks over one revision."""

    revision = models.ForeignKey("wagtailcore.Revision", models.PROTECT, related_name="examinations", verbose_name="修订")
    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="examinations", verbose_name="页面")
    content_hash = models.CharField("内容摘要", max_length=64)
    dictionary = models.ForeignKey(Dictionary, models.PROTECT, related_name="+", verbose_name="词库")
    run = models.PositiveSmallIntegerField("次序", default=1, help_text="稿件未变而外部情况已变时再检查，另记一次。")
    at = models.DateTimeField("检查时间")

    class Meta:
        verbose_name = verbose_name_plural = "机器检查"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "content_hash", "dictionary", "run"], name="one_examination_per_content_dictionary_and_run"
            )
        ]

    def __str__(self) -> str:
        return f"{self.page} {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_passed(self) -> bool:
        """Whether nothing stands in the way of publication: nothing that blocks, nothing unjustified."""
        return not self.findings.open_obstacles().exists()


class FindingQuerySet(models.QuerySet["Finding"]):
    """Questions about findings."""

    def open_obstacles(self) -> "FindingQuerySet":
        """Those that stop a release: whatever blocks, and what must be justified and is not."""
        return self.filter(Q(level=Finding.Level.BLOCKS) | Q(level=Finding.Level.JUSTIFY, justification__isnull=True))


class Finding(models.Model):
    """One hit, with the place, the reason and the rule."""

    class Level(models.TextChoices):
        BLOCKS = "blocks", "必须修改"
        JUSTIFY = "justify", "须另一人说明"
        ADVICE = "advice", "建议"

    examination = models.ForeignKey(Examination, models.PROTECT, related_name="findings", verbose_name="检查")
    check_code = models.CharField("检查项", max_length=32)
    level = models.CharField("级别", max_length=8, choices=Level.choices)
    place = models.CharField("位置", max_length=128, help_text="给人看：如“正文第3段”“标题”。")
    anchor = models.CharField("定位", max_length=128, blank=True, help_text="编辑页上的字段，如 body-2-value。")
    excerpt = models.CharField("原文", max_length=255, blank=True)
    message = models.CharField("说明", max_length=255)
    basis = models.CharField("依据", max_length=128, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查问题"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.message

    @property
    def is_justified(self) -> bool:
        """Whether somebody stated why it may stand."""
        return hasattr(self, "justification")

    @property
    def is_waiting(self) -> bool:
        """Whether it must be justified and is not."""
        return self.level == self.Level.JUSTIFY and not self.is_justified


class Justification(AppendOnly):
    """Why a finding may stand, by someone other than the author. 依据：石21。"""

    finding = models.OneToOneField(Finding, models.PROTECT, related_name="justification", verbose_name="问题")
    reason = models.CharField("理由", max_length=255)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="说明人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "问题说明"

    def __str__(self) -> str:
        return self.reason
