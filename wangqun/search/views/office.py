"""What the office sees of search: what readers ask for and do not find, and the words that mean the same."""

from typing import Any

import django_filters
from django.db.models import Count, Max, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminDateInput
from wagtail.admin.widgets.button import HeaderButton

from wangqun.access.actions import may
from wangqun.access.screens import ScopedIndexView
from wangqun.base.errors import Refused
from wangqun.search import actions
from wangqun.search.forms import SynonymForm
from wangqun.search.models import AskedText, SynonymGroup
from wangqun.websites.models import Website


class AskedFilter(WagtailFilterSet):
    """By site and days; only what found nothing."""

    website = django_filters.ModelChoiceFilter(label="所在网站", queryset=Website.objects.all())
    since = django_filters.DateFilter(label="起始日期", field_name="day", lookup_expr="gte", widget=AdminDateInput)
    until = django_filters.DateFilter(label="终止日期", field_name="day", lookup_expr="lte", widget=AdminDateInput)
    outcome = django_filters.ChoiceFilter(
        label="结果", choices=[("empty", "没有结果的"), ("found", "有结果的")], method="by_outcome"
    )

    class Meta:
        model = AskedText
        fields: list[str] = []  # noqa: RUF012 - as Wagtail's filters are written

    def by_outcome(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(times_empty__gt=0) if value == "empty" else rows.filter(times_empty=0)


class AskedIndex(ScopedIndexView):
    """One line for each text and site over the days chosen, the most asked first."""

    default_ordering = "-sum"

    def get_queryset(self) -> QuerySet:
        rows = self.search_queryset(self.filter_queryset(self.get_base_queryset())).order_by()
        grouped = rows.values("text", "website__name").annotate(
            sum=Sum("times"), empty=Sum("times_empty"), days=Count("day", distinct=True), last=Max("day")
        )
        return grouped.order_by(self.ordering or self.default_ordering, "text", "website__name")


class SynonymIndex(ScopedIndexView):
    """The list, with the way to enter a group."""

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not may(self.request.user, actions.RIGHT):
            return []
        return [HeaderButton("登记同义词", url=reverse("synonyms:enter"), icon_name="plus", priority=10)]


class SynonymEntry(WagtailAdminTemplateMixin, TemplateView):
    """Enter a group, or change one; for others than the office it is not there."""

    template_name = "search/synonym_form.html"
    header_icon = "tag"
    group: SynonymGroup | None = None

    def get_page_title(self) -> str:
        return "修改同义词" if self.group else "登记同义词"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("synonyms:index"), "label": "同义词"},
            {"url": "", "label": self.get_page_title()},
        ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, actions.RIGHT):
            raise Http404
        if "number" in kwargs:
            self.group = get_object_or_404(SynonymGroup, pk=kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", SynonymForm(group=self.group))
        return super().get_context_data(**kwargs) | {"group": self.group}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = SynonymForm(request.POST, group=self.group)
        if form.is_valid():
            try:
                saved = actions.save_synonyms(by=request.user, group=self.group, **form.cleaned_data)
                messages.success(request, f"同义词“{saved}”已登记，即刻生效。")
                return redirect("synonyms:index")
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


@require_POST
def remove_synonyms(request: HttpRequest, number: int) -> HttpResponse:
    """删除: the words are searched one by one again."""
    group = get_object_or_404(SynonymGroup, pk=number)
    actions.remove_synonyms(group, by=request.user)
    messages.success(request, f"同义词“{group}”已删除。")
    return redirect("synonyms:index")
