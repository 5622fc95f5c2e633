"""转载来源: its list, its addresses, its menu item; and the clock of a law that is being written."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.urls import URLPattern, path
from wagtail import hooks
from wagtail.admin.ui.tables import BooleanColumn, Column, TitleColumn
from wagtail.models import Page

from wangqun.access.screens import RecordViewSet
from wangqun.articles import effective, views
from wangqun.articles.models import ArticlePage, Source

PAGES = {"index", "index_results", "inspect"}


class SourceViewSet(RecordViewSet):
    """Where reprints may come from; every member of staff may look, the office changes it. 依据：石16。"""

    model = Source
    name = "sources"
    url_prefix = "sources"
    icon = "link-external"
    menu_label = "转载来源"
    menu_order = 260
    add_to_admin_menu = True
    index_view_class = views.SourceIndex
    inspect_view_class = views.SourcePage
    inspect_template_name = "articles/source.html"
    list_display: ClassVar[list[Any]] = [
        TitleColumn("name", label="来源名称", sort_key="name", url_name="sources:inspect"),
        Column("domain", label="网址域名", sort_key="domain"),
        BooleanColumn("is_approved", label="准予转载", sort_key="is_approved"),
        Column("approved_by", label="批准人"),
        Column("remark", label="备注"),
    ]
    list_filter: ClassVar[list[str]] = ["is_approved"]
    list_export: ClassVar[list[str]] = ["name", "domain", "is_approved", "approved_by", "remark"]
    export_filename = "转载来源"
    search_fields: ClassVar[list[str]] = ["name", "domain", "remark"]
    search_backend_name = None

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *[pattern for pattern in super().get_urlpatterns() if pattern.name in PAGES],
            path("enter/", views.SourceEntry.as_view(), name="enter"),
            path("<int:number>/change/", views.SourceEntry.as_view(), name="change"),
            path("<int:number>/approve/", views.approve, name="approve"),
            path("<int:number>/withdraw/", views.withdraw, name="withdraw"),
        ]


@hooks.register("register_admin_viewset")
def sources() -> SourceViewSet:
    return SourceViewSet()


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def keep_effective_clock(request: HttpRequest, page: Page) -> None:
    """Start or move the clock of a law that names the day on which it takes effect. 依据：沪23。"""
    if isinstance(page, ArticlePage):
        effective.keep_clock(page, by=request.user)
