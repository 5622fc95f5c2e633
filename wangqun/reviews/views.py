"""The reviewer's desk: what waits, one text with everything needed to decide, the check sheet, delegations."""

from typing import Any

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page, TaskState, WorkflowState

from wangqun.access import actions as access
from wangqun.base.errors import Refused
from wangqun.base.pdf import PdfUnavailable, render_pdf
from wangqun.people.models import User
from wangqun.reviews import actions, eligibility
from wangqun.reviews.comparison import changed_pieces
from wangqun.reviews.forms import DelegationForm
from wangqun.reviews.models import CentreReview, Delegation, DepartmentReview, LeaderReview, Level, Signing, Transfer
from wangqun.screening import actions as screening
from wangqun.screening.models import Finding
from wangqun.websites.content import content_hash

PER_PAGE = 20


MOST = 200  # waiting tasks that are looked at; a reviewer with more has other worries than a second page


def waiting_for(user: User) -> list[TaskState]:
    """Return the tasks that `user` may sign today, the longest waiting first, in a constant number of queries."""
    levels = {
        ContentType.objects.get_for_model(model).pk: model.level for model in (DepartmentReview, LeaderReview, CentreReview)
    }
    tasks = TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS, task__content_type__in=levels)
    states = list(tasks.select_related("task", "revision", "workflow_state__requested_by").order_by("started_at")[:MOST])
    pages = Page.objects.in_bulk([int(state.revision.object_id) for state in states])
    cases = [
        eligibility.Case(pages[int(state.revision.object_id)], levels[state.task.content_type_id], state)
        for state in states
        if int(state.revision.object_id) in pages
    ]
    found = []
    for case, eligible in zip(cases, eligibility.judge(cases), strict=True):
        if user in eligible.signers:
            case.task_state.level_label = Level(case.level).label
            found.append(case.task_state)
    return found


