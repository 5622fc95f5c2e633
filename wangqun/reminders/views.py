"""Slips, receipts, telephone reminders, the criticism list and the rules, in the back office."""

import calendar
import re
from datetime import date
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.views import generic

from wangqun.access.actions import may_somewhere, require
from wangqun.access.screens import ScopedIndexView, ScopedInspectView
from wangqun.base.errors import Refused
from wangqun.base.moments import end_of, start_of, today
from wangqun.base.pdf import PdfUnavailable, render_pdf
from wangqun.people.actions import information_office
from wangqun.people.models import Organisation, User
from wangqun.reminders.actions import change_rule, confirm, record_phone_call
from wangqun.reminders.basis import spell_out
from wangqun.reminders.forms import PhoneCallForm
from wangqun.reminders.models import Escalation, Reminder, ReminderRule, organisations_of

NUMBER = re.compile(r"(?P<mark>[^\d〔\[（(]*?)提?[〔\[（(]?(?P<year>\d{4})[〕\]）)]\s*(?P<serial>\d+)?号?")


class StaffRequest(HttpRequest):
    """Behind the door of the back office somebody is always signed in."""

    user: User


def organisations_with(rows: Any) -> Any:
    """A choice of the organisations that stand in the list which the asking person sees."""

    def choices(request: StaffRequest | None) -> QuerySet[Organisation]:
        if request is None:
            return Organisation.objects.none()
        return Organisation.objects.filter(pk__in=rows.objects.visible_to(request.user).values("organisation"))

    return choices


def months(rows: Any, field: str) -> Any:
    """The months from the first row to this one, newest first, as choices."""

    def choices() -> list[tuple[str, str]]:
        first = rows.objects.order_by(field).values_list(f"{field}__date", flat=True).first()
        found, year, month = [], today().year, today().month
        while first and (year, month) >= (first.year, first.month):
            found.append((f"{year}-{month:02}", f"{year}年{month}月"))
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        return found

    return choices


def within_month(field: str) -> Any:
    """A filter on `field` by "2026-03"."""

    def by_month(rows: QuerySet, _name: str, value: str) -> QuerySet:
        year, month = (int(part) for part in value.split("-"))
        last = calendar.monthrange(year, month)[1]
        begin, end = start_of(date(year, month, 1)), end_of(date(year, month, last))
        return rows.filter(**{f"{field}__gte": begin, f"{field}__lt": end})

    return by_month


class ReminderFilterSet(WagtailFilterSet):
    """By stage, organisation, open or closed, received or not, and month of issue."""

    organisation = django_filters.ModelChoiceFilter(label="被提醒单位", queryset=organisations_with(Reminder))
    state = django_filters.ChoiceFilter(
        label="状态", method="by_state", choices=[("unconfirmed", "待签收"), ("open", "未办结"), ("closed", "已办结")]
    )
    month = django_filters.ChoiceFilter(
        label="签发月份", method=within_month("issued_at"), choices=months(Reminder, "issued_at")
    )

    class Meta:
        model = Reminder
        fields = ["stage", "organisation", "state", "month"]

    def by_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == "closed":
            return rows.filter(closed_at__isnull=False)
        if value == "unconfirmed":
            return rows.filter(receipt__isnull=True, closed_at__isnull=True)
        return rows.filter(closed_at__isnull=True)


class ReminderIndex(ScopedIndexView):
    """The list; a search finds a whole number, its parts, the subject or the organisation."""

    def get_base_queryset(self) -> QuerySet[Reminder]:
        return super().get_base_queryset().select_related("organisation", "receipt__by")

    def search_queryset(self, queryset: QuerySet[Reminder]) -> QuerySet[Reminder]:
        if not self.is_searching:
            return queryset
        words = self.search_query.strip()
        named = NUMBER.fullmatch(words)
        if named:
            parts = {"mark": named["mark"], "year": named["year"], "serial": named["serial"]}
            return queryset.filter(**{name: value for name, value in parts.items() if value})
        found = Q(subject__icontains=words) | Q(organisation__name__icontains=words)
        found |= Q(organisation__short_name__icontains=words)
        if words.removesuffix("号").isdecimal():
            found |= Q(serial=int(words.removesuffix("号")[:9]))
        return queryset.filter(found)


class ReminderPage(ScopedInspectView):
    """One slip with everything that happened to it, and what can be done now."""

    template_name = "reminders/detail.html"
    page_title = "提醒单"

    def get_page_subtitle(self) -> str:
        return self.object.number

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, slip = self.request.user, self.object
        is_mine = slip.organisation_id in organisations_of(user) and may_somewhere(user, "reminders.confirm")
        return super().get_context_data(**kwargs) | {
            "slip": slip,
            "basis": spell_out(slip.basis),
            "history": history(slip),
            "can_confirm": is_mine and not hasattr(slip, "receipt"),
            "can_record_call": may_somewhere(user, "reminders.manage"),
        }


