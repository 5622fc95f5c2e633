"""Moves of released articles to another column of their site. 依据：石14、石21。"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.people.models import User
from wangqun.publication.models.releases import Release, in_scope


class MoveQuerySet(models.QuerySet):
    """Questions about moves."""

    def waiting(self) -> "MoveQuerySet":
        return self.filter(state=Move.State.WAITING)

    def visible_to(self, user: User) -> "MoveQuerySet":
        """Those out of, or into, what `user` holds any right for."""
        return self.filter(in_scope(user) | in_scope(user, "column"))


class Move(models.Model):
    """A released article that the office moves to another column, once a reviewer of that column has signed it or agreed."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待新栏目审核"
        DONE = "done", "已移动"
        DECLINED = "declined", "不同意移动"

    page = models.ForeignKey("articles.ArticlePage", models.PROTECT, related_name="moves", verbose_name="稿件")
    origin = models.ForeignKey("columns.ColumnPage", models.PROTECT, related_name="+", verbose_name="原栏目")
    column = models.ForeignKey("columns.ColumnPage", models.PROTECT, related_name="+", verbose_name="新栏目")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField("事由", max_length=255)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="办理人")
    asked_at = models.DateTimeField("办理时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="新栏目审核人"
    )
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    remark = models.CharField("审核意见", max_length=255, blank=True)
    release = models.OneToOneField(Release, models.PROTECT, null=True, blank=True, related_name="move", verbose_name="备案")

    objects = MoveQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "稿件移动"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["page"], condition=Q(state="waiting"), name="one_waiting_move_per_page"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "done", "declined"]), name="move_state_is_legal"),
            models.CheckConstraint(condition=~Q(state="done") | Q(release__isnull=False), name="move_done_has_release"),
        ]

    def __str__(self) -> str:
        return f"{self.page} → {self.column}"
