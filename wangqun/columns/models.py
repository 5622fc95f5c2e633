"""Columns, who answers for each on which day, and the public projection that every list reads. 依据：石13、石15、石20。"""

from collections.abc import Iterator
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.models import Page

from wangqun.base.tree_paths import paths_above
from wangqun.people.models import DatedQuerySet
from wangqun.websites.pages import Assets, PublicFile, PublicPage

LIST_LENGTH = 20  # entries on a list page


class ColumnPage(PublicPage, Page):
    """A 栏目: lists its articles; its duty rows say who keeps it. 依据：石13。"""

    class Kind(models.TextChoices):
        NEWS = "news", "新闻动态类"
        INTERACTION = "interaction", "互动交流类"
        AS_IT_CHANGES = "as_it_changes", "随时更新类"
        LAW = "law", "政策法规类"
        OTHER = "other", "其他"

    class TagType(models.TextChoices):
        """The fixed list of the page tag ColumnType (国办发〔2017〕47号附件)."""

        PROFILE = "概况信息", "概况信息"
        ORGANISATION = "机构职能", "机构职能"
        LEADERS = "负责人信息", "负责人信息"
        POLICY = "政策文件", "政策文件"
        INTERPRETATION = "政策解读", "政策解读"
        NEWS = "工作动态", "工作动态"
        NOTICE = "通知公告", "通知公告"
        GUIDE = "信息公开指南", "信息公开指南"
        CATALOGUE = "信息公开目录", "信息公开目录"
        ANNUAL_REPORT = "信息公开年报", "信息公开年报"
        ON_REQUEST = "依申请公开", "依申请公开"
        DATA = "数据发布", "数据发布"
        SERVICES = "办事服务", "办事服务"
        INTERACTION = "互动交流", "互动交流"
        MEDIA = "图片/视频", "图片/视频"
        OTHER = "其他", "其他"

    kind = models.CharField("更新类别", max_length=16, choices=Kind.choices, default=Kind.NEWS)
    update_days = models.PositiveSmallIntegerField(
        "更新时限（自然日）",
        null=True,
        blank=True,
        help_text="新闻动态、互动交流类为 7 日（石15）；其他栏目视情况设定，空为不设时限。",
    )
    tag_type = models.CharField("栏目类别（网页标签）", max_length=16, choices=TagType.choices, default=TagType.OTHER)
    description = models.CharField("栏目说明", max_length=255)
    keywords = models.CharField("关键词", max_length=255, help_text="以逗号分隔。")
    accepts_submissions = models.BooleanField("接受下级网站报送", default=False)

    is_creatable = False  # opened by columns.actions.open_column, with the people who keep it
    parent_page_types = ["portal.HomePage", "columns.ColumnPage"]
    subpage_types = ["columns.ColumnPage", "articles.ArticlePage"]
    template = "columns/column_page.html"

    content_panels = [
        TitleFieldPanel("title", targets=[]),  # the address never follows the title
        MultiFieldPanel([FieldPanel("kind"), FieldPanel("update_days")], heading="更新要求（石15）"),
        FieldPanel("accepts_submissions"),
        MultiFieldPanel([FieldPanel("tag_type"), FieldPanel("description"), FieldPanel("keywords")], heading="网页标签"),
    ]
    promote_panels: list = []
    settings_panels: list = []

    class Meta:
        verbose_name = verbose_name_plural = "栏目"

    def duty_on(self, day: date) -> "Duty | None":
        """Return the duty row that holds on `day` for this column, or the nearest column above that has one."""
        above = paths_above(self.path)
        rows = Duty.objects.on(day).filter(column__path__in=above).select_related("organisation", "column")
        return max(rows, key=lambda row: (row.column.depth, row.valid_from, row.pk), default=None)

    def public_files(self) -> Iterator[PublicFile]:
        """The newest entries as index.html, older ones in pages numbered from the oldest, and the column's feed."""
        from wangqun.columns.lists import column_files  # noqa: PLC0415 - lists reads PublicItem below

        return column_files(self)

    def serve_preview(self, request, mode_name):
        """Show the column as it stands, in the back office's preview."""
        from django.http import HttpResponse  # noqa: PLC0415

        return HttpResponse(next(iter(self.public_files())).make(Assets(self.folder)))


