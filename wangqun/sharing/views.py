"""Submitting an article upward, and deciding on what was submitted."""

from typing import Any, ClassVar

import django_filters
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminDateInput
from wagtail.admin.widgets.button import Button

from wangqun.access.actions import may
from wangqun.access.screens import ScopedIndexView
from wangqun.articles.models import ArticlePage
from wangqun.base.errors import Refused
from wangqun.columns.models import PublicItem
from wangqun.people.models import Organisation
from wangqun.sharing import actions, press
from wangqun.sharing.forms import PressItemForm, PressLinkForm, SubmissionForm
from wangqun.sharing.models import PressItem, PressItemQuerySet, Submission


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
        return [
            *self.breadcrumbs_items,
            {"url": reverse("submissions:index"), "label": "信息报送"},
            {"url": "", "label": self.submission.source.title},
        ]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        rows = Submission.objects.visible_to(request.user).select_related(
            "source", "target", "organisation", "submitted_by", "copy"
        )
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


# Press items (新闻供稿登记).


class PressFilter(WagtailFilterSet):
    """By outcome, organisation and days."""

    outcome = django_filters.ChoiceFilter(
        label="报送情况", method="by_outcome", choices=[("missing", "缺报"), ("late", "迟报"), ("in_time", "及时")]
    )
    organisation = django_filters.ModelChoiceFilter(
        label="单位", queryset=lambda request: Organisation.objects.filter(pk__in=_press_items(request).values("organisation"))
    )
    since = django_filters.DateFilter(label="起始日期", field_name="given_on", lookup_expr="gte", widget=AdminDateInput)
    until = django_filters.DateFilter(label="终止日期", field_name="given_on", lookup_expr="lte", widget=AdminDateInput)

    class Meta:
        model = PressItem
        fields: ClassVar[list[str]] = ["outcome", "organisation", "since", "until"]

    def by_outcome(self, rows: PressItemQuerySet, _name: str, value: str) -> PressItemQuerySet:
        return {"missing": rows.missing, "late": rows.late, "in_time": rows.in_time}[value]()


def _press_items(request: HttpRequest | None) -> PressItemQuerySet:
    return PressItem.objects.visible_to(request.user) if request else PressItem.objects.none()


class PressIndex(ScopedIndexView):
    """The register; what is missing can be given its article."""

    def get_base_queryset(self) -> PressItemQuerySet:
        return super().get_base_queryset().select_related("organisation", "article__public_item", "recorded_by")

    @cached_property
    def may_link(self) -> bool:
        """Whether the person may enter anything; the rows they see are those they may enter for."""
        return press.may_record(self.request.user)

    def get_list_more_buttons(self, instance: PressItem) -> list[Any]:
        buttons = super().get_list_more_buttons(instance)
        if instance.published_on is None and self.may_link:
            address = reverse("press_link", args=[instance.pk])
            buttons.append(Button("对应网站稿件", url=address, icon_name="link", priority=5))
        return buttons


class PressAdd(generic.CreateView):
    """登记: one form, one act."""

    def save_instance(self) -> PressItem:
        return press.record_press_item(by=self.request.user, **self.form.cleaned_data)

    def form_valid(self, form: PressItemForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            self.produced_error_code, self.produced_error_message = "refused", str(refusal)
            return self.form_invalid(form)

    def get_success_message(self, instance: PressItem) -> str:
        return f"已登记“{instance.title}”。"

    def get_success_buttons(self) -> list[Any]:
        return []  # an entry is not edited afterwards

    def get_edit_url(self) -> str:
        return reverse("press:inspect", args=[self.object.pk])


class PressLink(WagtailAdminTemplateMixin, TemplateView):
    """对应网站稿件: name the article of the site that a press item is."""

    template_name = "sharing/press_link.html"
    header_icon = "link"

    def get_page_title(self) -> str:
        return "对应网站稿件"

    def get_page_subtitle(self) -> str:
        return self.item.title

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        here = {"url": "", "label": self.item.title, "sublabel": "对应网站稿件"}
        return [*self.breadcrumbs_items, {"url": reverse("press:index"), "label": "新闻供稿登记"}, here]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        rows = PressItem.objects.visible_to(request.user).select_related("organisation", "article__public_item")
        self.item = get_object_or_404(rows, pk=number)
        if not press.may_record(request.user, self.item.organisation):
            raise Http404
        return super().dispatch(request, *args, number=number, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", PressLinkForm(initial={"article": self.item.article_id}))
        return super().get_context_data(**kwargs) | {"item": self.item}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = PressLinkForm(request.POST)
        if form.is_valid():
            try:
                press.link_press_item(self.item, form.cleaned_data["article"], by=request.user)
                messages.success(request, f"“{self.item.title}”已对应网站稿件。")
                return redirect("press:index")
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)
