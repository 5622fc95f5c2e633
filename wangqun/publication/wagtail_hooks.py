"""信息发布备案, 定时发布, 稿件移动 and alarms in the back office, and the buttons that withdraw and move an article."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

import django_filters
from django.db.models import Q
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.widgets import AdminDateInput
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.models import Page

from wangqun.access.actions import may
from wangqun.access.screens import RecordViewSet, RightMenuItem, ScopedInspectView
from wangqun.articles.models import ArticlePage
from wangqun.base.moments import now
from wangqun.people.models import User
from wangqun.publication import views
from wangqun.publication.actions import is_public
from wangqun.publication.models import Alarm, Move, Release, ScheduledRelease
from wangqun.publication.scheduling import written
from wangqun.websites.models import Website

REFUSED_SHOWN = timedelta(days=7)


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("withdrawals/<int:number>/", views.Withdrawal.as_view(), name="withdrawal"),
        path("moving/<int:number>/", views.Moving.as_view(), name="moving"),
    ]


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
        return [HeaderButton(label, url=address, icon_name=icon) for label, address, icon in _ways_on(page, self.request.user)]


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
        Column("files", label="公开文件", accessor=lambda row: row.trouble or ("正在生成" if row.waits else "已生成")),
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
    index_view_class = views.ReleaseIndex
    inspect_view_class = ReleaseInspectView
    inspect_view_fields: ClassVar[list[str]] = [
        "title", "kind", "number", "website", "column", "organisation", "address", "author", "approver_names", "published_at",
        "released_at", "released_by", "source_address", "note", "withdrawal_reason", "content_hash", "examination",
    ]  # fmt: skip


class ScheduledFilter(WagtailFilterSet):
    """By state, site and the day of publication."""

    website = django_filters.ModelChoiceFilter(label="网站", queryset=Website.objects.all(), method="within")
    since = django_filters.DateFilter(label="起始日期", field_name="due_at", lookup_expr="date__gte", widget=AdminDateInput)
    until = django_filters.DateFilter(label="终止日期", field_name="due_at", lookup_expr="date__lte", widget=AdminDateInput)

    class Meta:
        model = ScheduledRelease
        fields: ClassVar[list[str]] = ["state"]

    def within(self, rows: Any, name: str, website: Website) -> Any:
        return rows.filter(page__path__startswith=website.site.root_page.path) if website.site else rows.none()


class ScheduledViewSet(RecordViewSet):
    """定时发布: approved texts that wait for their moment, what was released, refused or taken back. 依据：石14、沪23。"""

    model = ScheduledRelease
    name = "scheduled"
    url_prefix = "scheduled"
    icon = "calendar-alt"
    index_view_class = views.ScheduledIndex
    inspect_view_class = views.ScheduledPage
    inspect_template_name = "publication/scheduled.html"
    list_display: ClassVar[list[Any]] = [
        TitleColumn("title", label="稿件", url_name="scheduled:inspect", sort_key="revision__object_str"),
        Column("due_at", label="发布时间", accessor=lambda row: written(row.due_at), sort_key="due_at"),
        Column("get_state_display", label="状态", sort_key="state"),
        Column("workflow_state.requested_by", label="提交人"),
        Column("outcome", label="结果"),
    ]
    list_export: ClassVar[list[str]] = ["title", "due_at", "get_state_display", "scheduled_at", "settled_at", "outcome"]
    export_filename = "定时发布"
    search_fields: ClassVar[list[str]] = ["revision__object_str"]
    search_backend_name = None
    filterset_class = ScheduledFilter

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("<int:number>/cancel/", views.cancel_scheduled, name="cancel"),
            path("<int:number>/release/", views.release_scheduled, name="release"),
        ]


class MoveViewSet(RecordViewSet):
    """稿件移动: from where, to where, who asked and who agreed. 依据：石13、石14。"""

    model = Move
    name = "moves"
    url_prefix = "moves"
    icon = "arrow-right-full"
    index_view_class = views.MoveIndex
    inspect_view_class = views.MovePage
    inspect_template_name = "publication/move.html"
    list_display: ClassVar[list[Any]] = [
        TitleColumn("page", label="稿件", url_name="moves:inspect", sort_key="page__title"),
        Column("origin", label="原栏目", sort_key="origin__title"),
        Column("column", label="新栏目", sort_key="column__title"),
        Column("get_state_display", label="状态", sort_key="state"),
        Column("asked_by", label="办理人"),
        DateColumn("asked_at", label="办理时间", sort_key="asked_at"),
    ]
    list_filter: ClassVar[list[str]] = ["state"]
    list_export: ClassVar[list[str]] = [
        "page", "origin", "column", "get_state_display", "reason", "asked_by", "asked_at", "decided_by", "decided_at", "remark",
    ]  # fmt: skip
    export_filename = "稿件移动"
    search_fields: ClassVar[list[str]] = ["page__title", "reason"]
    search_backend_name = None

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("<int:number>/agree/", views.agree_to_move, name="agree"),
            path("<int:number>/decline/", views.decline_move, name="decline"),
        ]


class AlarmFilter(WagtailFilterSet):
    """By kind, whether it is open, and days."""

    is_open = django_filters.ChoiceFilter(
        label="状态", choices=[("open", "未消除"), ("cleared", "已消除")], method="in_state", empty_label="全部"
    )
    since = django_filters.DateFilter(label="起始日期", field_name="found_at", lookup_expr="date__gte", widget=AdminDateInput)
    until = django_filters.DateFilter(label="终止日期", field_name="found_at", lookup_expr="date__lte", widget=AdminDateInput)

    class Meta:
        model = Alarm
        fields: ClassVar[list[str]] = ["kind"]

    def in_state(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(cleared_at__isnull=value == "open")


class AlarmViewSet(RecordViewSet):
    """What was found not to be as released, what was done about it, and who looked into it. 依据：沪27。"""

    model = Alarm
    name = "alarms"
    url_prefix = "alarms"
    icon = "warning"
    view_right = "publication.records"
    list_display: ClassVar[list[Any]] = [
        TitleColumn("what", label="对象", url_name="alarms:inspect"),
        Column("get_kind_display", label="种类"),
        Column("count", label="件数", sort_key="count"),
        DateColumn("found_at", label="发现时间", sort_key="found_at"),
        DateColumn("cleared_at", label="消除时间", sort_key="cleared_at"),
    ]
    list_export: ClassVar[list[str]] = ["get_kind_display", "what", "count", "found_at", "cleared_at"]
    export_filename = "发布异常"
    search_fields: ClassVar[list[str]] = ["what"]
    search_backend_name = None
    filterset_class = AlarmFilter
    inspect_view_class = views.AlarmPage
    inspect_template_name = "publication/alarm.html"

    def get_urlpatterns(self) -> list[URLPattern]:
        return [*super().get_urlpatterns(), path("clear/<int:number>/", views.clear_alarm, name="clear")]


@hooks.register("register_admin_viewset")
def releases() -> ReleaseViewSet:
    return ReleaseViewSet()


@hooks.register("register_admin_viewset")
def scheduled() -> ScheduledViewSet:
    return ScheduledViewSet()


@hooks.register("register_admin_viewset")
def moves() -> MoveViewSet:
    return MoveViewSet()


@hooks.register("register_admin_viewset")
def alarms() -> AlarmViewSet:
    return AlarmViewSet()


@hooks.register("register_admin_menu_item")
def publication_menu() -> SubmenuMenuItem:
    """Everything about what is public; apps above add their items to `register_publication_menu_item`."""
    items = Menu(register_hook_name="register_publication_menu_item")
    return SubmenuMenuItem("发布", items, name="publication", icon_name="doc-full-inverse", order=300)


@hooks.register("register_publication_menu_item")
def release_menu() -> MenuItem:
    return MenuItem("发布备案", reverse("releases:index"), name="releases", icon_name="doc-full-inverse", order=300)


@hooks.register("register_publication_menu_item")
def scheduled_menu() -> MenuItem:
    return MenuItem(
        "定时发布", reverse("scheduled:index") + "?state=waiting", name="scheduled", icon_name="calendar-alt", order=301
    )


@hooks.register("register_publication_menu_item")
def alarm_menu() -> MenuItem:
    return RightMenuItem(
        "发布异常", reverse("alarms:index"), "publication.records", name="alarms", icon_name="warning", order=310
    )


def _ways_on(page: Page, user: User) -> Iterator[tuple[str, str, str]]:
    """Yield (label, address, icon) of what `user` can do with a page that is public or waits."""
    if not isinstance(page, ArticlePage):
        return
    if page.locked and (waiting := ScheduledRelease.objects.waiting().visible_to(user).filter(page=page.pk).first()):
        yield "定时发布", reverse("scheduled:inspect", args=[waiting.pk]), "calendar-alt"
    if not is_public(page):
        return
    if may(user, "publication.withdraw", page):
        yield "撤下", reverse("withdrawal", args=[page.pk]), "download"
    if may(user, "columns.manage", page):
        yield "移动栏目", reverse("moving", args=[page.pk]), "arrow-right-full"


def _buttons(page: Page, user: User) -> Iterator[Button]:
    for number, (label, address, icon) in enumerate(_ways_on(page.specific_deferred, user)):
        yield Button(label, address, icon_name=icon, priority=60 + number)


@hooks.register("register_page_header_buttons")
def header_button(page: Page, user: User, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from _buttons(page, user)


@hooks.register("register_page_listing_more_buttons")
def listing_button(page: Page, user: User, next_url: str | None = None) -> Iterator[Button]:
    yield from _buttons(page, user)


class ScheduledPanel(Component):
    """The own texts that wait for their moment, and those that were refused at it in the last days, on the first page."""

    name = "scheduled"
    template_name = "publication/scheduled_panel.html"
    order = 25

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        user = (parent_context or {})["request"].user
        mine = ScheduledRelease.objects.filter(Q(page__owner=user) | Q(workflow_state__requested_by=user))
        refused = Q(state=ScheduledRelease.State.REFUSED, settled_at__gte=now() - REFUSED_SHOWN)
        rows = mine.filter(Q(state=ScheduledRelease.State.WAITING) | refused).select_related("revision")
        return {"rows": rows.order_by("due_at", "pk")[:10]}


@hooks.register("construct_homepage_panels")
def add_panel(request: Any, panels: list[Component]) -> None:
    panels.append(ScheduledPanel())
