"""Withdrawal, moving, texts that wait and alarms, in the back office."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from wangqun.access.actions import may, may_somewhere
from wangqun.access.screens import ScopedIndexView, ScopedInspectView
from wangqun.articles.models import ArticlePage
from wangqun.base.errors import Refused
from wangqun.publication import moving, scheduling, verification
from wangqun.publication.actions import is_public, withdraw
from wangqun.publication.forms import ClearForm, MoveForm, WithdrawalForm
from wangqun.publication.models import Alarm, Move, Release, ScheduledRelease
from wangqun.sharing.actions import copies_of


class Withdrawal(WagtailAdminTemplateMixin, TemplateView):
    """撤下稿件: asks for the reason, shows what else goes with it, and does it on the second step."""

    template_name = "publication/withdrawal.html"
    header_icon = "download"

    def get_page_title(self) -> str:
        return f"撤下：{self.article.title}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        edit = reverse("wagtailadmin_pages:edit", args=[self.article.pk])
        return [*self.breadcrumbs_items, {"url": edit, "label": self.article.title}, {"url": "", "label": "撤下"}]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        self.article = get_object_or_404(ArticlePage, pk=number)
        if not may(request.user, "publication.withdraw", self.article):
            raise Http404
        return super().dispatch(request, *args, number=number, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", WithdrawalForm())
        releases = Release.objects.filter(page_id=self.article.pk).select_related("released_by")
        return super().get_context_data(**kwargs) | {
            "article": self.article,
            "copies": copies_of(self.article),
            "is_public": is_public(self.article),
            "releases": releases,
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = WithdrawalForm(request.POST)
        if form.is_valid():
            try:
                withdraw(self.article, by=request.user, **form.cleaned_data)
                messages.success(request, f"已撤下“{self.article.title}”，原地址显示撤下说明。")
                return redirect("releases:index")  # reviewers may not open the page tree
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


class ReleaseIndex(ScopedIndexView):
    """The list of records, each with the state of its files, and the way to the moves."""

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().with_files()

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("稿件移动", url=reverse("moves:index"), icon_name="arrow-right-full", priority=10)]


class ScheduledIndex(ScopedIndexView):
    """定时发布: what waits and what became of it."""

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("revision", "workflow_state__requested_by")


class ScheduledPage(ScopedInspectView):
    """One text that waits, and what can be done about it."""

    page_title = "定时发布"
    template_name = "publication/scheduled.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, page = self.request.user, self.object.page
        is_waiting = self.object.state == ScheduledRelease.State.WAITING
        may_cancel = may(user, "articles.write", page) or may(user, "publication.withdraw", page)
        return super().get_context_data(**kwargs) | {
            "scheduled": self.object,
            "signings": self.object.workflow_state.signings.select_related("by").exclude(level="machine"),
            "may_cancel": is_waiting and may_cancel,
            "may_release": is_waiting and may(user, "reviews.centre", page),
            "may_edit": may(user, "articles.write", page),
        }


def _scheduled(request: HttpRequest, number: int) -> ScheduledRelease:
    return get_object_or_404(ScheduledRelease.objects.visible_to(request.user), pk=number)


@require_POST
def cancel_scheduled(request: HttpRequest, number: int) -> HttpResponse:
    """撤回定时: back to a draft."""
    done = scheduling.cancel(_scheduled(request, number), by=request.user, reason=request.POST.get("reason", ""))
    messages.success(request, f"“{done.title}”的定时发布已撤回，可以修改后重新提交审核。")
    return redirect("scheduled:inspect", done.pk)


@require_POST
def release_scheduled(request: HttpRequest, number: int) -> HttpResponse:
    """提前发布: public now."""
    scheduled = _scheduled(request, number)
    scheduling.release_ahead(scheduled, by=request.user, reason=request.POST.get("reason", ""))
    messages.success(request, f"“{scheduled.title}”已提前发布。")
    return redirect("scheduled:inspect", scheduled.pk)


class Moving(WagtailAdminTemplateMixin, TemplateView):
    """移动栏目: choose the column, say why; what follows from it stands above the button."""

    template_name = "publication/moving.html"
    header_icon = "arrow-right-full"

    def get_page_title(self) -> str:
        return f"移动栏目：{self.article.title}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        listing = reverse("moves:index")
        return [*self.breadcrumbs_items, {"url": listing, "label": "稿件移动"}, {"url": "", "label": self.get_page_title()}]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        self.article = get_object_or_404(ArticlePage, pk=number)
        if not may(request.user, "columns.manage", self.article):
            raise Http404
        return super().dispatch(request, *args, number=number, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", MoveForm(article=self.article))
        return super().get_context_data(**kwargs) | {
            "article": self.article,
            "is_public": is_public(self.article),
            "waiting": Move.objects.waiting().filter(page=self.article).first(),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = MoveForm(request.POST, article=self.article)
        if form.is_valid():
            try:
                made = moving.move(self.article, by=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                what = "已移动" if made.state == Move.State.DONE else "已提请移动，待新栏目审核人员同意"
                messages.success(request, f"“{self.article.title}”{what}。")
                return redirect("moves:inspect", made.pk)
        return self.render_to_response(self.get_context_data(form=form), status=409)


class MoveIndex(ScopedIndexView):
    """稿件移动: what moved, and what waits for a reviewer."""

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("page", "origin", "column", "asked_by", "decided_by")


class MovePage(ScopedInspectView):
    """One move, and the decision of the new column's reviewers."""

    page_title = "稿件移动"
    template_name = "publication/move.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        is_waiting = self.object.state == Move.State.WAITING
        is_reviewer = is_waiting and user in moving.reviewers(self.object.column)
        return super().get_context_data(**kwargs) | {
            "asked": self.object,
            "former": self.object.page.releases.exclude(pk=self.object.release_id).order_by("-number").first(),
            "reviewers": moving.reviewers(self.object.column) if is_waiting else [],
            "may_agree": is_reviewer,
            "may_decline": is_reviewer or (is_waiting and may(user, "columns.manage", self.object.column)),
        }


