"""Submissions in the back office: the list, the button on an article, the menu."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.widgets.button import Button
from wagtail.models import Page
from wagtail.permissions import register_permission_policy

from wangqun.access.actions import may
from wangqun.access.screens import RecordViewSet, RightsPolicy
from wangqun.articles.models import ArticlePage
from wangqun.base.templatetags.chinese import day
from wangqun.columns.models import PublicItem
from wangqun.people.models import User
from wangqun.sharing import press, views
from wangqun.sharing.forms import PressItemForm
from wangqun.sharing.models import PressItem, Submission


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("submit-upward/<int:number>/", views.Submit.as_view(), name="submit_upward"),
        path("submission/<int:number>/", views.Decide.as_view(), name="submission"),
    ]


class SubmissionViewSet(RecordViewSet):
    """信息报送: what lower sites sent up, and what became of it. 依据：沪21。"""

    model = Submission
    name = "submissions"
    url_prefix = "submissions"
    icon = "arrow-up"
    inspect_view_enabled = False
    list_display: ClassVar[list[Any]] = [
        TitleColumn("source", label="原稿", get_url=lambda row: reverse("submission", args=[row.pk])),
        Column("organisation", label="报送单位", sort_key="organisation"),
        Column("target", label="报送栏目"),
        Column("get_state_display", label="状态"),
        DateColumn("submitted_at", label="报送时间", sort_key="submitted_at"),
    ]
    list_filter: ClassVar[list[str]] = ["state", "organisation"]
    list_export: ClassVar[list[str]] = [
        "source",
        "organisation",
        "target",
        "get_state_display",
        "submitted_by",
        "submitted_at",
        "decided_by",
        "decided_at",
        "decision_reason",
    ]
    export_filename = "信息报送"


@hooks.register("register_admin_viewset")
def submissions() -> SubmissionViewSet:
    return SubmissionViewSet()


@hooks.register("register_admin_menu_item")
def submission_menu() -> MenuItem:
    return MenuItem("信息报送", reverse("submissions:index"), name="submissions", icon_name="arrow-up", order=250)


def _submit_button(page: Page, user: User) -> Iterator[Button]:
    if (
        isinstance(page.specific_deferred, ArticlePage)
        and PublicItem.objects.filter(page_id=page.pk).exists()
        and may(user, "sharing.submit", page)
    ):
        yield Button("报送", reverse("submit_upward", args=[page.pk]), icon_name="arrow-up", priority=50)


@hooks.register("register_page_header_buttons")
def header_button(page: Page, user: User, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from _submit_button(page, user)


@hooks.register("register_page_listing_more_buttons")
def listing_button(page: Page, user: User, next_url: str | None = None) -> Iterator[Button]:
    yield from _submit_button(page, user)


# Press items (新闻供稿登记). 依据：石20、沪21(2)。


class PressPolicy(RightsPolicy):
    """Everybody sees their own; entries are added by those who may, and never edited or deleted."""

    def user_has_permission(self, user: User, action: str) -> bool:
        if action == "view":
            return bool(user.is_active)
        return action == "add" and press.may_record(user)

    def user_has_any_permission(self, user: User, actions: Any) -> bool:
        cheap_first = sorted(actions, key=lambda action: action != "view")
        return super().user_has_any_permission(user, cheap_first)


class PressViewSet(RecordViewSet):
    """新闻供稿登记: what units gave the press, and whether the site had it in time."""

    model = PressItem
    name = "press"
    url_prefix = "press"
    icon = "media"
    index_view_class = views.PressIndex
    add_view_class = views.PressAdd
    also_served = frozenset({"add"})
    filterset_class = views.PressFilter
    search_fields: ClassVar[list[str]] = ["title", "press", "organisation__name"]
    search_backend_name = None
    list_display: ClassVar[list[Any]] = [
        "title",
        Column("organisation", label="单位", sort_key="organisation"),
        Column("press", label="新闻单位", sort_key="press"),
        Column("given_on", label="提供日期", sort_key="given_on", accessor=lambda item: day(item.given_on)),
        Column("published_on", label="网站发布", accessor=lambda item: day(item.published_on) or "—"),
        StatusTagColumn("outcome", label="报送情况", primary=lambda item: item.outcome == "及时"),
    ]
    list_export: ClassVar[list[str]] = [
        "organisation",
        "title",
        "press",
        "given_on",
        "article",
        "published_on",
        "outcome",
        "recorded_by",
        "recorded_at",
    ]
    export_headings: ClassVar[dict[str, str]] = {"published_on": "网站发布日期", "outcome": "报送情况"}
    export_filename = "新闻供稿登记"
    inspect_view_fields: ClassVar[list[str]] = list_export

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        register_permission_policy(PressItem, PressPolicy(PressItem, None, None))

    def get_form_class(self, for_update: bool = False) -> type[PressItemForm]:
        return PressItemForm


@hooks.register("register_admin_viewset")
def press_items() -> PressViewSet:
    return PressViewSet()


@hooks.register("register_admin_urls")
def press_addresses() -> list[URLPattern]:
    return [path("press/<int:number>/link/", views.PressLink.as_view(), name="press_link")]


@hooks.register("register_admin_menu_item")
def press_menu() -> MenuItem:
    return MenuItem("新闻供稿登记", reverse("press:index"), name="press", icon_name="media", order=255)
