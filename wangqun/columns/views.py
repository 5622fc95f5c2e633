"""栏目责任 in the back office: the list of a day, one column's duty, two days compared, spreadsheet in and out, paper."""

from typing import Any

from django.core.paginator import Paginator
from django.core.signing import BadSignature, dumps, loads
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wangqun.access.actions import may, may_somewhere
from wangqun.base import workbook
from wangqun.base.errors import Refused
from wangqun.base.moments import today
from wangqun.columns import sheet
from wangqun.columns.actions import entrust
from wangqun.columns.forms import CompareForm, DutyForm, ListForm, OrganisationForm, UploadForm
from wangqun.columns.models import ColumnPage, Duty
from wangqun.people.models import Organisation

ON_A_PAGE = 50
SALT = "wangqun.columns.import"
PREVIEW_AGE = 3600  # seconds in which a preview may be confirmed


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A page of the duty screens."""

    header_icon = "clipboard-list"
    page_title = "栏目责任"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("duties"), "label": "栏目责任"},
            {"url": "", "label": self.get_page_title()},
        ]


def _chosen(request: HttpRequest) -> tuple[ListForm, dict[str, Any]]:
    """Return the filter form and what it asks for; a filter that cannot be read asks for everything of today."""
    form = ListForm(request.GET)
    values = form.cleaned_data if form.is_valid() else {"website": None, "organisation": None, "day": today(), "only": ""}
    return form, values


def _lines(request: HttpRequest, values: dict[str, Any]) -> list[sheet.Line]:
    found = sheet.lines(values["day"], user=request.user, website=values["website"], organisation=values["organisation"])
    if values["only"] == "missing":
        return [line for line in found if line.in_force is None]
    if values["only"] == "left":
        return [line for line in found if line.left]
    return found


class DutyList(Screen):
    """Who answers for each column on a day."""

    template_name = "columns/admin/list.html"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, values = _chosen(self.request)
        found = _lines(self.request, values)
        query = self.request.GET.copy()
        query.pop("p", None)
        return super().get_context_data(**kwargs) | {
            "form": form,
            "day": values["day"],
            "only": values["only"],
            "page": Paginator(found, ON_A_PAGE).get_page(self.request.GET.get("p")),
            "missing": sum(line.in_force is None for line in found),
            "left": sum(bool(line.left) for line in found),
            "query": query.urlencode(),
            "may_import": may_somewhere(self.request.user, "columns.manage"),
        }


class DutyEntry(Screen):
    """One column: who answered when, and, for those who may, the form that entrusts it afresh."""

    template_name = "columns/admin/entry.html"

    def get_page_title(self) -> str:
        return f"{self.column.website.name} · {self.column.title}"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.column = get_object_or_404(ColumnPage, pk=kwargs["number"])
        if not sheet.Scope(request.user).holds(self.column):
            raise Http404
        duties = Duty.objects.filter(column=self.column).select_related("organisation").prefetch_related("persons__user")
        self.duties = list(duties.order_by("-valid_from"))
        self.may_change = may(request.user, "columns.manage", self.column)
        return super().dispatch(request, *args, **kwargs)

    def _form(self, *data: Any) -> tuple[DutyForm | None, Organisation | None]:
        """Return the form for the organisation asked for; by default for the one that answers now."""
        current = next((duty for duty in self.duties if duty.valid_until is None), None)
        asked = OrganisationForm(self.request.GET)
        if self.request.GET.get("organisation") and asked.is_valid():
            organisation = asked.cleaned_data["organisation"]
        else:
            organisation = current.organisation if current else self.column.website.organisation
        return DutyForm(*data, organisation=organisation, current=current), organisation

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, organisation = self._form()
        kwargs.setdefault("form", form)
        return super().get_context_data(**kwargs) | {
            "column": self.column,
            "duties": self.duties,
            "inherited": None if self.duties else self.column.duty_on(today()),
            "may_change": self.may_change,
            "organisation": organisation,
            "organisation_form": OrganisationForm(initial={"organisation": organisation}),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not self.may_change:
            raise Http404
        form, organisation = self._form(request.POST)
        if form.is_valid():
            try:
                entrust(self.column, organisation=organisation, by=request.user, **form.cleaned_data)
                messages.success(request, f"栏目“{self.column.title}”的责任已登记。")
                return redirect("duty", self.column.pk)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


class Comparison(Screen):
    """Who answered on one day and who on another; only what differs."""

    template_name = "columns/admin/compare.html"
    page_title = "两日对照"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = CompareForm(self.request.GET or None, initial={"first": today().replace(day=1), "second": today()})
        differences = None
        if form.is_valid():
            first, second, website = (form.cleaned_data[name] for name in ("first", "second", "website"))
            before = {line.column.pk: line for line in sheet.lines(first, user=self.request.user, website=website)}
            after = sheet.lines(second, user=self.request.user, website=website)
            differences = [(before[line.column.pk], line) for line in after if _said(before[line.column.pk]) != _said(line)]
        return super().get_context_data(**kwargs) | {"form": form, "differences": differences}


def _said(line: sheet.Line) -> tuple[Any, ...]:
    """Return what the list says of a column, for comparison."""
    duty = line.in_force
    return (duty and duty.organisation_id, line.editors, line.reviewers, line.deputies)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The list as a spreadsheet."""
    _form, values = _chosen(request)
    contents = sheet.write(_lines(request, values), day=values["day"], website=values["website"])
    response = HttpResponse(contents, content_type=workbook.CONTENT_TYPE)
    response.headers["Content-Disposition"] = f"attachment; filename=duties-{values['day']:%Y%m%d}.xlsx"
    return response


