"""转载来源 in the back office: the list, one source, its form, approval and its withdrawal. 依据：石16。"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from wangqun.access.actions import may
from wangqun.access.screens import ScopedIndexView, ScopedInspectView
from wangqun.articles import actions
from wangqun.articles.forms import SourceForm
from wangqun.articles.models import Source
from wangqun.base.errors import Refused

RIGHT = "articles.sources"


class SourceIndex(ScopedIndexView):
    """The list, with the way to enter a source."""

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("approved_by")

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not may(self.request.user, RIGHT):
            return []
        return [HeaderButton("登记来源", url=reverse("sources:enter"), icon_name="plus", priority=10)]


class SourcePage(ScopedInspectView):
    """One source, and what can be done with it."""

    template_name = "articles/source.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"source": self.object, "may_change": may(self.request.user, RIGHT)}


class SourceEntry(WagtailAdminTemplateMixin, TemplateView):
    """Enter a source, or change one; for others than the office it is not there."""

    template_name = "articles/source_form.html"
    header_icon = "link-external"
    source: Source | None = None

    def get_page_title(self) -> str:
        return f"修改转载来源：{self.source}" if self.source else "登记转载来源"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("sources:index"), "label": "转载来源"},
            {"url": "", "label": self.get_page_title()},
        ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, RIGHT):
            raise Http404
        if "number" in kwargs:
            self.source = get_object_or_404(Source, pk=kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", SourceForm(source=self.source))
        return super().get_context_data(**kwargs) | {"source": self.source}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = SourceForm(request.POST, source=self.source)
        if form.is_valid():
            try:
                saved = actions.save_source(by=request.user, source=self.source, **form.cleaned_data)
                state = "已核准" if saved.is_approved else "尚未核准，核准后方可转载"
                messages.success(request, f"来源“{saved}”已登记，{state}。")
                return redirect("sources:inspect", saved.pk)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


@require_POST
def approve(request: HttpRequest, number: int) -> HttpResponse:
    """核准: its texts may be reprinted."""
    source = actions.approve_source(get_object_or_404(Source, pk=number), by=request.user)
    messages.success(request, f"“{source}”已核准，可以转载。")
    return redirect("sources:inspect", source.pk)


@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """取消核准: no further texts of it."""
    source = get_object_or_404(Source, pk=number)
    actions.withdraw_approval(source, by=request.user, reason=request.POST.get("reason", ""))
    messages.success(request, f"“{source}”的核准已取消，今后不得转载。")
    return redirect("sources:inspect", source.pk)
