"""The evidence that the public tree is what was released: signed manifests, and alarms. 依据：沪27。"""

from django.db import models
from django.db.models import Q

from wangqun.base.models import AppendOnly
from wangqun.publication.models.files import Generation


class Manifest(AppendOnly):
    """One signed sheet of the manifest: a whole generation, or what one go of a worker changed in it.

    Sheets form one chain; the newest whole sheet and those after it say what must be in the tree. The files
    `manifests/<number>.json` hold the same bytes, for the verifier that has no database.
    """

    class Kind(models.TextChoices):
        WHOLE = "whole", "全部文件"
        CHANGE = "change", "变动"

    number = models.PositiveBigIntegerField("次第", unique=True)
    kind = models.CharField("种类", max_length=6, choices=Kind.choices)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="manifests", verbose_name="发布版次")
    at = models.DateTimeField("时间")
    count = models.PositiveIntegerField("条数")
    body = models.TextField("内容", blank=True, help_text="变动的全部内容；全部文件的清单只存为文件。")
    previous = models.CharField("前一页的摘要", max_length=64, blank=True)
    digest = models.CharField("摘要", max_length=64)
    signature = models.CharField("签名", max_length=128)
    key_id = models.CharField("公钥标识", max_length=16)

    class Meta:
        verbose_name = verbose_name_plural = "文件清单"
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}"


class Alarm(models.Model):
    """Something the reconciler found: live in the database without a release, or a file that is not as it must be."""

    class Kind(models.TextChoices):
        LIVE_WITHOUT_RELEASE = "live_without_release", "无备案而公开"
        CONTENT_DIFFERS = "content_differs", "内容与备案不符"
        FILE_ALTERED = "file_altered", "文件被改动"
        FILE_MISSING = "file_missing", "文件缺失"
        FILE_ADDED = "file_added", "多出文件"
        SERVED_DIFFERS = "served_differs", "对外提供的内容不符"
        MANIFEST_BROKEN = "manifest_broken", "文件清单不符"
        RENDER_FAILED = "render_failed", "文件未能生成"

    kind = models.CharField("种类", max_length=24, choices=Kind.choices)
    page = models.ForeignKey("wagtailcore.Page", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="页面")
    what = models.CharField("对象", max_length=500)
    count = models.PositiveIntegerField("件数", default=1)
    details = models.JSONField("明细", default=list, blank=True)
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
