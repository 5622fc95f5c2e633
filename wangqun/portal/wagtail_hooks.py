"""Building a site, opening a column, publishing changed ones, and wide changes under way, in the back office."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from wangqun.access.actions import may
from wangqun.access.screens import RecordViewSet, RightMenuItem
from wangqun.articles.models import ArticlePage
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.people.models import User
from wangqun.portal import translation_table, views
from wangqun.portal.models import HomePage
from wangqun.publication import dependents
from wangqun.publication.models import Generation, Rebuild


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("websites/<int:number>/build/", views.build_website, name="website_build"),
        path("websites/<int:number>/rebuild/", views.rebuild_website, name="website_rebuild"),
        path("columns/new/<int:number>/", views.NewColumn.as_view(), name="column_new"),
        path("structure/<int:number>/", views.PublishStructure.as_view(), name="publish_structure"),
        *translation_table.addresses(),
    ]


def _language_button(page: Page, user: User) -> Iterator[Button]:
    specific = page.specific_deferred
    if isinstance(specific, ArticlePage) and may(user, "articles.write", page):
        label = "翻译" if specific.translation_of_id is None else "对照原稿"
        if specific.translation_of_id is not None or PublicItem.objects.filter(page_id=page.pk).exists():
            yield Button(label, reverse("translate", args=[page.pk]), icon_name="globe", priority=40)
    elif isinstance(specific, HomePage | ColumnPage) and may(user, "columns.manage", page):
        yield Button("外文名称", reverse("page_names", args=[page.pk]), icon_name="globe", priority=80)


def _column_button(page: Page, user: User) -> Iterator[Button]:
    if not isinstance(page.specific_deferred, HomePage | ColumnPage):
        return
    if may(user, "columns.manage", page):
        yield Button("新建栏目", reverse("column_new", args=[page.pk]), icon_name="folder-open-1", priority=70)
    if may(user, "publication.structure", page):
        yield Button("公开改动", reverse("publish_structure", args=[page.pk]), icon_name="upload", priority=60)


@hooks.register("register_page_header_buttons")
def header_button(page: Page, user: User, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from _column_button(page, user)
    yield from _language_button(page, user)


@hooks.register("register_page_listing_more_buttons")
def listing_button(page: Page, user: User, next_url: str | None = None) -> Iterator[Button]:
    yield from _column_button(page, user)
    yield from _language_button(page, user)


@hooks.register("register_admin_viewset")
def translations() -> translation_table.TranslationViewSet:
    return translation_table.TranslationViewSet()


@hooks.register("register_admin_menu_item")
def translation_menu() -> MenuItem:
    return MenuItem("多语言", reverse("translations:index"), name="translations", icon_name="globe", order=270)


class RebuildViewSet(RecordViewSet):
    """批量更新: changes that touch many files, and how far they are."""

    model = Rebuild
    name = "rebuilds"
    url_prefix = "rebuilds"
    icon = "rotate"
    view_right = "publication.records"
    list_display: ClassVar[list[Any]] = [
        "reason",
        Column("source_name", label="改动", accessor=lambda row: dependents.name_of(row.source)),
        Column("progress", label="进度"),
        Column("by", label="操作人"),
        DateColumn("ordered_at", label="开始时间", sort_key="ordered_at"),
        DateColumn("finished_at", label="完成时间", sort_key="finished_at"),
    ]
    list_export: ClassVar[list[str]] = ["reason", "source", "done", "total", "by", "ordered_at", "finished_at"]
    inspect_view_fields: ClassVar[list[str]] = ["reason", "source", "done", "total", "by", "ordered_at", "finished_at"]


class GenerationViewSet(RecordViewSet):
    """发布版次: which trees the public saw together, since when, and why."""

    model = Generation
    name = "generations"
    url_prefix = "generations"
    icon = "history"
    view_right = "publication.records"
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("reason", label="起因"),
        Column("by", label="操作人"),
        DateColumn("switched_at", label="启用时间", sort_key="switched_at"),
        BooleanColumn("is_current", label="现用"),
    ]
    list_export: ClassVar[list[str]] = ["number", "reason", "by", "switched_at", "is_current"]
    inspect_view_fields: ClassVar[list[str]] = ["number", "reason", "by", "switched_at", "is_current", "trees"]


@hooks.register("register_admin_viewset")
def rebuilds() -> RebuildViewSet:
    return RebuildViewSet()


@hooks.register("register_admin_viewset")
def generation_list() -> GenerationViewSet:
    return GenerationViewSet()


@hooks.register("register_publication_menu_item")
def rebuild_menu() -> MenuItem:
    return RightMenuItem(
        "批量更新", reverse("rebuilds:index"), "publication.records", name="rebuilds", icon_name="rotate", order=320
    )


@hooks.register("register_publication_menu_item")
def generation_menu() -> MenuItem:
    return RightMenuItem(
        "发布版次", reverse("generations:index"), "publication.records", name="generations", icon_name="history", order=330
    )