def history(slip: Reminder) -> list[tuple[Any, str, str]]:
    """Return (moment, what, by whom) of everything that happened to the slip and its round, oldest first."""
    happened = []
    for other in slip.clock.reminders.filter(cycle=slip.cycle).select_related("issued_by"):
        happened.append((other.issued_at, f"签发{other.get_stage_display()}单 {other.number}", str(other.issued_by)))
    if hasattr(slip, "receipt"):
        remark = f"：{slip.receipt.remark}" if slip.receipt.remark else ""
        happened.append((slip.receipt.at, f"签收{remark}", str(slip.receipt.by)))
    for call in slip.phone_calls.select_related("called_by"):
        told = f"电话提醒 {call.answered_by}（{call.phone}）：{call.content}"
        happened.append((call.called_at, told, str(call.called_by)))
    for entry in Escalation.objects.filter(reminder__clock=slip.clock, reminder__cycle=slip.cycle).select_related("leader"):
        leader = f"，并报分管领导{entry.leader}" if entry.leader else ""
        happened.append((entry.at, f"列入通报批评建议名单{leader}", "系统"))
    if slip.closed_at:
        happened.append((slip.closed_at, f"办结：{slip.closed_reason}", ""))
    return sorted(happened, key=lambda row: row[0])


def _slip(request: StaffRequest, number: int) -> Reminder:
    """The slip, for those in whose list it stands; 404 for others."""
    return get_object_or_404(Reminder.objects.visible_to(request.user).select_related("organisation"), pk=number)


@require_POST
def confirm_slip(request: StaffRequest, number: int) -> HttpResponse:
    """Confirm receipt and come back to the slip."""
    slip = _slip(request, number)
    try:
        confirm(slip, by=request.user, remark=request.POST.get("remark", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已签收 {slip.number}。")
    return redirect(slip.url)


@require_http_methods(["GET", "POST"])
def phone_call(request: StaffRequest, number: int) -> HttpResponse:
    """Enter a telephone reminder; nothing typed is lost where it is refused."""
    slip = _slip(request, number)
    require(request.user, "reminders.manage")
    form = PhoneCallForm(request.POST or None, reminder=slip)
    if request.method == "POST" and form.is_valid():
        try:
            record_phone_call(slip, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已记录电话提醒。")
            return redirect(slip.url)
    crumbs = [
        {"url": reverse("wagtailadmin_home"), "label": "首页"},
        {"url": reverse("reminders:index"), "label": "提醒单"},
        {"url": slip.url, "label": slip.number},
        {"url": "", "label": "记录电话提醒"},
    ]
    values = {"form": form, "slip": slip, "breadcrumbs_items": crumbs, "header_title": f"记录电话提醒：{slip.number}"}
    return render(request, "reminders/phone_call.html", values | {"header_icon": "mobile-alt"})


@require_GET
def print_slip(request: StaffRequest, number: int) -> HttpResponse:
    """The slip as PDF; where this machine cannot make one, or with ?format=html, the same page for the browser."""
    slip = _slip(request, number)
    html = slip_page(slip)
    if request.GET.get("format") == "html":
        return HttpResponse(html)
    try:
        content = render_pdf(html)
    except PdfUnavailable:
        return HttpResponse(html)
    name = f"reminder-{slip.year}-{slip.serial}.pdf"
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def slip_page(slip: Reminder) -> str:
    """Return the printable page of a slip. 依据：石15（书面提醒单）。"""
    office = information_office()
    earlier = None
    if slip.stage == Reminder.Stage.SECOND:
        earlier = Reminder.objects.filter(clock=slip.clock_id, cycle=slip.cycle, stage=Reminder.Stage.FIRST).first()
    values = {
        "slip": slip,
        "basis": spell_out(slip.basis),
        "office": office,
        "issuer": office.with_ancestors()[-1],
        "earlier": earlier,
        "is_first": slip.stage == Reminder.Stage.FIRST,
        "receipt": getattr(slip, "receipt", None),
    }
    return render_to_string("reminders/slip.html", values)


class EscalationFilterSet(WagtailFilterSet):
    """By organisation and month."""

    organisation = django_filters.ModelChoiceFilter(label="单位", queryset=organisations_with(Escalation))
    month = django_filters.ChoiceFilter(label="月份", method=within_month("at"), choices=months(Escalation, "at"))

    class Meta:
        model = Escalation
        fields = ["organisation", "month"]


class EscalationIndex(ScopedIndexView):
    """The criticism list; each entry opens the slip behind it."""

    def get_base_queryset(self) -> QuerySet[Escalation]:
        return super().get_base_queryset().select_related("organisation", "leader", "reminder")

    def get_inspect_url(self, instance: Escalation) -> str:
        return instance.reminder.url


class RuleEdit(generic.EditView):
    """Changes the figures of a rule through its action."""

    def save_instance(self) -> ReminderRule:
        return change_rule(self.object, by=self.request.user, **self.form.cleaned_data)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except Refused as refusal:
            # As Wagtail's own post() does it: the sentence stands on top, the figures typed stay in the form.
            self.produced_error_code, self.produced_error_message = "refused", str(refusal)
            return self.form_invalid(form)
