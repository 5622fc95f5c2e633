"""The inbox of the person who is signed in."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.generic import ListView
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wangqun.notifications.actions import read, read_all
from wangqun.notifications.models import TOPICS, Notice
from wangqun.people.models import User


class StaffRequest(HttpRequest):
    """Behind the door of the back office somebody is always signed in."""

    user: User


class Inbox(WagtailAdminTemplateMixin, ListView):
    """Everything that this person was told: unread first, newest first, by topic where asked."""

    request: StaffRequest
    template_name = "notifications/inbox.html"
    page_title = "通知"
    header_icon = "mail"
    paginate_by = 20
    paginator_class = WagtailPaginator
    page_kwarg = "p"
    context_object_name = "notices"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_queryset(self) -> QuerySet[Notice]:
        mine = Notice.objects.filter(recipient=self.request.user)
        if topic := self.request.GET.get("topic", ""):
            mine = mine.filter(topic=topic)
        if self.request.GET.get("unread"):
            mine = mine.unread()
        return mine.order_by(F("read_at").desc(nulls_first=True), "-pk")

    def paginate_queryset(self, queryset: Any, page_size: int) -> Any:
        """A page number from nowhere shows the nearest page, not an error."""
        page = self.get_paginator(queryset, page_size).get_page(self.request.GET.get(self.page_kwarg))
        return page.paginator, page, page.object_list, page.has_other_pages()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        mine = Notice.objects.filter(recipient=self.request.user)
        chosen = self.request.GET.get("topic", "")
        used = mine.order_by("topic").values_list("topic", flat=True).distinct()
        page = context["page_obj"]
        return context | {
            "topics": [(topic, TOPICS.get(topic, "其他")) for topic in used],
            "topic": chosen,
            "is_unread_only": bool(self.request.GET.get("unread")),
            "unread": mine.unread().count(),
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
        }


@require_POST
def mark_read(request: StaffRequest, number: int) -> HttpResponse:
    """Mark one as read, then go where it is dealt with, or back to the list."""
    notice = read(get_object_or_404(Notice, pk=number, recipient=request.user), by=request.user)
    if request.POST.get("open") and notice.url:
        return redirect(_inside(request, notice.url))
    return redirect(_back(request))


@require_POST
def mark_all_read(request: StaffRequest) -> HttpResponse:
    """Mark everything as read."""
    amount = read_all(by=request.user)
    messages.success(request, f"已将 {amount} 条通知标为已读。" if amount else "没有未读通知。")
    return redirect(_back(request))


def _back(request: StaffRequest) -> str:
    """The list as it was: same topic, same page."""
    back = request.POST.get("next", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back else reverse("inbox")


def _inside(request: StaffRequest, url: str) -> str:
    if not url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}):
        raise PermissionDenied
    return url
