"""The registry of sites. 依据：石2、石7、沪6-7、沪17。"""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from wangqun.base.models import AppendOnly
from wangqun.base.tree_paths import paths_above


class WebsiteQuerySet(models.QuerySet):
    """Questions about websites."""

    def open(self) -> "WebsiteQuerySet":
        return self.filter(state=Website.State.OPEN)

    def of_page(self, page: models.Model) -> "Website | None":
        """Return the website whose tree holds `page`, whatever its state; None outside of every site."""
        return (
            self.filter(site__root_page__path__in=paths_above(page.path))
            .select_related("site", "organisation")
            .order_by("-site__root_page__depth")
            .first()
        )


class Website(models.Model):
    """One site of the group: data, never a class per county. 依据：石2、沪17。"""

    class Kind(models.TextChoices):
        PORTAL = "portal", "门户网站"
        COMMERCE = "commerce", "电子商务门户网站"
        FAIR = "fair", "网上洽谈会"
        WINDOW = "window", "商务之窗"
        FORECAST = "forecast", "商务天气预报"
        COUNTY = "county", "县(市)区网站"
        DIVISION = "division", "处室网站"

    class State(models.TextChoices):
        APPLIED = "applied", "已申请"
        ADMITTED = "admitted", "已准入"
        BUILDING = "building", "建设中"
        OPEN = "open", "已开通"
        SUSPENDED = "suspended", "已暂停"
        CLOSED = "closed", "已关闭"

    site = models.OneToOneField(
        "wagtailcore.Site",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="website",
        verbose_name="站点",
        help_text="建设中起才有。",
    )
    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    name = models.CharField("网站名称", max_length=64, unique=True)
    domain = models.CharField("域名", max_length=128, unique=True)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="websites", verbose_name="主办单位")
    undertaker = models.ForeignKey(
        "people.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="undertaken_websites",
        verbose_name="承办单位",
    )
    responsible_department = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任部门"
    )
    responsible_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任人"
    )
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="分管领导"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.APPLIED)
    identification_code = models.CharField(
        "网站标识码",
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^(\d{10}|bm\d{8})$", "网站标识码应为 10 位数字，或 bm 加 8 位数字。")],
    )
    icp_number = models.CharField(
        "ICP备案号",
        max_length=40,
        blank=True,
        validators=[RegexValidator(r"^[\u4e00-\u9fff]ICP备\d{8}号(-\d+)?$", "ICP备案号形如“冀ICP备12345678号-1”。")],
    )
    police_number = models.CharField(
        "公安备案号",
        max_length=40,
        blank=True,
        validators=[RegexValidator(r"^[\u4e00-\u9fff]公网安备\s?\d{14}号$", "公安备案号形如“冀公网安备 13010202001234号”。")],
    )
    contact = models.CharField("联系方式", max_length=128, blank=True)
    theme = models.SlugField("主题", max_length=32, default="red")
    opened_on = models.DateField("开通日期", null=True, blank=True)

    objects = WebsiteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "网站"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["applied", "admitted", "building", "open", "suspended", "closed"]),
                name="website_state_is_legal",
            ),
            models.CheckConstraint(
                condition=~Q(state="open")
                | Q(
                    site__isnull=False,
                    responsible_department__isnull=False,
                    responsible_person__isnull=False,
                    leader__isnull=False,
                ),
                name="open_website_has_responsible_people",
            ),
            models.UniqueConstraint(fields=["kind"], condition=Q(kind="portal"), name="one_portal"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_portal(self) -> bool:
        """Whether this is the bureau's portal, the top of the group."""
        return self.kind == self.Kind.PORTAL

    @property
    def public_url(self) -> str:
        """The site's home address as readers type it, without a closing slash."""
        port = settings.PUBLIC_PORT
        usual = {"http": 80, "https": 443}[settings.PUBLIC_SCHEME] == port
        return f"{settings.PUBLIC_SCHEME}://{self.domain}{'' if usual else f':{port}'}"


class WebsiteChange(AppendOnly):
    """One step in a site's life, or one change of its registration. 依据：石7、沪17。"""

    website = models.ForeignKey(Website, models.PROTECT, related_name="changes", verbose_name="网站")
    verb = models.CharField("动作", max_length=16)
    before = models.JSONField("变更前", default=dict)
    after = models.JSONField("变更后", default=dict)
    reason = models.CharField("事由", max_length=255, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "网站变更"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.website} {self.verb}"


class Maintainer(models.Model):
    """A maintainer filed for record (备案) with the office: tasks, duties and rights. 依据：石8。"""

    website = models.ForeignKey(Website, models.PROTECT, related_name="maintainers", verbose_name="网站")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="maintained", verbose_name="维护人员")
    duties = models.CharField("任务和职责", max_length=255)
    filed_at = models.DateTimeField("备案时间")
    ended_at = models.DateTimeField("注销备案时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "维护人员备案"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["website", "user"], condition=Q(ended_at__isnull=True), name="one_open_filing_per_website_and_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.website} {self.user}"


class WebsiteClock(models.Model):
    """The clock of a site's own rule: at least two updates a week. 依据：沪23。"""

    website = models.OneToOneField(Website, models.PROTECT, related_name="website_clock", verbose_name="网站")
    clock = models.OneToOneField("clocks.Clock", models.PROTECT, related_name="+", verbose_name="时钟")

    class Meta:
        verbose_name = verbose_name_plural = "网站时钟"

    def __str__(self) -> str:
        return str(self.clock)
