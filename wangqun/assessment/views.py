"""考核排名 in the back office: a month, its ranking, what every point rests on, 定稿, spreadsheet and paper."""

from collections import Counter
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wangqun.access.actions import may
from wangqun.assessment.actions import close_month, enter_scheme, verify_ranking
from wangqun.assessment.forms import SchemeForm
from wangqun.assessment.measures import LIMITS, MEASURES, Month, compute, scheme_for
from wangqun.assessment.models import Ranking, Scheme
from wangqun.base import workbook
from wangqun.base.errors import Refused
from wangqun.base.moments import today
from wangqun.clocks.models import ClockEvent
from wangqun.people.models import Organisation

LISTS = {  # where the fact behind a point is shown
    "publication.release": "releases:inspect",
    "reminders.reminder": "reminders:inspect",
    "reminders.escalation": "escalations:inspect",
}


class Line(NamedTuple):
    """One organisation as the table shows it."""

    place: int
    organisation: Organisation
    score: str
    measures: list[str]
    points: list[Any]


class Board(NamedTuple):
    """A month's ranking, frozen or as it would be now."""

    year: int
    month: int
    scheme: Scheme
    ranking: Ranking | None
    lines: list[Line]

    @property
    def title(self) -> str:
        return f"{self.year}年{self.month}月网站信息维护和内容更新考核排名"


def score(tenths: int) -> str:
    """Return tenths of a point as people read them: 25 → "2.5"."""
    return f"{tenths / 10:.1f}"


def board(year: int, month: int) -> Board:
    """Return the frozen ranking of a month, or its preview. A constant number of queries."""
    ranking = Ranking.objects.filter(year=year, month=month).select_related("scheme", "closed_by").first()
    if ranking is None:
        standing = compute(year, month)
        return Board(year, month, standing.scheme, None, [_line(row, row.points) for row in standing.rows])
    rows = ranking.rows.select_related("organisation").prefetch_related("points")
    return Board(year, month, ranking.scheme, ranking, [_line(row, list(row.points.all())) for row in rows])


def _line(row: Any, points: list[Any]) -> Line:
    sums: Counter[str] = Counter()
    for point in points:
        sums[point.measure] += point.tenths
    held = {point.measure for point in points}
    cells = [score(sums[name]) if name in held else "" for name in MEASURES]
    return Line(row.place, row.organisation, score(row.tenths), cells, points)


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A page of the ranking's screens."""

    header_icon = "order-down"
    page_title = "考核排名"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("assessment"), "label": "考核排名"},
            {"url": "", "label": self.get_page_title()},
        ]


class Overview(Screen):
    """The ranking of one month, by default this one."""

    template_name = "assessment/ranking.html"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("month", "")
        now = today()
        shown, refusal = None, ""
        try:
            year, month = (int(part) for part in asked.split("-")) if asked else (now.year, now.month)
            shown = board(year, month)
        except ValueError:
            refusal = "月份请按“2026-03”的形式填写。"
        except Refused as problem:
            refusal = str(problem)
        return super().get_context_data(**kwargs) | {
            "board": shown,
            "refusal": refusal,
            "measures": MEASURES.values(),
            "asked": asked or f"{now:%Y-%m}",
            "frozen": Ranking.objects.order_by("-year", "-month")[:24],
            "may_close": may(self.request.user, "assessment.manage"),
            "is_over": shown is not None and Month(shown.year, shown.month).is_over,
            "is_sound": shown is None or shown.ranking is None or verify_ranking(shown.ranking),
        }


