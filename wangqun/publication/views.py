"""Withdrawal, in the back office."""

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
from wangqun.publication.actions import is_public, withdraw
from wangqun.publication.forms import WithdrawalForm
from wangqun.publication.models import Release
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
