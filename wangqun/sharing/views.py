"""Submitting an article upward, and deciding on what was submitted."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wangqun.access.actions import may
from wangqun.articles.models import ArticlePage
from wangqun.base.errors import Refused
from wangqun.columns.models import PublicItem
from wangqun.sharing import actions
from wangqun.sharing.forms import SubmissionForm
from wangqun.sharing.models import Submission


class Submit(WagtailAdminTemplateMixin, TemplateView):
    """报送: choose the column of another site."""

    template_name = "sharing/submit.html"
    header_icon = "arrow-up"

    def get_page_title(self) -> str:
        return f"报送：{self.source.title}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        edit = reverse("wagtailadmin_pages:edit", args=[self.source.pk])
        return [*self.breadcrumbs_items, {"url": edit, "label": self.source.title}, {"url": "", "label": "报送"}]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        self.source = get_object_or_404(ArticlePage, pk=number)
        if not may(request.user, "sharing.submit", self.source):
            raise Http404
        return super().dispatch(request, *args, number=number, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", SubmissionForm(source=self.source))
        made = Submission.objects.filter(source=self.source).select_related("target", "submitted_by", "decided_by")
        return super().get_context_data(**kwargs) | {"source": self.source, "submissions": made}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = SubmissionForm(request.POST, source=self.source)
        if form.is_valid():
            try:
                actions.submit_upward(self.source, by=request.user, **form.cleaned_data)
                messages.success(request, f"已报送至“{form.cleaned_data['target'].title}”。")
                return redirect("submit_upward", number=self.source.pk)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


class Decide(WagtailAdminTemplateMixin, TemplateView):
    """One submission: read it, accept it into the column's review, or decline it with a reason."""

    template_name = "sharing/decide.html"
    header_icon = "arrow-up"
    reason = ""

    def get_page_title(self) -> str:
        return f"报送：{self.submission.source.title}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": reverse("submissions:index"), "label": "信息报送"}, {"url": "", "label": self.submission.source.title}]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        rows = Submission.objects.visible_to(request.user).select_related("source", "target", "organisation", "submitted_by", "copy")
        self.submission = get_object_or_404(rows, pk=number)
        return super().dispatch(request, *args, number=number, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        submission = self.submission
        is_waiting = submission.state == Submission.State.SUBMITTED
        return super().get_context_data(**kwargs) | {
            "submission": submission,
            "item": PublicItem.objects.filter(page_id=submission.source_id).select_related("website").first(),
            "may_decide": is_waiting and may(self.request.user, "sharing.receive", submission.target),
            "may_recall": is_waiting and may(self.request.user, "sharing.submit", submission.source),
            "reason": self.reason,
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.reason = request.POST.get("reason", "")
        try:
            match request.POST.get("decision"):
                case "accept":
                    actions.accept(self.submission, by=request.user)
                    messages.success(request, "已采用，稿件已进入本栏目的审核。")
                case "decline":
                    actions.decline(self.submission, by=request.user, reason=self.reason)
                    messages.success(request, "已答复报送单位。")
                case "recall":
                    actions.recall(self.submission, by=request.user)
                    messages.success(request, "已撤回报送。")
                case _:
                    raise Refused("请选择处理意见。")
        except Refused as refusal:
            messages.error(request, str(refusal))
            self.submission.refresh_from_db()
            return self.render_to_response(self.get_context_data(), status=409)
        return redirect("submission", number=self.submission.pk)