class Duty(models.Model):
    """One dated row of the responsibility list: which organisation keeps a column, and through whom. 依据：石13、石20。"""

    column = models.ForeignKey(ColumnPage, models.PROTECT, related_name="duties", verbose_name="栏目")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="duties", verbose_name="责任单位")
    valid_from = models.DateField("起始日期")
    valid_until = models.DateField("终止日期", null=True, blank=True)
    remark = models.CharField("备注", max_length=255, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "栏目责任"
        ordering = ["column", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["column"], condition=Q(valid_until__isnull=True), name="one_open_duty_per_column"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("valid_from")),
                name="duty_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.column} — {self.organisation}"

    def people(self, role: str) -> list[settings.AUTH_USER_MODEL]:
        """Return the active people named in this row for `role`, in order."""
        return [row.user for row in self.persons.all() if row.role == role and row.user.is_active]


class DutyPerson(models.Model):
    """A person named in a duty row."""

    class Role(models.TextChoices):
        EDITOR = "editor", "采编"
        REVIEWER = "reviewer", "审核"
        DEPUTY = "deputy", "备岗"

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="persons", verbose_name="责任")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="duty_rows", verbose_name="人员")
    role = models.CharField("角色", max_length=8, choices=Role.choices)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "责任人员"
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["duty", "user", "role"], name="one_entry_per_duty_person_and_role")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.user}"


class ColumnClock(models.Model):
    """The clock of a column's update rule. 依据：石15。"""

    column = models.OneToOneField(ColumnPage, models.PROTECT, related_name="column_clock", verbose_name="栏目")
    clock = models.OneToOneField("clocks.Clock", models.PROTECT, related_name="+", verbose_name="时钟")

    class Meta:
        verbose_name = verbose_name_plural = "栏目时钟"

    def __str__(self) -> str:
        return str(self.clock)


class ChangeClock(models.Model):
    """The clock of a column updated as things change: from a change until the column tells it. 依据：石15(3)。"""

    column = models.OneToOneField(ColumnPage, models.PROTECT, related_name="change_clock", verbose_name="栏目")
    clock = models.OneToOneField("clocks.Clock", models.PROTECT, related_name="+", verbose_name="时钟")

    class Meta:
        verbose_name = verbose_name_plural = "变动时钟"

    def __str__(self) -> str:
        return str(self.clock)


class PublicItemQuerySet(models.QuerySet):
    """The questions of public lists. Every list, block, feed and map reads these rows and nothing else."""

    def articles(self, language: str = "zh-Hans") -> "PublicItemQuerySet":
        """Articles written in one language; traditional Chinese lists show the simplified ones, converted."""
        return self.filter(kind=PublicItem.Kind.ARTICLE, language=language)

    def columns(self) -> "PublicItemQuerySet":
        return self.filter(kind=PublicItem.Kind.COLUMN)

    def within(self, page: Page) -> "PublicItemQuerySet":
        """Those in the tree below `page`."""
        return self.filter(path__startswith=page.path, path__gt=page.path)

    def newest_first(self) -> "PublicItemQuerySet":
        return self.order_by("-published_at", "-pk")


class PublicItem(models.Model):
    """The public projection of one released page, written by release and withdrawal only.

    A list that reads these rows cannot show what has no release record, whatever Wagtail calls "live".
    """

    class Kind(models.TextChoices):
        HOME = "home", "首页"
        COLUMN = "column", "栏目"
        ARTICLE = "article", "稿件"

    page = models.OneToOneField("wagtailcore.Page", models.PROTECT, related_name="public_item", verbose_name="页面")
    kind = models.CharField("类别", max_length=8, choices=Kind.choices)
    website = models.ForeignKey("websites.Website", models.PROTECT, related_name="public_items", verbose_name="网站")
    column = models.ForeignKey(
        "columns.ColumnPage",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="public_items",
        verbose_name="栏目",
        help_text="稿件所在的栏目；栏目的上级栏目。",
    )
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任单位"
    )
    path = models.CharField("树路径", max_length=255, db_index=True)
    position = models.CharField("树内次序", max_length=255, blank=True)
    title = models.CharField("标题", max_length=255)
    summary = models.TextField("摘要", blank=True)
    address = models.CharField("网站内地址", max_length=255)
    cover = models.CharField("封面地址", max_length=255, blank=True)
    cover_text = models.CharField("封面替代文字", max_length=255, blank=True)
    source = models.CharField("来源", max_length=128, blank=True)
    language = models.CharField("语言", max_length=10, default="zh-Hans")
    list_page = models.PositiveIntegerField(
        "往期页码", null=True, blank=True, help_text="所在的往期页，一经排定不再改变；空为仍在栏目首页。"
    )
    map_part = models.PositiveSmallIntegerField("网站地图分册", default=0)
    published_at = models.DateTimeField("发布时间")
    updated_at = models.DateTimeField("更新时间")

    objects = PublicItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公开条目"
        ordering = ["-published_at", "-id"]
        indexes = [
            models.Index(fields=["column", "kind", "published_at"]),
            models.Index(fields=["website", "kind", "published_at"]),
            models.Index(fields=["column", "list_page"]),
            models.Index(fields=["website", "map_part"]),
            models.Index(fields=["website", "language"]),  # the few in other languages among very many
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def url(self) -> str:
        """The whole public address, for links from other sites."""
        return self.website.public_url + self.address