class Points(Screen):
    """Every point of one organisation in one month, with the fact behind it."""

    template_name = "assessment/points.html"

    def get_page_title(self) -> str:
        return f"{self.organisation.name} {self.kwargs['year']}年{self.kwargs['month']}月得分明细"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.organisation = get_object_or_404(Organisation, pk=kwargs["organisation"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = board(self.kwargs["year"], self.kwargs["month"])
        line = next((line for line in shown.lines if line.organisation.pk == self.organisation.pk), None)
        if line is None:
            raise Http404
        addresses = fact_addresses(line.points)
        points = [
            {
                "on": point.happened_on,
                "measure": MEASURES.get(point.measure, point.measure),
                "label": point.label,
                "score": score(point.tenths),
                "is_minus": point.tenths < 0,
                "url": addresses.get((point.fact_type, point.fact_id), ""),
            }
            for point in line.points
        ]
        return super().get_context_data(**kwargs) | {"board": shown, "line": line, "points": points}


def fact_addresses(points: list[Any]) -> dict[tuple[str, int], str]:
    """Return where the back office shows each fact; facts without a screen of their own are left out."""
    found = {}
    for point in points:
        if name := LISTS.get(point.fact_type):
            try:
                found[point.fact_type, point.fact_id] = reverse(name, args=[point.fact_id])
            except NoReverseMatch:
                continue
    events = [point.fact_id for point in points if point.fact_type == "clocks.clockevent"]
    for pk, address in ClockEvent.objects.filter(pk__in=events).values_list("pk", "clock__url"):
        found["clocks.clockevent", pk] = address
    return found


class Close(Screen):
    """定稿: shows what will be frozen, and does it on the second step."""

    template_name = "assessment/close.html"

    def get_page_title(self) -> str:
        return f"{self.kwargs['year']}年{self.kwargs['month']}月排名定稿"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, "assessment.manage"):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year, month = self.kwargs["year"], self.kwargs["month"]
        return super().get_context_data(**kwargs) | {"board": board(year, month), "is_over": Month(year, month).is_over}

    def post(self, request: HttpRequest, year: int, month: int) -> HttpResponse:
        ranking = close_month(year, month, by=request.user)
        messages.success(request, f"{ranking}已定稿。")
        return redirect(f"{reverse('assessment')}?month={year}-{month:02}")


class Schemes(Screen):
    """考核办法: every version of the scoring rules, newest first, and how each differs from the one before."""

    template_name = "assessment/schemes.html"
    page_title = "考核办法"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schemes = list(Scheme.objects.select_related("entered_by").order_by("version"))
        now = scheme_for(today().replace(day=1))
        versions = [
            {
                "scheme": scheme,
                "is_in_force": scheme == now,
                "is_ahead": scheme.valid_from > today(),
                "figures": figures_of(scheme.points),
                "differences": differences(before.points, scheme.points) if before else [],
            }
            for before, scheme in zip([None, *schemes], schemes, strict=False)
        ]
        return super().get_context_data(**kwargs) | {
            "versions": reversed(versions),
            "may_enter": may(self.request.user, "assessment.manage"),
        }


def figures_of(points: dict[str, int]) -> list[tuple[str, str]]:
    """Return every figure of a version as people read it: label and value with its unit."""
    found = [(label, f"{score(points[name])} 分") for name, label in MEASURES.items() if name in points]
    return found + [(label, f"{points[name]} {unit}") for name, (label, unit, _largest) in LIMITS.items() if name in points]


def differences(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Return in words what one version of the rules changes in another."""
    old, new = dict(figures_of(before)), dict(figures_of(after))
    return [f"{label}由 {old.get(label, '无')} 改为 {value}" for label, value in new.items() if old.get(label) != value]


class EnterScheme(Screen):
    """A new version of the scoring rules, starting from the figures of the newest one."""

    template_name = "assessment/enter_scheme.html"
    page_title = "录入考核办法新版本"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, "assessment.manage"):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def form(self, *data: Any) -> SchemeForm:
        newest = Scheme.objects.order_by("-version").first()
        return SchemeForm(*data, points=newest.points if newest else {})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.form())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                given = form.cleaned_data
                scheme = enter_scheme(
                    points=form.points(), valid_from=given["valid_from"], remark=given["remark"], by=request.user
                )
                messages.success(request, f"考核办法{scheme}已录入，自 {scheme.valid_from:%Y-%m-%d} 起用。")
                return redirect("assessment_schemes")
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


@require_GET
def export(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The ranking and its points as a spreadsheet of two sheets."""
    shown = board(year, month)
    response = HttpResponse(spreadsheet(shown), content_type=workbook.CONTENT_TYPE)
    response.headers["Content-Disposition"] = f"attachment; filename=ranking-{year}-{month:02}.xlsx"
    return response


def spreadsheet(shown: Board) -> bytes:
    """Return the .xlsx of a month: the ranking, and every point with its fact."""
    ranking = workbook.Table(
        name="排名",
        title=shown.title,
        subtitle=state_of(shown),
        headings=["名次", "单位", "得分", *MEASURES.values()],
        widths=[7, 30, 9, *[10] * len(MEASURES)],
        rows=[
            [line.place, line.organisation.name, float(line.score), *[float(cell) if cell else None for cell in line.measures]]
            for line in shown.lines
        ],
        notes=notes(shown),
    )
    points = workbook.Table(
        name="得分明细",
        title=f"{shown.title}得分明细",
        headings=["单位", "日期", "考核项", "依据", "分值", "依据类型", "依据编号"],
        widths=[26, 13, 13, 60, 8, 22, 10],
        rows=[
            [line.organisation.name, point.happened_on, MEASURES.get(point.measure, point.measure), point.label]
            + [point.tenths / 10, point.fact_type, point.fact_id]
            for line in shown.lines
            for point in line.points
        ],
    )
    return workbook.write([ranking, points])


def state_of(shown: Board) -> str:
    """Return whether the ranking is final, for the line below its title."""
    if shown.ranking is None:
        return f"预览（{today():%Y-%m-%d} 计算，未定稿）"
    return f"{shown.ranking.closed_by}于 {localtime(shown.ranking.closed_at):%Y-%m-%d %H:%M} 定稿"


def notes(shown: Board) -> list[str]:
    """Return the lines below the table: the rules, and the digest of a final ranking."""
    found = [f"考核办法{shown.scheme}：{shown.scheme.remark}得分相同的单位名次并列。"]
    if shown.ranking is not None:
        found.append(f"内容摘要（SHA-256）：{shown.ranking.content_hash}")
    return found


@require_GET
def paper(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The ranking laid out for printing."""
    shown = board(year, month)
    context = {"board": shown, "measures": MEASURES.values(), "state": state_of(shown), "notes": notes(shown)}
    return render(request, "assessment/print.html", context)