def _move(request: HttpRequest, number: int) -> Move:
    return get_object_or_404(Move.objects.visible_to(request.user), pk=number)


@require_POST
def agree_to_move(request: HttpRequest, number: int) -> HttpResponse:
    """同意移入: the article moves at once."""
    done = moving.agree(_move(request, number), by=request.user)
    messages.success(request, f"“{done.page.title}”已移至“{done.column.title}”。")
    return redirect("moves:inspect", done.pk)


@require_POST
def decline_move(request: HttpRequest, number: int) -> HttpResponse:
    """不移动: the article stays."""
    done = moving.decline(_move(request, number), by=request.user, reason=request.POST.get("reason", ""))
    messages.success(request, f"“{done.page.title}”不移动。")
    return redirect("moves:inspect", done.pk)


class AlarmPage(ScopedInspectView):
    """One alarm: everything that was found, what was done about it, and the remark of who looked into it."""

    template_name = "publication/alarm.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        alarm = self.object
        labels = dict(Alarm.Kind.choices)
        is_reconciled = alarm.kind in verification.RECONCILED and alarm.page_id is not None
        is_open = alarm.cleared_at is None and not is_reconciled
        return super().get_context_data(**kwargs) | {
            "alarm": alarm,
            "listed": [item | {"label": labels.get(item["kind"], "")} for item in alarm.details if item["kind"]],
            "remarks": [item for item in alarm.details if not item["kind"]],
            "is_reconciled": is_reconciled,
            "may_clear": is_open and may_somewhere(self.request.user, "reminders.manage"),
            "form": ClearForm(),
        }


@require_POST
def clear_alarm(request: HttpRequest, number: int) -> HttpResponse:
    """消除: people looked into it."""
    if not may_somewhere(request.user, "publication.records"):
        raise Http404
    done = verification.clear(get_object_or_404(Alarm, pk=number), by=request.user, remark=request.POST.get("remark", ""))
    messages.success(request, f"“{done.what}”已消除。")
    return redirect("alarms:inspect", done.pk)
