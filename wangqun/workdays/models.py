"""The State Council's yearly arrangement of holidays and make-up days, as data with its source."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class CalendarYear(models.Model):
    """One year's arrangement. A year not yet announced is provisional and says so. A new text is a new version."""

    class Status(models.TextChoices):
        PROVISIONAL = "provisional", "暂定"
        OFFICIAL = "official", "已公布"
        AMENDED = "amended", "已修订"

    region = models.CharField("地区", max_length=6, blank=True, default="", help_text="空为全国；县区可另有当地休息日。")
    year = models.PositiveSmallIntegerField("年度")
    status = models.CharField("状态", max_length=12, choices=Status.choices)
    version = models.PositiveSmallIntegerField("版本", default=1)
    source_number = models.CharField("通知文号", max_length=64, blank=True)
    source_title = models.CharField("通知名称", max_length=128, blank=True)
    source_url = models.URLField("通知网址", blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="录入人"
    )
    entered_at = models.DateTimeField("录入时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "年度工作日历"
        ordering = ["year", "region"]
        constraints = [
            models.UniqueConstraint(fields=["region", "year"], name="one_calendar_per_region_and_year"),
            models.CheckConstraint(
                condition=Q(status="provisional") | ~Q(source_number=""), name="official_calendar_names_its_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}年{self.region}（{self.get_status_display()}）"


class SpecialDay(models.Model):
    """A day that is not what its weekday implies: a rest day from Monday to Friday, or a working Saturday or Sunday."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "放假"
        WORKDAY = "workday", "调休上班"

    calendar = models.ForeignKey(CalendarYear, models.CASCADE, related_name="days", verbose_name="年度日历")
    date = models.DateField("日期")
    kind = models.CharField("类别", max_length=8, choices=Kind.choices)
    name = models.CharField("名称", max_length=32, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "特殊日"
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="one_entry_per_calendar_and_day")]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"