@require_GET
def paper(request: HttpRequest) -> HttpResponse:
    """The list laid out as annex 1, site by site."""
    _form, values = _chosen(request)
    sites: dict[int, list[sheet.Line]] = {}
    for line in _lines(request, values):
        sites.setdefault(line.website.pk, []).append(line)
    lists = [(sheet.title(found[0].website), found[0].website.is_portal, found) for found in sites.values()]
    return render(request, "columns/admin/print.html", {"lists": lists, "day": values["day"]})


class Import(Screen):
    """导入: upload, look at what would change, confirm. All or nothing."""

    template_name = "columns/admin/import.html"
    page_title = "导入责任明细表"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_somewhere(request.user, "columns.manage"):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", UploadForm())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        return self._confirm(request) if "payload" in request.POST else self._preview(request)

    def _preview(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES)
        context: dict[str, Any] = {"form": form}
        status = 409
        if form.is_valid():
            try:
                entries = sheet.read(form.cleaned_data["file"].read())
                plan = sheet.plan(entries, by=request.user)
                context["plan"] = plan
                if plan.changes and not plan.faults:
                    rows = [[entry.number, [entry.cells[heading] for heading in sheet.HEADINGS]] for entry in entries]
                    context["payload"] = dumps([request.user.pk, plan.digest, rows], salt=SALT, compress=True)
                status = 409 if plan.faults else 200
            except Refused as refusal:
                form.add_error("file", str(refusal))
        return self.render_to_response(self.get_context_data(**context), status=status)

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        """Take over exactly the list that was shown: it came back signed, and must still mean the same."""
        try:
            user, expected, rows = loads(request.POST["payload"], salt=SALT, max_age=PREVIEW_AGE)
        except BadSignature as problem:
            raise Refused("预览已过期，没有导入任何内容，请重新上传。") from problem
        if user != request.user.pk:
            raise Refused("这份预览是别人上传的，请自己上传后再导入。")
        entries = [sheet.Entry(number, dict(zip(sheet.HEADINGS, cells, strict=True))) for number, cells in rows]
        changed = sheet.carry_out(entries, by=request.user, expected=expected)
        messages.success(request, f"已导入责任明细表，{changed} 个栏目的责任有变化。")
        return redirect("duties")
