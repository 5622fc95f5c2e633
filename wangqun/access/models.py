"""The permission archive: every authority is a record. 依据：石9。"""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from wangqun.base.models import AppendOnly
from wangqun.base.moments import today
from wangqun.base.tree_paths import paths_above


class Role(models.TextChoices):
    """What a person may be for a site or a column subtree."""

    EDITOR = "editor", "采编"
    DIVISION_REVIEWER = "division_reviewer", "初审"
    LEADER = "leader", "复审（主管领导）"
    OFFICE_REVIEWER = "office_reviewer", "终审（信息处）"
    SITE_ADMINISTRATOR = "site_administrator", "网站管理员"
    OFFICE_SUPERVISOR = "office_supervisor", "信息处督办"
    AUDITOR = "auditor", "审计"


class GrantQuerySet(models.QuerySet):
    """Questions about grants."""

    def in_force(self, day: date | None = None) -> "GrantQuerySet":
        """Those that give rights on `day` (today where not given)."""
        day = day or today()
        return self.filter(Q(state=Grant.State.ACTIVE), Q(starts_on__lte=day), Q(ends_on__isnull=True) | Q(ends_on__gte=day))

    def overdue(self, day: date | None = None) -> "GrantQuerySet":
        """Those whose last day is over and that nobody has closed yet."""
        return self.filter(state__in=[Grant.State.ACTIVE, Grant.State.SUSPENDED], ends_on__lt=day or today())

    def covering(self, path: str | None) -> "GrantQuerySet":
        """Those whose scope is the whole group or holds the page with treebeard path `path`."""
        if path is None:
            return self.filter(page__isnull=True)
        return self.filter(Q(page__isnull=True) | Q(page__path__in=paths_above(path)))


class Grant(models.Model):
    """One role for one person within one scope and period, with reason and approver. 依据：石9。"""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待批"
        ACTIVE = "active", "生效"
        SUSPENDED = "suspended", "暂停"
        REVOKED = "revoked", "注销"
        EXPIRED = "expired", "到期"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants", verbose_name="人员")
    role = models.CharField("权限", max_length=24, choices=Role.choices)
    page = models.ForeignKey(
        "wagtailcore.Page",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grants",
        verbose_name="范围",
        help_text="网站或栏目（含下级）；空为整个网站群。",
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    duty = models.CharField("职责", max_length=255, help_text="析权依据：此人承担什么工作，因而需要此权限。")
    reason = models.CharField("事由", max_length=255)
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("终止日期", null=True, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="申请人")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="批准人"
    )
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "权限"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "active", "suspended", "revoked", "expired"]), name="grant_state_is_legal"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") | Q(state="revoked") | Q(approved_by__isnull=False),
                name="grant_in_force_has_approver",
            ),
            # Two, because SQLite has no NULLS NOT DISTINCT: a page of NULL would let doubles in.
            models.UniqueConstraint(
                fields=["user", "role", "page"],
                condition=Q(state__in=["proposed", "active", "suspended"], page__isnull=False),
                name="one_open_grant_per_person_role_and_page",
            ),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(state__in=["proposed", "active", "suspended"], page__isnull=True),
                name="one_open_grant_per_person_and_role_everywhere",
            ),
        ]
        indexes = [models.Index(fields=["user", "state"])]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


class GrantChange(AppendOnly):
    """One act on a grant: split, grant, adjust, suspend, resume or revoke; or its day came or passed. 依据：石9。"""

    class Verb(models.TextChoices):
        SPLIT = "split", "析权"
        GRANT = "grant", "授权"
        ADJUST = "adjust", "调整"
        SUSPEND = "suspend", "暂停"
        RESUME = "resume", "恢复"
        REVOKE = "revoke", "注销"
        BEGIN = "begin", "到期生效"
        EXPIRE = "expire", "到期失效"

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="changes", verbose_name="权限")
    verb = models.CharField("动作", max_length=10, choices=Verb.choices)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人")
    reason = models.CharField("事由", max_length=255)
    before = models.JSONField("变更前", default=dict)
    after = models.JSONField("变更后", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "权限变更"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.grant}"


class ScopeCollection(models.Model):
    """The library of pictures and documents that belongs to a site; its editors may use it and no other."""

    page = models.OneToOneField("wagtailcore.Page", models.PROTECT, related_name="scope_collection", verbose_name="网站根页")
    collection = models.OneToOneField("wagtailcore.Collection", models.PROTECT, related_name="+", verbose_name="资料库")

    class Meta:
        verbose_name = verbose_name_plural = "网站资料库"

    def __str__(self) -> str:
        return str(self.collection)
