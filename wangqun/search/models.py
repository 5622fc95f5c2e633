"""What readers ask for, without who asked; and the words that mean the same."""

from django.db import models
from django.db.models import Q


class AskedText(models.Model):
    """检索用语: how often readers of one site asked for one text on one day. No address, no session, no hour of the day."""

    day = models.DateField("日期")
    website = models.ForeignKey("websites.Website", models.PROTECT, related_name="+", verbose_name="所在网站")
    is_everywhere = models.BooleanField("在全部网站中查找", default=False)
    text = models.CharField("检索用语", max_length=50, help_text="简体、半角、小写；像电话、证件号码的不留。")
    times = models.PositiveIntegerField("次数", default=0)
    times_empty = models.PositiveIntegerField("没有结果的次数", default=0)
    hits = models.PositiveIntegerField("最近一次的结果数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "检索用语"
        ordering = ["-day", "-times"]
        constraints = [
            models.UniqueConstraint(fields=["day", "website", "is_everywhere", "text"], name="one_row_per_day_site_and_text")
        ]
        indexes = [models.Index(fields=["text", "day"])]

    def __str__(self) -> str:
        return self.text


class SynonymGroup(models.Model):
    """同义词: words that mean the same to a reader; a question for one finds the others too."""

    words = models.CharField("词语", max_length=255, unique=True, help_text="两个以上，以顿号分隔，如“石家庄市、石市”。")
    remark = models.CharField("备注", max_length=128, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "同义词"
        ordering = ["words"]
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="synonyms_have_words")]

    def __str__(self) -> str:
        return self.words

    @property
    def group(self) -> list[str]:
        """The words one by one."""
        return self.words.split("、")
