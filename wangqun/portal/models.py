"""Home pages. Everything a home page shows is a query over the public projection. 依据：沪13-14。"""

from collections.abc import Iterator

from django.db import models
from django.http import HttpResponse
from wagtail.admin.panels import FieldPanel, TitleFieldPanel
from wagtail.models import Page

from wangqun.websites.pages import Assets, PublicFile, PublicPage


class HomePage(PublicPage, Page):
    """The first page of a site."""

    introduction = models.CharField("网站简介", max_length=255, blank=True)

    is_creatable = False  # made when a site is built
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["columns.ColumnPage"]
    template = "portal/home_page.html"

    content_panels = [
        TitleFieldPanel("title", targets=[]),
        FieldPanel("introduction"),
    ]
    promote_panels: list = []
    settings_panels: list = []

    class Meta:
        verbose_name = verbose_name_plural = "首页"

    def public_files(self) -> Iterator[PublicFile]:
        """The home page, its feed, its site map, the map for engines and robots.txt."""
        from wangqun.portal.home import home_files  # noqa: PLC0415 - home reads this model

        return home_files(self)

    def serve_preview(self, request, mode_name):
        """Show the home page as it stands, in the back office's preview."""
        return HttpResponse(next(iter(self.public_files())).make(Assets("")))
