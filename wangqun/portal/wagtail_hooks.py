"""Building a site and opening a column in the back office."""

from collections.abc import Iterator

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from wangqun.access.actions import may
from wangqun.columns.models import ColumnPage
from wangqun.people.models import User
from wangqun.portal import views
from wangqun.portal.models import HomePage


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("websites/<int:number>/build/", views.build_website, name="website_build"),
        path("columns/new/<int:number>/", views.NewColumn.as_view(), name="column_new"),
    ]


def _column_button(page: Page, user: User) -> Iterator[Button]:
    if isinstance(page.specific_deferred, HomePage | ColumnPage) and may(user, "columns.manage", page):
        yield Button("新建栏目", reverse("column_new", args=[page.pk]), icon_name="folder-open-1", priority=70)


@hooks.register("register_page_header_buttons")
def header_button(page: Page, user: User, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from _column_button(page, user)


@hooks.register("register_page_listing_more_buttons")
def listing_button(page: Page, user: User, next_url: str | None = None) -> Iterator[Button]:
    yield from _column_button(page, user)