class Desk(WagtailAdminTemplateMixin, TemplateView):
    """待我审核, and what I signed before."""

    template_name = "reviews/desk.html"
    page_title = "审核"
    header_icon = "check"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        signed = (
            Signing.objects.filter(by=self.request.user).exclude(level=Level.MACHINE).select_related("page", "workflow_state")
        )
        page = Paginator(signed.order_by("-id"), PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {
            "waiting": waiting_for(self.request.user),
            "signed": page,
            "page_obj": page,
        }


def _task(number: int, user: User) -> tuple[TaskState, Any, str]:
    """Return the task, its page and level, for those concerned: reviewers, authors, the office; 404 for others."""
    state = get_object_or_404(TaskState.objects.select_related("revision", "workflow_state", "task"), pk=number).specific
    page = state.revision.content_object
    if page is None or not hasattr(state.task.specific, "level"):
        raise Http404
    level = state.task.specific.level
    concerned = (
        user.pk in eligibility.authors(page)
        or user in eligibility.signers(page, level, state)
        or state.workflow_state.signings.filter(by=user).exists()
        or Transfer.objects.filter(task_state_id=state.pk, by=user).exists()
        or access.may(user, "reviews.centre", page)
        or access.may(user, "columns.manage", page)
        or access.may(user, "publication.records")
    )
    if not concerned:
        raise Http404
    return state, page, level


class Review(WagtailAdminTemplateMixin, TemplateView):
    """One text under review: preview, findings, changes, signatures, and the decision."""

    template_name = "reviews/review.html"
    header_icon = "check"
    comment = ""
    status = 200

    def get_page_title(self) -> str:
        return f"审核：{self.task_state.revision.object_str}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("reviews"), "label": "审核"},
            {"url": "", "label": self.task_state.revision.object_str},
        ]

    def dispatch(self, request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponse:
        self.task_state, self.page, self.level = _task(number, request.user)
        return super().dispatch(request, *args, number=number, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.comment = request.POST.get("comment", "")
        try:
            done = self._decide(request)
        except Refused as refusal:
            messages.error(request, str(refusal))
            self.status = 409
            return self.render_to_response(self.get_context_data(), status=409)
        messages.success(request, done)
        return redirect("reviews")

    def _decide(self, request: HttpRequest) -> str:
        seen = request.POST.get("seen_hash", "")
        match request.POST.get("decision"):
            case "approve":
                actions.approve(self.task_state, by=request.user, comment=self.comment, seen_hash=seen)
                return f"已签署：{self.task_state.revision.object_str} {Level(self.level).label}通过。"
            case "send_back":
                actions.send_back(self.task_state, by=request.user, reason=self.comment, seen_hash=seen)
                return f"已退回修改：{self.task_state.revision.object_str}。"
            case "transfer":
                to = User.objects.filter(pk=request.POST.get("to") or 0).first()
                if to is None:
                    raise Refused("请选择转交给谁。")
                actions.transfer(self.task_state, to=to, by=request.user, reason=self.comment)
                return f"已转交给{to}。"
            case _:
                raise Refused("请选择审核意见。")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state, page, level = self.task_state, self.page, self.level
        examination = screening.latest(state.revision)
        findings = list(examination.findings.select_related("justification__by")) if examination else []
        is_open = state.status == TaskState.STATUS_IN_PROGRESS
        may_sign = is_open and self.request.user in eligibility.signers(page, level, state)
        others = access.holders(eligibility.RIGHTS[Level(level)], page) if may_sign and level in eligibility.RIGHTS else []
        excluded = eligibility.authors(page) | {self.request.user.pk}
        authors = User.objects.filter(pk__in=eligibility.authors(page))
        return super().get_context_data(**kwargs) | {
            "task_state": state,
            "article": state.revision.as_object(),
            "level_label": Level(level).label,
            "is_open": is_open,
            "may_sign": may_sign,
            "may_justify": is_open
            and access.may(self.request.user, "screening.justify", page)
            and self.request.user not in authors,
            "examination": examination,
            "findings": findings,
            "levels": Finding.Level,
            "signings": state.workflow_state.signings.select_related("by", "on_behalf_of"),
            "transfers": Transfer.objects.filter(task_state__workflow_state=state.workflow_state).select_related("by", "to"),
            "changes": changed_pieces(page, state.revision),
            "others": [person for person in others if person.pk not in excluded],
            "authors": authors,
            "column": eligibility.column_of(page),
            "duty": eligibility.duty_of(page),
            "seen_hash": content_hash(state.revision),
            "comment": self.comment,
        }


def preview(request: HttpRequest, number: int) -> HttpResponse:
    """The text as it will stand, for the frame on the review page."""
    state, _page, _level = _task(number, request.user)
    return state.revision.as_object().serve_preview(request, "")


@require_POST
def justify(request: HttpRequest, number: int, finding: int) -> HttpResponse:
    """Say why a finding may stand."""
    state, _page, _level = _task(number, request.user)
    found = get_object_or_404(Finding, pk=finding, examination__revision_id=state.revision_id)
    try:
        screening.justify(found, reason=request.POST.get("reason", ""), by=request.user)
        messages.success(request, "已说明理由。")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("review", number=number)


def sheet(request: HttpRequest, number: int) -> HttpResponse:
    """审核单: who checked, reviewed and signed what; printable, as PDF with ?format=pdf."""
    workflow_state = get_object_or_404(WorkflowState, pk=number)
    last = workflow_state.task_states.order_by("-id").first()
    if last is None:
        raise Http404
    state, page, _level = _task(last.pk, request.user)
    examination = screening.latest(state.revision)
    html = render_to_string(
        "reviews/sheet.html",
        {
            "workflow_state": workflow_state,
            "article": state.revision.as_object(),
            "page": page,
            "column": eligibility.column_of(page),
            "duty": eligibility.duty_of(page),
            "examination": examination,
            "findings": examination.findings.select_related("justification__by") if examination else [],
            "signings": workflow_state.signings.select_related("by__organisation", "on_behalf_of"),
            "content_hash": content_hash(state.revision),
        },
    )
    if request.GET.get("format") == "pdf":
        try:
            response = HttpResponse(render_pdf(html), content_type="application/pdf")
            response["Content-Disposition"] = f'inline; filename="check-sheet-{workflow_state.pk}.pdf"'
            return response
        except PdfUnavailable:
            pass  # the same page prints from the browser
    return HttpResponse(html)


class Delegations(WagtailAdminTemplateMixin, TemplateView):
    """审核委托: mine, and a form for a new one."""

    template_name = "reviews/delegations.html"
    page_title = "审核委托"
    header_icon = "user"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": reverse("reviews"), "label": "审核"}, {"url": "", "label": self.page_title}]

    def rows(self) -> QuerySet[Delegation]:
        rows = Delegation.objects.select_related("absent", "deputy", "by")
        if access.may(self.request.user, "columns.manage"):
            return rows
        return rows.filter(absent=self.request.user) | rows.filter(deputy=self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", DelegationForm(user=self.request.user))
        page = Paginator(self.rows().order_by("-id"), PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {"delegations": page, "page_obj": page}

    def post(self, request: HttpRequest) -> HttpResponse:
        form = DelegationForm(request.POST, user=request.user)
        if form.is_valid():
            try:
                actions.delegate(absent=request.user, by=request.user, **form.cleaned_data)
                messages.success(request, "已登记委托。")
                return redirect("delegations")
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


@require_POST
def end_delegation(request: HttpRequest, number: int) -> HttpResponse:
    """End a delegation early."""
    try:
        actions.end_delegation(get_object_or_404(Delegation, pk=number), by=request.user)
        messages.success(request, "委托已结束。")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("delegations")
