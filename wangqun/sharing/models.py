"""Articles submitted from one site to a column of another, and what units gave to the press. 依据：石20、沪21。"""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import localdate

from wangqun.access.actions import may, may_somewhere
from wangqun.access.models import Grant
from wangqun.access.rights import roles_with
from wangqun.people.models import User
from wangqun.reminders.models import organisations_of


class SubmissionQuerySet(models.QuerySet):
    """Questions about submissions."""

    def visible_to(self, user: User) -> "SubmissionQuerySet":
        """The submitting organisation sees its own; those who receive see what comes to their columns."""
        own = Q(organisation=user.organisation_id) if user.organisation_id else Q(pk__in=[])
        scopes = Grant.objects.in_force().filter(user=user, role__in=roles_with("sharing.receive")).select_related("page")
        for held in scopes:
            own |= Q(target__path__startswith=held.page.path) if held.page else Q(pk__gt=0)
        if may_somewhere(user, "publication.records"):
            return self
        return self.filter(own)


class Submission(models.Model):
    """One article submitted (报送) to a column of a higher site; accepted, it becomes a copy with its source kept."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", "待采用"
        ACCEPTED = "accepted", "已采用"
        DECLINED = "declined", "未采用"
        RECALLED = "recalled", "已撤回"

    source = models.ForeignKey("articles.ArticlePage", models.PROTECT, related_name="submissions", verbose_name="原稿")
    target = models.ForeignKey("columns.ColumnPage", models.PROTECT, related_name="submissions", verbose_name="报送栏目")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="submissions", verbose_name="报送单位")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.SUBMITTED)
    note = models.CharField("说明", max_length=255, blank=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="报送人")
    submitted_at = models.DateTimeField("报送时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="处理人"
    )
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    decision_reason = models.CharField("处理意见", max_length=255, blank=True)
    copy = models.OneToOneField(
        "articles.ArticlePage", models.PROTECT, null=True, blank=True, related_name="submission", verbose_name="采用稿"
    )
    followed_hash = models.CharField("已跟随的原稿摘要", max_length=64, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "信息报送"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "accepted", "declined", "recalled"]), name="submission_state_is_legal"
            ),
            models.CheckConstraint(condition=~Q(state="accepted") | Q(copy__isnull=False), name="accepted_submission_has_copy"),
            models.UniqueConstraint(
                fields=["source", "target"],
                condition=Q(state__in=["submitted", "accepted"]),
                name="one_open_submission_per_source_and_target",
            ),
        ]
        indexes = [models.Index(fields=["target", "state"])]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class PressItemQuerySet(models.QuerySet["PressItem"]):
    """Questions about what went to the press."""

    def missing(self) -> "PressItemQuerySet":
        """Those that the site does not show: no article named, or it is not public (yet, or any more)."""
        return self.filter(article__public_item__isnull=True)

    def late(self) -> "PressItemQuerySet":
        """Those that the site showed first on a later day than the press got them."""
        return self.filter(article__public_item__published_at__date__gt=F("given_on"))

    def in_time(self) -> "PressItemQuerySet":
        """Those that the site showed on the day the press got them, or before."""
        return self.filter(article__public_item__published_at__date__lte=F("given_on"))

    def visible_to(self, user: User) -> "PressItemQuerySet":
        """The office sees all; others those of their organisation and of what stands below it."""
        return self if keeps_press_register(user) else self.filter(organisation__in=organisations_of(user))


def keeps_press_register(user: User) -> bool:
    """Return whether `user` keeps the register for everybody: the information office does."""
    return may(user, "reminders.manage") or may(user, "sharing.receive")


class PressItem(models.Model):
    """What a unit gave the press; the site must have it at the same time. 依据：石20、沪21(2)。"""

    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="press_items", verbose_name="单位")
    title = models.CharField("稿件标题", max_length=255)
    press = models.CharField("新闻单位", max_length=128)
    given_on = models.DateField("提供日期")
    article = models.ForeignKey(
        "articles.ArticlePage", models.PROTECT, null=True, blank=True, related_name="press_items", verbose_name="网站稿件"
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间")

    objects = PressItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "新闻供稿登记"
        ordering = ["-given_on", "-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def published_on(self) -> date | None:
        """The day on which readers first saw it on the site; None while it is missing."""
        item = getattr(self.article, "public_item", None) if self.article_id else None
        return localdate(item.published_at) if item else None

    @property
    def outcome(self) -> str:
        """缺报, 迟报 with the days, or 及时, as the list shows it."""
        if self.published_on is None:
            return "缺报"
        days = (self.published_on - self.given_on).days
        return f"迟报 {days} 日" if days > 0 else "及时"
