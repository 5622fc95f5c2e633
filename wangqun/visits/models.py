"""Sums of visits by day, site, page and language; never a line about a person. 依据：石26、沪18。"""

from datetime import date

from django.db import models
from django.db.models import Q

from wangqun.access.actions import may_somewhere
from wangqun.clocks.models import organisations_below
from wangqun.people.models import User
from wangqun.websites.models import Website


def websites_of(user: User) -> models.QuerySet[Website]:
    """Return the sites whose figures `user` may see: all for the office and the auditor, else those of the own organisation.

    An organisation's sites are those that it, or one below it, hosts, undertakes or answers for.
    """
    if may_somewhere(user, "publication.records"):
        return Website.objects.all()
    if user.organisation_id is None or not user.is_active:
        return Website.objects.none()
    own = organisations_below(user.organisation_id)
    return Website.objects.filter(Q(organisation__in=own) | Q(undertaker__in=own) | Q(responsible_department__in=own))


class SumQuerySet(models.QuerySet):
    """Questions about daily sums."""

    def visible_to(self, user: User) -> "SumQuerySet":
        """Those of the sites whose figures `user` may see."""
        return self.filter(website__in=websites_of(user))

    def between(self, since: date, until: date) -> "SumQuerySet":
        """Those of the days from `since` to `until`, both included."""
        return self.filter(day__range=(since, until))


class Visit(models.Model):
    """How often one page was read in one language on one day, by people and, apart from them, by robots."""

    day = models.DateField("日期")
    website = models.ForeignKey("websites.Website", models.PROTECT, related_name="+", verbose_name="网站")
    column = models.ForeignKey(
        "columns.ColumnPage",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="栏目",
        help_text="稿件所在的栏目，或栏目自身；首页没有。",
    )
    page = models.ForeignKey("wagtailcore.Page", models.PROTECT, related_name="+", verbose_name="页面")
    language = models.CharField("语言", max_length=10)
    views = models.PositiveIntegerField("浏览次数", default=0)
    robot_views = models.PositiveIntegerField("机器人访问次数", default=0)

    objects = SumQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "访问统计"
        ordering = ["-day", "-views"]
        constraints = [models.UniqueConstraint(fields=["day", "page", "language"], name="one_sum_per_day_page_and_language")]
        indexes = [
            models.Index(fields=["website", "day"]),
            models.Index(fields=["column", "day"]),
            models.Index(fields=["page", "day"]),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.page_id} {self.views}"


class Referrer(models.Model):
    """From which other site readers came on one day: the most frequent hosts by name, all others in one row without a name."""

    day = models.DateField("日期")
    website = models.ForeignKey("websites.Website", models.PROTECT, related_name="+", verbose_name="网站")
    host = models.CharField("来源域名", max_length=128, blank=True, help_text="空为其他。")
    views = models.PositiveIntegerField("次数", default=0)

    objects = SumQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "访问来源"
        ordering = ["-day", "-views"]
        constraints = [models.UniqueConstraint(fields=["day", "website", "host"], name="one_sum_per_day_website_and_host")]
        indexes = [models.Index(fields=["website", "day"])]

    def __str__(self) -> str:
        return f"{self.day} {self.host or '其他'} {self.views}"


class LogFile(models.Model):
    """How far one file of the server's log is counted. The sums and this row are written in one transaction."""

    name = models.CharField("文件", max_length=64, unique=True)
    offset = models.PositiveBigIntegerField("已统计字节数", default=0)
    lines = models.PositiveBigIntegerField("行数", default=0)
    skipped = models.JSONField("略过的行", default=dict, help_text='{"原因": 行数}')
    counted_at = models.DateTimeField("统计时间", null=True, blank=True)
    removed_at = models.DateTimeField("清除时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "访问日志"
        ordering = ["-name"]

    def __str__(self) -> str:
        return self.name


class Counting(models.Model):
    """The one row that lets one process count at a time, and says until when visits are counted."""

    counted_at = models.DateTimeField("统计时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "统计进度"

    def __str__(self) -> str:
        return str(self.counted_at or "")
