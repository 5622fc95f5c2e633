"""The review in the back office: addresses, menu item with the number of waiting texts, panel on the first page."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.admin.views.home import WorkflowObjectsToModeratePanel

from wangqun.access.actions import may_somewhere
from wangqun.access.screens import RightMenuItem
from wangqun.people.models import User
from wangqun.reviews import views

RIGHTS = ("reviews.department", "reviews.leader", "reviews.centre")


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("reviews/", views.Desk.as_view(), name="reviews"),
        path("reviews/<int:number>/", views.Review.as_view(), name="review"),
        path("reviews/<int:number>/preview/", views.preview, name="review_preview"),
        path("reviews/<int:number>/findings/<int:finding>/", views.justify, name="review_justify"),
        path("reviews/sheets/<int:number>/", views.sheet, name="review_sheet"),
        path("delegations/", views.Delegations.as_view(), name="delegations"),
        path("delegations/<int:number>/end/", views.end_delegation, name="delegation_end"),
    ]


def reviews_anything(user: User) -> bool:
    """Return whether `user` holds any right of review."""
    return may_somewhere(user, *RIGHTS)


@hooks.register("register_admin_menu_item")
def menu_item() -> RightMenuItem:
    return RightMenuItem("审核", reverse("reviews"), *RIGHTS, name="reviews", icon_name="check", order=60)


class WaitingPanel(Component):
    """What waits for this reviewer, on the first page."""

    name = "reviews_waiting"
    template_name = "reviews/panel.html"
    order = 20

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        request = (parent_context or {})["request"]
        return {"waiting": views.waiting_for(request.user)[:10] if reviews_anything(request.user) else []}


@hooks.register("construct_homepage_panels")
def add_panel(request: HttpRequest, panels: list[Component]) -> None:
    # Wagtail's own list of what waits asks each task by itself and knows nothing of levels.
    panels[:] = [panel for panel in panels if not isinstance(panel, WorkflowObjectsToModeratePanel)]
    panels.append(WaitingPanel())
