"""Articles and the sources they may name. 依据：石14、石16、石17。"""

import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import HttpResponse
from django.utils.functional import cached_property
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel, MultiFieldPanel, TitleFieldPanel
from wagtail.documents import get_document_model
from wagtail.fields import StreamField
from wagtail.images import get_image_model
from wagtail.locks import BaseLock
from wagtail.models import Orderable, Page
from wagtail.search.index import SearchField

from wangqun.articles.blocks import BODY_BLOCKS
from wangqun.articles.waiting import ChosenMoments, WaitingLock
from wangqun.base.moments import today
from wangqun.base.tree_paths import paths_above
from wangqun.columns.models import PublicItem
from wangqun.languages.known import SIMPLIFIED, TRADITIONAL, folder
from wangqun.people.models import Organisation
from wangqun.websites.pages import HTML, Assets, PublicFile, PublicPage
from wangqun.websites.pictures import COVER, picture
from wangqun.websites.sources import read_once


class Source(models.Model):
    """A source whose texts may be reprinted; only approved ones pass the check. 依据：石16。"""

    name = models.CharField("来源名称", max_length=128, unique=True)
    domain = models.CharField("网址域名", max_length=128, blank=True, help_text="转载链接应在此域名下，如 hebei.gov.cn。")
    is_approved = models.BooleanField("准予转载", default=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="批准人"
    )
    remark = models.CharField("备注", max_length=255, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "转载来源"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ArticlePage(PublicPage, Page):
    """A 稿件: news, a notice, a policy or a law. One type for all; the genre says which. 依据：石14。"""

    class Genre(models.TextChoices):
        NEWS = "news", "动态信息"
        NOTICE = "notice", "通知公告"
        POLICY = "policy", "政策文件"
        LAW = "law", "法规规章"
        OTHER = "other", "其他"

    class Validity(models.TextChoices):
        NOT_APPLICABLE = "", "不适用"
        IN_FORCE = "in_force", "有效"
        AMENDED = "amended", "已修改"
        REPEALED = "repealed", "已废止"

    genre = models.CharField("体裁", max_length=8, choices=Genre.choices, default=Genre.NEWS)
    summary = models.TextField("摘要", max_length=300, blank=True)
    body = StreamField(BODY_BLOCKS, verbose_name="正文", blank=True)
    author = models.CharField("作者", max_length=64, blank=True)
    is_reprint = models.BooleanField("转载", default=False, help_text="转载须选准予转载的来源，并填原文链接（石16）。")
    source = models.ForeignKey(
        Source,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="articles",
        verbose_name="转载来源",
        help_text="原创稿件不填，来源即责任单位。",
    )
    source_url = models.URLField("原文链接", max_length=500, blank=True)
    document_number = models.CharField("发文字号", max_length=64, blank=True)
    keywords = models.CharField("关键词", max_length=255, blank=True, help_text="以逗号分隔。")
    cover = models.ForeignKey(
        "wagtailimages.Image", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="封面图片"
    )
    cover_text = models.CharField("封面替代文字", max_length=255, blank=True)
    is_sensitive = models.BooleanField(
        "涉及面广或敏感度高", default=False, help_text="勾选后，处室审核通过还须经主管领导审核（石21）。"
    )
    effective_on = models.DateField("施行日期", null=True, blank=True, help_text="法规、政策须在施行前上网（沪23）。")
    validity = models.CharField("有效性", max_length=10, choices=Validity.choices, blank=True, default="")
    correction_note = models.CharField(
        "更正说明", max_length=255, blank=True, help_text="已发布稿件修改后，向读者说明改了什么；随页面公开。"
    )
    submitted_from = models.ForeignKey(
        "articles.ArticlePage",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="copies",
        verbose_name="报送原稿",
    )
    submitted_by_name = models.CharField("报送单位", max_length=128, blank=True, editable=False)
    language = models.CharField("语言", max_length=10, default=SIMPLIFIED, editable=False)
    translation_of = models.ForeignKey(
        "articles.ArticlePage",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="translations",
        verbose_name="译自",
        help_text="外文稿和人工繁体稿的原稿。",
    )
    translated_hash = models.CharField(
        "所据原稿", max_length=64, blank=True, editable=False, help_text="翻译时原稿已发布内容的摘要，原稿更正后即见落后。"
    )

    parent_page_types = ["columns.ColumnPage"]
    subpage_types: list[str] = []
    template = "articles/article_page.html"
    search_fields: ClassVar[list[Any]] = [
        *Page.search_fields,
        *[SearchField(name) for name in ("summary", "body", "document_number")],
    ]
    base_form_class = ChosenMoments

    content_panels = [
        TitleFieldPanel("title", targets=[]),  # the address never follows the title
        MultiFieldPanel([FieldPanel("genre"), FieldPanel("summary"), FieldPanel("body")], heading="内容"),
        MultiFieldPanel([FieldPanel("cover"), FieldPanel("cover_text")], heading="封面"),
        InlinePanel("attachments", heading="附件", label="附件"),
        MultiFieldPanel(
            [FieldPanel("author"), FieldPanel("is_reprint"), FieldPanel("source"), FieldPanel("source_url")],
            heading="作者与来源",
        ),
        FieldPanel("keywords"),
        MultiFieldPanel(
            [FieldPanel("document_number"), FieldPanel("effective_on"), FieldPanel("validity")], heading="公文与法规"
        ),
        FieldPanel("is_sensitive"),
        FieldPanel("correction_note"),
        MultiFieldPanel(
            [
                FieldPanel("go_live_at", heading="定时发布", help_text="审核通过后等到此时公开（北京时间）；不填即立即公开。"),
                FieldPanel("expire_at", heading="到期下线", help_text="到时自动撤下，原地址向读者说明；法规、政策不填。"),
            ],
            heading="发布和下线时间",
        ),
    ]
    promote_panels = [HelpPanel("页面地址由系统编号，不随标题改变；发布时间由系统在首次发布时记下，此后不变。")]
    settings_panels: list = []

    class Meta:
        verbose_name = verbose_name_plural = "稿件"
        constraints = [
            models.UniqueConstraint(fields=["translation_of", "language"], name="one_translation_per_article_and_language"),
            models.CheckConstraint(
                condition=Q(translation_of__isnull=True, language=SIMPLIFIED)
                | (Q(translation_of__isnull=False) & ~Q(language=SIMPLIFIED)),
                name="translation_has_a_source",
            ),
        ]

    @property
    def public_path(self) -> str:
        """A translation stands at its source's address below the folder of its language: "/en/gzdt/t20260312_0042/"."""
        if self.translation_of_id is None:
            return super().public_path
        self.translation_of.website = self.website
        return f"/{folder(self.language)}{self.translation_of.public_path}"

    @property
    def family(self) -> models.QuerySet["ArticlePage"]:
        """The same text in the other languages."""
        source = self.translation_of_id or self.pk
        return ArticlePage.objects.filter(Q(pk=source) | Q(translation_of_id=source)).exclude(pk=self.pk)

    @property
    def column(self) -> Page:
        """The column this article stands in; read once for all articles of it that are made in one go."""
        return read_once(f"column_at:{paths_above(self.path, itself=False)[-1]}", lambda: self.get_parent().specific)

    @cached_property
    def responsible_organisation(self) -> Organisation | None:
        """Who answers for this article: as released, or as the responsibility list says today. 依据：石14。"""
        item = PublicItem.objects.filter(page_id=self.pk).select_related("organisation").first()
        if item is not None and item.organisation is not None:
            return item.organisation
        duty = self.column.duty_on(today())
        return duty.organisation if duty else None

    def get_lock(self) -> BaseLock | None:
        """Tell Wagtail's editor why nobody may edit this now: it waits for its moment, or it is under review."""
        return WaitingLock(self) if self.locked else super().get_lock()

    @property
    def displayed_source(self) -> str:
        """What the page shows as 来源: the reprint's source, the submitting unit, or the host of the site."""
        if self.is_reprint and self.source:
            return self.source.name
        return self.submitted_by_name or self.website.organisation.name

    def full_clean(self, *args, **kwargs) -> None:
        """Give a new article its number as slug before Wagtail would make one from the title."""
        if not re.fullmatch(r"t\d{8}_\d{4,}", self.slug or ""):
            from wangqun.articles.numbering import next_slug  # noqa: PLC0415

            self.slug = next_slug()
        super().full_clean(*args, **kwargs)

    @classmethod
    def digests_in(cls, content: dict[str, Any]) -> list[str]:
        """Return the digests of the files that a stored revision refers to: attachments, pictures, cover."""
        body = json.loads(content.get("body") or "[]")
        pictures = [block["value"]["image"] for block in body if block["type"] == "picture"]
        images = {item["image"] if isinstance(item, dict) else item for item in pictures} | {content.get("cover")}
        documents = {item["document"] for item in content.get("attachments", [])}
        found = []
        for model, keys in ((get_image_model(), images - {None}), (get_document_model(), documents)):
            if keys:
                found += [f"{model.__name__}:{row.pk}:{row.get_file_hash()}" for row in model.objects.filter(pk__in=keys)]
        return found

    def cover_address(self, assets: Assets) -> str:
        """Take the cover along for home pages and return its address; "" where the article has none."""
        return picture(self.cover, COVER, assets).address if self.cover else ""

    def public_item_values(self) -> dict[str, Any]:
        """Return what public lists show of this article."""
        values = {"summary": self.summary, "cover_text": self.cover_text, "source": self.displayed_source}
        return values | {"language": self.language}

    def public_files(self) -> Iterator[PublicFile]:
        """One page in the article's own folder; pictures and attachments beside it.

        A text in traditional Chinese has no file of its own: it takes the place of its source's conversion.
        """
        if self.language != TRADITIONAL:
            yield PublicFile(f"{self.folder}/index.html", HTML, self.make, has_traditional=self.language == SIMPLIFIED)

    def make(self, assets: Assets | None, **context: Any) -> bytes:
        """Return the article's page."""
        return self.render(self.template, assets, article=self, **context)

    def serve_preview(self, request, mode_name):
        """Show the draft as it will stand, in the back office's preview."""
        return HttpResponse(self.make(None, is_preview=True))


class ArticleAttachment(Orderable):
    """A file for readers to take along; public only while a released article refers to it."""

    page = ParentalKey(ArticlePage, on_delete=models.CASCADE, related_name="attachments")
    document = models.ForeignKey("wagtaildocs.Document", models.PROTECT, related_name="+", verbose_name="文件")
    title = models.CharField("名称", max_length=128)

    panels = [FieldPanel("title"), FieldPanel("document")]

    class Meta(Orderable.Meta):
        verbose_name = verbose_name_plural = "附件"

    def __str__(self) -> str:
        return self.title


class EffectiveClock(models.Model):
    """The clock of a law or policy that is not online yet: it must be before it takes effect. 依据：沪23。"""

    article = models.OneToOneField(ArticlePage, models.PROTECT, related_name="effective_clock", verbose_name="稿件")
    clock = models.OneToOneField("clocks.Clock", models.PROTECT, related_name="+", verbose_name="时钟")

    class Meta:
        verbose_name = verbose_name_plural = "施行时钟"

    def __str__(self) -> str:
        return str(self.clock)
