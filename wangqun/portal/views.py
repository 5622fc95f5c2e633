"""What is not released; and, in the back office, building a site and opening a column."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page

from wangqun.access.actions import may
from wangqun.base.errors import Refused
from wangqun.columns import actions as columns
from wangqun.columns.models import ColumnPage
from wangqun.languages.known import spoken
from wangqun.portal.forms import ColumnForm, StructureForm
from wangqun.portal.models import HomePage
from wangqun.publication import actions as publication
from wangqun.publication import dependents
from wangqun.publication.moving import new_address
from wangqun.websites import actions as websites
from wangqun.websites.models import Website


def not_released(request: HttpRequest, path: str = "") -> HttpResponse:
    """Lead on to what moved away from here, else say that there is no such page; the front has already looked for a file."""
    website = Website.objects.open().filter(domain=request.get_host().partition(":")[0].lower()).first()
    if website is not None and (address := new_address(website, request.path)) is not None:
        return HttpResponsePermanentRedirect(address)
    return render(request, "404.html", {"website": website, "address": spoken().home}, status=404)


@require_POST
def build_website(request: HttpRequest, number: int) -> HttpResponse:
    """Give an admitted site its home page, and release it."""
    website = get_object_or_404(Website, pk=number)
    try:
        with transaction.atomic():
            home = HomePage(title=website.name, introduction=f"{website.organisation}网站")
            websites.build(website, home, by=request.user)
            publication.release_structure(home, by=request.user, reason="网站建设")
        messages.success(request, f"“{website}”已建立首页，可以开设栏目。")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("websites:inspect", website.pk)


class NewColumn(WagtailAdminTemplateMixin, TemplateView):
    """新建栏目: its settings and the people who keep it, in one form; public at once, empty. 依据：石13。"""

    template_name = "portal/new_column.html"
    header_icon = "folder-open-1"

    def get_page_title(self) -> str:
        return f"在“{self.parent.title}”下新建栏目"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": "新建栏目"}]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        self.parent = get_object_or_404(Page, pk=number).specific
        if not isinstance(self.parent, HomePage | ColumnPage) or not may(request.user, "columns.manage", self.parent):
            raise Http404
        return super().dispatch(request, *args, number=number, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", ColumnForm())
        return super().get_context_data(**kwargs) | {"parent": self.parent}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = ColumnForm(request.POST)
        if form.is_valid():
            try:
                column = self._open(request, form.cleaned_data)
                messages.success(request, f"栏目“{column.title}”已开通。")
                return redirect("wagtailadmin_explore", column.pk)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)

    @transaction.atomic
    def _open(self, request: HttpRequest, values: dict[str, Any]) -> ColumnPage:
        people = {name: values.pop(name) for name in ("organisation", "editors", "reviewers")}
        if values["update_days"] is None:
            del values["update_days"]
        column = columns.open_column(self.parent, by=request.user, **values)
        columns.entrust(column, by=request.user, **people)
        publication.release_structure(column, by=request.user, reason="栏目开通")
        return column


class PublishStructure(WagtailAdminTemplateMixin, TemplateView):
    """公开栏目或首页的改动: shows how many files of which sites will be made again, then does it. 依据：沪23。"""

    template_name = "portal/publish_structure.html"
    header_icon = "upload"

    def get_page_title(self) -> str:
        return f"公开改动：{self.subject.title}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        edit = reverse("wagtailadmin_pages:edit", args=[self.subject.pk])
        return [*self.breadcrumbs_items, {"url": edit, "label": self.subject.title}, {"url": "", "label": "公开改动"}]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        self.subject = get_object_or_404(Page, pk=number).specific
        if not isinstance(self.subject, HomePage | ColumnPage) or not may(request.user, "publication.structure", self.subject):
            raise Http404
        return super().dispatch(request, *args, number=number, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", StructureForm())
        last = publication.newest_release(self.subject)
        return super().get_context_data(**kwargs) | {
            "subject": self.subject,
            "sources": dependents.sources_of(self.subject),
            "last": last,
            "is_same": last is not None and last.revision_id == self.subject.latest_revision_id,
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = StructureForm(request.POST)
        if form.is_valid():
            try:
                publication.release_structure(self.subject, by=request.user, reason=form.cleaned_data["reason"])
                messages.success(request, f"“{self.subject.title}”的改动已公开。")
                return redirect("wagtailadmin_pages:edit", self.subject.pk)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


@require_POST
def rebuild_website(request: HttpRequest, number: int) -> HttpResponse:
    """Make all files of a site again, behind everything else; the list of wide changes shows the progress."""
    website = get_object_or_404(Website, pk=number)
    try:
        publication.rebuild(website, by=request.user, reason="人工重新生成")
        messages.success(request, f"已开始重新生成“{website}”的文件，不影响新稿件发布，进度见“批量更新”。")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("websites:inspect", website.pk)
