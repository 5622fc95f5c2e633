"""Rankings: computed from facts, previewed, frozen when the month is closed. 依据：石26。"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.base.models import AppendOnly


class Scheme(models.Model):
    """A version of the scoring rules; points are tenths, so that halves need no floats."""

    version = models.PositiveIntegerField("版本", unique=True)
    valid_from = models.DateField("起用日期")
    points = models.JSONField("分值（十分之一分）", help_text='如 {"release": 20, "overdue_clock": -20, …}。')
    remark = models.CharField("说明", max_length=255, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="录入人"
    )
    entered_at = models.DateTimeField("录入时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "考核办法"
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"第 {self.version} 版"


class Ranking(AppendOnly):
    """The frozen ranking of one month; never changed. 依据：石26。"""

    year = models.PositiveSmallIntegerField("年度")
    month = models.PositiveSmallIntegerField("月份")
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="rankings", verbose_name="考核办法")
    closed_at = models.DateTimeField("定稿时间")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="定稿人")
    content_hash = models.CharField("内容摘要", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "月排名"
        ordering = ["-year", "-month"]
        constraints = [
            models.UniqueConstraint(fields=["year", "month"], name="one_ranking_per_month"),
            models.CheckConstraint(condition=Q(month__range=(1, 12)), name="ranking_month_is_legal"),
        ]

    def __str__(self) -> str:
        return f"{self.year}年{self.month}月排名"


class RankingRow(AppendOnly):
    """One organisation's place in a frozen ranking."""

    ranking = models.ForeignKey(Ranking, models.PROTECT, related_name="rows", verbose_name="月排名")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="ranking_rows", verbose_name="单位")
    place = models.PositiveSmallIntegerField("名次")
    tenths = models.IntegerField("得分（十分之一分）")

    class Meta:
        verbose_name = verbose_name_plural = "排名"
        ordering = ["ranking", "place", "organisation__position", "id"]
        constraints = [models.UniqueConstraint(fields=["ranking", "organisation"], name="one_row_per_ranking_and_organisation")]

    def __str__(self) -> str:
        return f"{self.ranking} {self.organisation}"


class RankingPoint(AppendOnly):
    """One point with the fact behind it."""

    row = models.ForeignKey(RankingRow, models.PROTECT, related_name="points", verbose_name="排名")
    measure = models.CharField("考核项", max_length=32)
    tenths = models.IntegerField("分值（十分之一分）")
    fact_type = models.CharField("依据类型", max_length=64)
    fact_id = models.PositiveBigIntegerField("依据编号")
    label = models.CharField("依据", max_length=255)
    happened_on = models.DateField("日期")

    class Meta:
        verbose_name = verbose_name_plural = "得分明细"
        ordering = ["row", "happened_on", "id"]

    def __str__(self) -> str:
        return self.label
