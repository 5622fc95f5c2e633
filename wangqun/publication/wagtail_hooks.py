"""信息发布备案 and alarms in the back office, and the button that withdraws an article."""

from collections.abc import Iterator
from typing import Any, ClassVar

import django_filters
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets import AdminDateInput
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.models import Page

from wangqun.access.actions import may, may_somewhere
from wangqun.access.screens import RecordViewSet, ScopedInspectView
from wangqun.articles.models import ArticlePage
from wangqun.people.models import User
from wangqun.publication import views
from wangqun.publication.actions import is_public
from wangqun.publication.models import Alarm, Release
from wangqun.websites.models import Website


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [path("withdrawals/<int:number>/", views.Withdrawal.as_view(), name="withdrawal")]


class ReleaseFilter(WagtailFilterSet):
    """By site, kind and days."""

    website = django_filters.ModelChoiceFilter(label="网站", queryset=Website.objects.all())
    since = django_filters.DateFilter(
        label="起始日期", field_name="released_at", lookup_expr="date__gte", widget=AdminDateInput
    )
    until = django_filters.DateFilter(
        label="终止日期", field_name="released_at", lookup_expr="date__lte", widget=AdminDateInput
    )

    class Meta:
        model = Release
        fields: ClassVar[list[str]] = ["kind", "website", "organisation"]


class ReleaseInspectView(ScopedInspectView):
    """One record; reviewers, who have no page editor, withdraw the article from here."""

    @property
    def header_buttons(self) -> list[Any]:
        page = self.object.page.specific_deferred
        if not (isinstance(page, ArticlePage) and is_public(page) and may(self.request.user, "publication.withdraw", page)):
            return []
        return [HeaderButton("撤下", url=reverse("withdrawal", args=[page.pk]), icon_name="download")]


class ReleaseViewSet(RecordViewSet):
    """信息发布备案: who wrote, reviewed, published, changed and withdrew every item, when, from which address. 依据：沪22。"""

    model = Release
    name = "releases"
    url_prefix = "releases"
    icon = "doc-full-inverse"
    list_display: ClassVar[list[Any]] = [
        "title",
        Column("get_kind_display", label="种类"),
        Column("website", label="网站", sort_key="website"),
        Column("organisation", label="责任单位"),
        Column("author", label="撰稿人"),
        Column("released_by", label="发布人"),
        DateColumn("released_at", label="时间", sort_key="released_at"),
    ]
    list_export: ClassVar[list[str]] = [
        "number", "get_kind_display", "title", "address", "website", "column", "organisation", "author", "approver_names",
        "published_at", "released_at", "released_by", "source_address", "note", "get_withdrawal_reason_display", "content_hash",
    ]  # fmt: skip
    export_filename = "信息发布备案"
    search_fields: ClassVar[list[str]] = ["title", "address"]
    search_backend_name = None
    filterset_class = ReleaseFilter
    inspect_view_class = ReleaseInspectView
    inspect_view_fields: ClassVar[list[str]] = [
        "title", "kind", "number", "website", "column", "organisation", "address", "author", "approver_names", "published_at",
        "released_at", "released_by", "source_address", "note", "withdrawal_reason", "content_hash", "examination",
    ]  # fmt: skip


class AlarmViewSet(RecordViewSet):
    """What the reconciler found."""

    model = Alarm
    name = "alarms"
    url_prefix = "alarms"
    icon = "warning"
    view_right = "publication.records"
    list_display: ClassVar[list[Any]] = [
        "what",
        Column("get_kind_display", label="种类"),
        DateColumn("found_at", label="发现时间", sort_key="found_at"),
        DateColumn("cleared_at", label="消除时间", sort_key="cleared_at"),
    ]
    list_filter: ClassVar[list[str]] = ["kind"]
    list_export: ClassVar[list[str]] = ["get_kind_display", "what", "found_at", "cleared_at"]


@hooks.register("register_admin_viewset")
def releases() -> ReleaseViewSet:
    return ReleaseViewSet()


@hooks.register("register_admin_viewset")
def alarms() -> AlarmViewSet:
    return AlarmViewSet()


@hooks.register("register_admin_menu_item")
def release_menu() -> MenuItem:
    return MenuItem("发布备案", reverse("releases:index"), name="releases", icon_name="doc-full-inverse", order=300)


class AlarmMenuItem(MenuItem):
    """Shown to the office and the auditor."""

    def is_shown(self, request: Any) -> bool:
        return may_somewhere(request.user, "publication.records")


@hooks.register("register_admin_menu_item")
def alarm_menu() -> MenuItem:
    return AlarmMenuItem("发布异常", reverse("alarms:index"), name="alarms", icon_name="warning", order=310)


def _withdraw_button(page: Page, user: User) -> Iterator[Button]:
    if isinstance(page.specific_deferred, ArticlePage) and is_public(page) and may(user, "publication.withdraw", page):
        yield Button("撤下", reverse("withdrawal", args=[page.pk]), icon_name="download", priority=60)


@hooks.register("register_page_header_buttons")
def header_button(page: Page, user: User, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from _withdraw_button(page, user)


@hooks.register("register_page_listing_more_buttons")
def listing_button(page: Page, user: User, next_url: str | None = None) -> Iterator[Button]:
    yield from _withdraw_button(page, user)
