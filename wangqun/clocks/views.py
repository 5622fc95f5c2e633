"""The dashboard of due days, the calendar feed, and the entry of a new year's notice."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wangqun.access.actions import may_somewhere
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.clocks import actions, feeds, tokens
from wangqun.clocks.arithmetic import sunday_of
from wangqun.clocks.forms import FilterForm, NoticeForm, seal, unseal
from wangqun.clocks.models import Clock

MOST_SHOWN = 50  # of one list on the dashboard; the whole list is one click away


class Dashboard(WagtailAdminTemplateMixin, TemplateView):
    """更新时限: what is due today, this week and overdue, by organisation and site. 依据：石15。"""

    page_title = "更新时限"
    header_icon = "time"
    template_name = "clocks/dashboard.html"

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        visible = Clock.objects.visible_to(self.request.user)
        form = FilterForm(self.request.GET, visible)
        clocks = form.narrow(visible)
        day = today()
        kinds = {
            "overdue": Q(due_on__lt=day),
            "today": Q(due_on=day),
            "week": Q(due_on__gt=day, due_on__lte=sunday_of(day)),
        }
        counts = {name: Count("pk", filter=condition) for name, condition in kinds.items()}
        groups = list(
            clocks.running()
            .filter(due_on__lte=sunday_of(day))
            .order_by("organisation__position", "organisation__id", "site")
            .values("organisation", "organisation__name", "site")
            .annotate(**counts)
        )
        lists = [
            ("overdue", "已逾期", clocks.overdue(day)),
            ("today", "今日到期", clocks.due_today(day)),
            ("week", "本周内到期", clocks.due_later_this_week(day)),
        ]
        sections = [
            {
                "name": name,
                "title": title,
                "count": sum(group[name] for group in groups),
                "clocks": rows.select_related("organisation").order_by("due_on", "pk")[:MOST_SHOWN],
            }
            for name, title, rows in lists
        ]
        address = reverse("clocks_calendar", args=[tokens.make(self.request.user)])
        return context | {
            "form": form,
            "groups": groups,
            "sections": sections,
            "most": MOST_SHOWN,
            "feed": self.request.build_absolute_uri(address),
        }


def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the person's due days as iCalendar; no sign-in, the address itself is the key. 依据：石15。"""
    user = tokens.read(token)
    if user is None:
        raise Http404
    clocks = Clock.objects.visible_to(user).running().select_related("organisation").order_by("due_on", "pk")
    content = feeds.render(
        clocks,
        name=f"更新时限（{user}）",
        host=urlsplit(settings.WAGTAILADMIN_BASE_URL).hostname or "localhost",
        base_url=settings.WAGTAILADMIN_BASE_URL,
        at=now(),
    )
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="wangqun.ics"'
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, private=True, no_store=True)
    return response


class EnterNotice(WagtailAdminTemplateMixin, View):
    """录入放假安排: upload, look at every day or every bad row, confirm."""

    page_title = "录入放假安排"
    header_icon = "calendar"
    template_name = "clocks/notice.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not may_somewhere(request.user, "workdays.manage"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(NoticeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        if "sealed" in request.POST:
            return self._confirm(request)
        form = NoticeForm(request.POST, request.FILES)
        if not form.is_valid() or form.notice is None:
            return self._show(form, status=422)
        return self._show(form, notice=form.notice, sealed=seal(form.notice))

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        notice = unseal(request.POST["sealed"])
        if notice is None:
            messages.error(request, "预览已过期，请重新上传文件。")
            return redirect("clocks_enter_notice")
        try:
            year = actions.enter_calendar(notice, by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("clocks_enter_notice")
        messages.success(request, f"{year.year}年放假安排（第{year.version}版）已生效，运行中的时限已重新计算。")
        return redirect("workdays:index")

    def _show(self, form: NoticeForm, status: int = 200, **more: Any) -> HttpResponse:
        context = self.get_context_data(form=form, **more)
        return render(self.request, self.template_name, context, status=status)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("workdays:index"), "label": "工作日历"},
            {"url": "", "label": self.page_title},
        ]
