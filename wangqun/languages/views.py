"""繁体专名 and 外文名称 in the back office. 依据：沪15。"""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import Page

from wangqun.access.actions import may
from wangqun.access.screens import ScopedIndexView
from wangqun.base.errors import Refused
from wangqun.languages import actions
from wangqun.languages.forms import NamesForm, WordForm
from wangqun.languages.models import PageName, ProtectedWord

RIGHT = "languages.words"


class WordIndex(ScopedIndexView):
    """The list, with the way to enter a name."""

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not may(self.request.user, RIGHT):
            return []
        return [HeaderButton("登记专名", url=reverse("protected_words:enter"), icon_name="plus", priority=10)]


class WordEntry(WagtailAdminTemplateMixin, TemplateView):
    """Enter a name, or change one; for others than the office it is not there."""

    template_name = "languages/word_form.html"
    header_icon = "globe"
    held: ProtectedWord | None = None

    def get_page_title(self) -> str:
        return f"修改繁体专名：{self.held.word}" if self.held else "登记繁体专名"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        above = {"url": reverse("protected_words:index"), "label": "繁体专名"}
        return [*self.breadcrumbs_items, above, {"url": "", "label": self.get_page_title()}]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, RIGHT):
            raise Http404
        if "number" in kwargs:
            self.held = get_object_or_404(ProtectedWord, pk=kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", WordForm(held=self.held))
        return super().get_context_data(**kwargs) | {"held": self.held}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = WordForm(request.POST, held=self.held)
        if form.is_valid():
            try:
                saved = actions.save_word(by=request.user, held=self.held, **form.cleaned_data)
                messages.success(request, f"“{saved}”已登记，繁体网页正在更新。")
                return redirect("protected_words:index")
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


@require_POST
def remove_word(request: HttpRequest, number: int) -> HttpResponse:
    """删除: the machine converts this name again."""
    row = get_object_or_404(ProtectedWord, pk=number)
    actions.remove_word(row, by=request.user)
    messages.success(request, f"“{row.word}”已删除，繁体网页正在更新。")
    return redirect("protected_words:index")


class NamesEntry(WagtailAdminTemplateMixin, TemplateView):
    """外文名称: what a column or site is called in other languages."""

    template_name = "languages/names_form.html"
    header_icon = "globe"

    def get_page_title(self) -> str:
        return f"“{self.page.title}”的外文名称"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": "外文名称"}]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        self.page = get_object_or_404(Page, pk=number)
        if not may(request.user, "columns.manage", self.page):
            raise Http404
        return super().dispatch(request, *args, number=number, **kwargs)

    def _form(self, *data: Any) -> NamesForm:
        rows = PageName.objects.filter(page=self.page)
        return NamesForm(*data, names=dict(rows.values_list("language", "title")))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self._form())
        return super().get_context_data(**kwargs) | {"page": self.page}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if form.is_valid():
            try:
                with transaction.atomic():
                    for language, title in form.cleaned_data.items():
                        actions.save_name(self.page, language=language, title=title, by=request.user)
                messages.success(request, f"“{self.page.title}”的外文名称已登记。")
                return redirect("wagtailadmin_explore", self.page.pk)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)
