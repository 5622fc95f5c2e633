"""Articles submitted from one site to a column of another, and what units gave to the press. 依据:石20、沪21。"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.access.actions import may_somewhere
from wangqun.access.models import Grant
from wangqun.access.rights import roles_with
from wangqun.people.models import User


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
                fields=["source", "target"], condition=Q(state__in=["submitted", "accepted"]), name="one_open_submission_per_source_and_target"
            ),
        ]
        indexes = [models.Index(fields=["target", "state"])]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class PressItem(models.Model):
    """What a unit gave the press; the site must have it at the same time. 依据:石20、沪21(2)。"""

    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="press_items", verbose_name="单位")
    title = models.CharField("稿件标题", max_length=255)
    press = models.CharField("新闻单位", max_length=128)
    given_on = models.DateField("提供日期")
    article = models.ForeignKey(
        "articles.ArticlePage", models.PROTECT, null=True, blank=True, related_name="press_items", verbose_name="网站稿件"
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "新闻供稿登记"
        ordering = ["-given_on", "-id"]

    def __str__(self) -> str:
        return self.title
