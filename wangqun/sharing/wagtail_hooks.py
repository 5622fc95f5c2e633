"""Submissions in the back office: the list, the button on an article, the menu."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from wangqun.access.actions import may
from wangqun.access.screens import RecordViewSet
from wangqun.articles.models import ArticlePage
from wangqun.columns.models import PublicItem
from wangqun.people.models import User
from wangqun.sharing import views
from wangqun.sharing.models import Submission


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
        "source", "organisation", "target", "get_state_display", "submitted_by", "submitted_at", "decided_by", "decided_at", "decision_reason",
    ]  # fmt: skip
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
