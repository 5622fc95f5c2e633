"""The inbox in the back office: address, menu item with the number of unread ones, panel on the first page."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.sidebar import LinkMenuItem

from wangqun.notifications import views
from wangqun.notifications.models import Notice

MOST_SHOWN = 99


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("inbox/", views.Inbox.as_view(), name="inbox"),
        path("inbox/read-all/", views.mark_all_read, name="inbox_read_all"),
        path("inbox/<int:number>/read/", views.mark_read, name="inbox_read"),
    ]


class InboxMenuItem(MenuItem):
    """“通知（3）”: menu items live as long as the process, so the number is asked at every page."""

    def render_component(self, request: HttpRequest) -> LinkMenuItem:
        amount = Notice.objects.unread().filter(recipient=request.user).count()
        number = f"{MOST_SHOWN}+" if amount > MOST_SHOWN else amount
        label = f"{self.label}（{number}）" if amount else self.label
        return LinkMenuItem(self.name, label, self.url, icon_name=self.icon_name, classname=self.classname, attrs=self.attrs)


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return InboxMenuItem("通知", reverse("inbox"), name="inbox", icon_name="mail", order=50)


class InboxPanel(Component):
    """The newest unread notices on the first page; nothing at all where there are none."""

    name = "inbox"
    template_name = "notifications/panel.html"
    order = 10

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        if not parent_context:
            return {}
        unread = Notice.objects.unread().filter(recipient=parent_context["request"].user)
        return {"notices": unread[:5], "heading": "未读通知", "inbox": reverse("inbox")}


@hooks.register("construct_homepage_panels")
def add_panel(request: HttpRequest, panels: list[Component]) -> None:
    panels.insert(0, InboxPanel())
