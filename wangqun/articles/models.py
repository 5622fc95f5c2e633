"""Articles and the sources they may name. 依据：石14、石16、石17。"""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpResponse
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel, MultiFieldPanel, TitleFieldPanel
from wagtail.documents import get_document_model
from wagtail.fields import StreamField
from wagtail.images import get_image_model
from wagtail.models import Orderable, Page

from wangqun.articles.blocks import BODY_BLOCKS
from wangqun.websites.pages import Assets, PublicFile, PublicPage
from wangqun.websites.pictures import COVER, picture


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

    parent_page_types = ["columns.ColumnPage"]
    subpage_types: list[str] = []
    template = "articles/article_page.html"

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
    ]
    promote_panels = [HelpPanel("页面地址由系统编号，不随标题改变；发布时间由系统在首次发布时记下，此后不变。")]
    settings_panels: list = []

    class Meta:
        verbose_name = verbose_name_plural = "稿件"

    @property
    def column(self) -> Page:
        """The column this article stands in."""
        return self.get_parent().specific

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
        return {"summary": self.summary, "cover_text": self.cover_text, "source": self.displayed_source}

    def public_files(self) -> Iterator[PublicFile]:
        """One page in the article's own folder; pictures and attachments beside it."""
        yield PublicFile(
            f"{self.folder}/index.html",
            "text/html; charset=utf-8",
            lambda assets: self.render(self.template, assets, article=self),
        )

    def serve_preview(self, request, mode_name):
        """Show the draft as it will stand, in the back office's preview."""
        return HttpResponse(self.render(self.template, None, article=self, is_preview=True))


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
