"""The log: one chain per stream, each entry holding the hash of the one before."""

from datetime import date

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q

from wangqun.audit.verbs import verb_name
from wangqun.base.models import AppendOnly, AppendOnlyQuerySet
from wangqun.base.moments import end_of, start_of


class ChainHead(models.Model):
    """Where a stream's chain ends. Its row lock puts the writers of one stream in order."""

    stream = models.CharField("日志流", max_length=32, unique=True)
    sequence = models.PositiveBigIntegerField("序号", default=0)
    digest = models.CharField("摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "日志链头"

    def __str__(self) -> str:
        return f"{self.stream} #{self.sequence}"


class EntryQuerySet(AppendOnlyQuerySet):
    """Questions about entries."""

    def matching(
        self,
        *,
        person: str = "",
        verb: str = "",
        subject_type: str = "",
        subject: str = "",
        after: date | None = None,
        until: date | None = None,
    ) -> "EntryQuerySet":
        """Return those that fit every word given, newest first; each condition but the subject's words has an index.

        `person` is part of a name or a whole account name, `subject` part of what the subject is called or its number,
        `after` and `until` are local days, both included.
        """
        found = self
        if person:
            people = get_user_model().objects.filter(Q(name__contains=person) | Q(username=person))
            found = found.filter(actor_id__in=list(people.values_list("pk", flat=True)))
        if verb:
            found = found.filter(verb=verb)
        if subject_type:
            found = found.filter(subject_type=subject_type)
        if subject:
            found = found.filter(Q(subject_label__contains=subject) | Q(subject_id=subject))
        if after:
            found = found.filter(at__gte=start_of(after))
        if until:
            found = found.filter(at__lt=end_of(until))
        return found.order_by("-id")


class Entry(AppendOnly):
    """One act: who, what, on which thing, when, from where. 依据：石9（跟踪管理）、沪27。"""

    stream = models.CharField("日志流", max_length=32, default="main")
    sequence = models.PositiveBigIntegerField("序号")
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="操作人"
    )
    actor_name = models.CharField("操作人姓名", max_length=64, blank=True)
    actor_organisation = models.CharField("操作人单位", max_length=128, blank=True)
    address = models.CharField("来源地址", max_length=64, blank=True)
    subject_type = models.CharField("对象类型", max_length=64, blank=True)
    subject_id = models.CharField("对象编号", max_length=64, blank=True)
    subject_label = models.CharField("对象", max_length=255, blank=True)
    data = models.JSONField("详情", default=dict, blank=True)
    previous_digest = models.CharField("前一条摘要", max_length=64, blank=True)
    digest = models.CharField("摘要", max_length=64, unique=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "操作日志"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["stream", "sequence"], name="one_entry_per_stream_and_sequence")]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"]),
            models.Index(fields=["verb", "at"]),
            models.Index(fields=["at"]),
        ]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.verb_name} {self.subject_label}"

    @property
    def verb_name(self) -> str:
        """The verb as people call it."""
        return verb_name(self.verb)
