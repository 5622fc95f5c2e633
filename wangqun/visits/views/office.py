"""访问统计 in the back office: figures by site, column and item; the quality report of a site. 依据：石26、沪18。"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page

from wangqun.base import csv_text, workbook
from wangqun.base.moments import today
from wangqun.base.pdf import PdfUnavailable, render_pdf
from wangqun.visits import chart, measures, quality
from wangqun.visits.forms import ReportForm
from wangqun.visits.models import Counting, Referrer, SumQuerySet, Visit, websites_of
from wangqun.visits.periods import Period
from wangqun.websites.models import Website

ON_A_PAGE = 50
MOST_EXPORTED = 20_000  # lines
NAMES = {"site": "website__name", "column": "column__title", "item": "page__title"}
HEADINGS = {"site": ["网站"], "column": ["栏目", "网站"], "item": ["标题", "栏目", "网站"]}
FIGURES = {"views": "浏览次数", "before": "上期", "change": "增减", "robots": "机器人访问"}


class Asked:
    """What one request asks for, and the rows that its person may see."""

    def __init__(self, request: HttpRequest) -> None:
        self.websites: QuerySet[Website] = websites_of(request.user)
        self.form = ReportForm(request.GET, websites=self.websites)
        chosen = self.form.chosen()
        self.by: str = chosen["by"]
        self.period: Period = chosen["period"]
        self.website, self.column, self.words = chosen["website"], chosen["column"], chosen["words"]
        number = request.GET.get("page", "")
        self.page = Page.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None
        self.sort = request.GET.get("sort", "")
        if self.sort.removeprefix("-") not in {*FIGURES, "name"}:
            self.sort = "-views"

    @cached_property
    def visits(self) -> SumQuerySet:
        """The rows that the person may see, of what was chosen."""
        rows = Visit.objects.filter(website__in=self.websites)
        rows = rows.filter(website=self.website) if self.website else rows
        rows = rows.filter(column__path__startswith=self.column.path) if self.column else rows
        rows = rows.filter(page=self.page) if self.page else rows
        return rows.filter(**{f"{NAMES[self.by]}__icontains": self.words}) if self.words else rows

    @cached_property
    def lines(self) -> SumQuerySet:
        """The lines of the table, in order."""
        name = self.sort.removeprefix("-")
        field = NAMES[self.by] if name == "name" else f"total_{name}"
        return measures.table(self.visits, self.by, self.period, today()).order_by(
            f"-{field}" if self.sort.startswith("-") else field, measures.KEYS[self.by]
        )

    def address(self, **changes: Any) -> str:
        """Return the query of this report with some values changed; None takes one away."""
        values = {
            "by": self.by, "period": self.period.kind, "day": f"{self.period.first:%Y-%m-%d}", "sort": self.sort,
            "website": self.website and self.website.pk, "column": self.column and self.column.pk,
            "page": self.page and self.page.pk, "words": self.words,
        }  # fmt: skip
        return "?" + urlencode({name: value for name, value in (values | changes).items() if value})

    def deeper(self, line: dict[str, Any]) -> str:
        """Return where a line leads: from a site to its columns, from a column to its items, from an item to its days."""
        if self.by == "site":
            return self.address(by="column", website=line["site"], words=None)
        if self.by == "column":
            return self.address(by="item", column=line["column_id"], website=line["site"], words=None)
        return self.address(page=line["page_id"], words=None)

    @property
    def compared(self) -> str:
        """Return in words what "上期" is."""
        since, until = self.period.comparable(today())
        if (since, until) == (self.period.before.first, self.period.before.last):
            return self.period.before.label
        return f"{self.period.before.label}的同样天数（至{until.month}月{until.day}日）"

    @property
    def title(self) -> str:
        narrowed = self.page or self.column or self.website
        return f"{narrowed.title if hasattr(narrowed, 'title') else narrowed or '全部网站'} {self.period.label}访问统计"


def cells(asked: Asked, line: dict[str, Any]) -> list[Any]:
    """Return a line as the table, the spreadsheet and the CSV show it."""
    names = [line["title"], line["column"], line["website"]]
    named = {"site": names[:1], "column": [names[0], names[2]], "item": names}[asked.by]
    return [*named, line["total_views"], line["total_before"], line["total_change"], _rate(line), line["total_robots"]]


def _rate(line: dict[str, Any]) -> str:
    return measures.change(line["total_views"], line["total_before"])


def headings(asked: Asked) -> list[str]:
    return [*HEADINGS[asked.by], "浏览次数", "上期", "增减", "增减率", "机器人访问"]


class Report(WagtailAdminTemplateMixin, TemplateView):
    """The figures of a period. A constant number of queries."""

    template_name = "visits/report.html"
    page_title = "访问统计"
    header_icon = "view"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = Asked(request)
        if request.GET.get("export") == "csv":
            return _csv(asked)
        if request.GET.get("export") == "xlsx":
            return _spreadsheet(asked)
        return self.render_to_response(self.get_context_data(asked=asked))

    def get_context_data(self, *, asked: Asked, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(asked.lines, ON_A_PAGE).get_page(self.request.GET.get("p"))
        lines = [(line, asked.deeper(line), _rate(line)) for line in measures.named(page.object_list, asked.by)]
        referrers = Referrer.objects.filter(website__in=[asked.website] if asked.website else asked.websites)
        counting = Counting.objects.first()
        return super().get_context_data(**kwargs) | {
            "asked": asked,
            "form": asked.form,
            "figures": measures.total(asked.visits, asked.period, today()),
            "chart": chart.draw(measures.points(asked.visits, asked.period)),
            "page": page,
            "lines": lines,
            "headings": [(name, *self._sorting(asked, name, label)) for name, label in self._heads(asked)],
            "referrers": measures.referrers(referrers, asked.period) if not (asked.column or asked.page) else [],
            "silent": self._silent(asked),
            "counted_at": counting.counted_at if counting else None,
            "earlier": asked.address(day=f"{asked.period.before.first:%Y-%m-%d}"),
            "later": asked.address(day=f"{asked.period.after.first:%Y-%m-%d}") if asked.period.last < today() else "",
            "quality": self._quality(asked),
            "everything": asked.address(website=None, column=None, page=None, words=None, by=None),
        }

    @staticmethod
    def _heads(asked: Asked) -> list[tuple[str, str]]:
        names = HEADINGS[asked.by]
        return [("name", names[0]), *[("", name) for name in names[1:]], *FIGURES.items()]

    @staticmethod
    def _sorting(asked: Asked, name: str, label: str) -> tuple[str, str, str]:
        """Return (label, where a click leads, how it is sorted now) of a heading; figures sort downwards first."""
        if not name:
            return label, "", ""
        is_now = asked.sort.removeprefix("-") == name
        is_down = asked.sort.startswith("-")
        first = name if name == "name" else f"-{name}"
        following = (name if is_down else f"-{name}") if is_now else first
        return label, asked.address(sort=following), ("descending" if is_down else "ascending") if is_now else ""

    @staticmethod
    def _silent(asked: Asked) -> list[str]:
        """Return the open sites that nobody read in the period, where sites are listed."""
        if asked.by != "site" or asked.words or asked.website:
            return []
        period = Visit.objects.between(asked.period.first, asked.period.last).filter(views__gt=0)
        open_sites = asked.websites.filter(state=Website.State.OPEN)
        return list(open_sites.exclude(pk__in=period.values("website")).order_by("pk").values_list("name", flat=True))

    @staticmethod
    def _quality(asked: Asked) -> str:
        if asked.website is None or asked.period.kind != "month":
            return ""
        return reverse("visits_quality", args=[asked.website.pk, asked.period.first.year, asked.period.first.month])


def _file_name(asked: Asked, ending: str) -> str:
    return f'attachment; filename="visits-{asked.by}-{asked.period.kind}-{asked.period.first:%Y%m%d}.{ending}"'


def _csv(asked: Asked) -> HttpResponse:
    def pieces() -> Iterator[str]:
        yield csv_text.BEGINNING + csv_text.line(headings(asked))
        for line in measures.named(asked.lines[:MOST_EXPORTED], asked.by):
            yield csv_text.line(cells(asked, line))

    response = StreamingHttpResponse(pieces(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = _file_name(asked, "csv")
    return response


def _spreadsheet(asked: Asked) -> HttpResponse:
    names = len(HEADINGS[asked.by])
    table = workbook.Table(
        name="访问统计",
        title=asked.title,
        subtitle=f"上期为{asked.compared}",
        headings=headings(asked),
        widths=[44, 24, 24][:names] + [12, 12, 12, 10, 12],
        rows=[cells(asked, line) for line in measures.named(asked.lines[:MOST_EXPORTED], asked.by)],
        notes=[f"由访问日志汇总，不含机器人；最多导出 {MOST_EXPORTED} 行。"],
    )
    response = HttpResponse(workbook.write([table]), content_type=workbook.CONTENT_TYPE)
    response["Content-Disposition"] = _file_name(asked, "xlsx")
    return response


@require_GET
def quality_report(request: HttpRequest, number: int, year: int, month: int) -> HttpResponse:
    """运行质量报告 of one site and month, to read and print; with ?format=pdf as PDF where this machine can make one."""
    website = get_object_or_404(websites_of(request.user).select_related(*quality.SHOWN), pk=number)
    report = quality.report(website, year, month)
    context = {"report": report, "website": website, "made_at": localtime(), "chart": chart.draw(report.points)}
    if request.GET.get("format") == "pdf":
        try:
            content = render_pdf(render_to_string("visits/quality.html", context))
        except PdfUnavailable:
            return render(request, "visits/quality.html", context | {"is_screen": True})
        disposition = f'inline; filename="quality-{website.domain}-{year}-{month:02}.pdf"'
        return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})
    return render(request, "visits/quality.html", context | {"is_screen": True})
