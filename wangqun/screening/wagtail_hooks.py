"""The content check in the back office: its page, the button on the editing page, the script that marks the fields."""

from collections.abc import Iterator
from typing import Any

from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.widgets.button import Button
from wagtail.models import Page

from wangqun.people.models import User
from wangqun.screening import views


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("screening/page/<int:number>/", views.FindingsPage.as_view(), name="screening_page"),
        path("screening/page/<int:number>.json", views.findings_data, name="screening_data"),
        path("screening/page/<int:number>/examine/", views.examine, name="screening_examine"),
        path("screening/finding/<int:number>/justify/", views.justify, name="screening_justify"),
    ]


@hooks.register("register_page_header_buttons")
def check_button(page: Page, user: User, view_name: str, next_url: str | None = None, **kwargs: Any) -> Iterator[Button]:
    """“内容检查” in the menu of a page: the page of the check. On the editing page the script adds a button beside “保存”."""
    if page.latest_revision_id is None or not views.may_see(user, page):
        return
    yield Button("内容检查", reverse("screening_page", args=[page.pk]), icon_name="clipboard-list", priority=5)


@hooks.register("insert_editor_js")
def findings_script() -> str:
    """The script that marks the findings at their fields."""
    return format_html('<script src="{}" defer></script>', static("js/findings.js"))


@hooks.register("insert_global_admin_css")
def findings_style() -> str:
    """How a marked field looks."""
    return format_html('<link rel="stylesheet" href="{}">', static("css/findings.css"))
