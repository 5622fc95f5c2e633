"""网站运行质量报告: what a site did in a month. Every figure is a query over facts. 依据：石26、沪18、沪31。"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import Http404

from wangqun.base.moments import end_of, start_of, today
from wangqun.clocks.models import Clock, ClockEvent
from wangqun.columns.models import PublicItem
from wangqun.languages.known import chinese_name
from wangqun.publication.models import Alarm, Release
from wangqun.reminders.models import Escalation, Reminder
from wangqun.visits import measures
from wangqun.visits.measures import Figures, Point
from wangqun.visits.models import Referrer, SumQuerySet, Visit
from wangqun.visits.periods import Period
from wangqun.websites.models import Website

SHOWN = (
    "organisation", "undertaker", "responsible_department", "responsible_person", "leader", "site__root_page",
)  # fmt: skip
"""What the report says of a site; `report` expects it to be there."""
MOST = 10  # lines of each list


@dataclass(frozen=True)
class Report:
    """The figures of one site and month."""

    period: Period
    is_running: bool
    counted_since: Any
    figures: Figures
    points: list[Point]
    languages: list[tuple[str, int]]
    columns: list[dict[str, Any]]
    items: list[dict[str, Any]]
    referrers: list[dict[str, Any]]
    releases: dict[str, int]
    releases_before: int
    updated: list[dict[str, Any]]
    silent_columns: list[str]
    column_count: int
    article_count: int
    overdue: int
    running_overdue: int
    reminders: list[Reminder]
    escalations: int
    alarms: list[tuple[str, int]]
    alarms_open: int

    @property
    def received(self) -> int:
        """How many slips were received."""
        return sum(hasattr(slip, "receipt") for slip in self.reminders)

    @property
    def settled(self) -> int:
        """How many slips are settled."""
        return sum(slip.closed_at is not None for slip in self.reminders)


def report(website: Website, year: int, month: int) -> Report:
    """Return the report of a site for a month. A constant number of queries. Raises Http404 for a month there is not."""
    day = start_of(today()).date()
    if not (2000 <= year <= day.year and 1 <= month <= 12) or (year, month) > (day.year, day.month):
        raise Http404
    period = Period.around("month", day.replace(year=year, month=month, day=1))
    visits = Visit.objects.filter(website=website)
    in_month = visits.between(period.first, period.last).order_by()
    languages = in_month.values("language").annotate(total=Sum("views")).filter(total__gt=0).order_by("-total", "language")
    releases = _releases(website, period)
    before = _releases(website, period.before)
    items = PublicItem.objects.filter(website=website)
    kinds = dict(items.order_by().values_list("kind").annotate(number=Count("pk")))
    clocks = Clock.objects.filter(site=website.name)
    slips = Reminder.objects.filter(clock__in=clocks, **_within("issued_at", period)).select_related("organisation", "receipt")
    alarms = _alarms(website, period)
    return Report(
        period=period,
        is_running=period.last >= day,
        counted_since=measures.counted_since(),
        figures=measures.total(visits, period, day),
        points=measures.points(visits, period),
        languages=[(chinese_name(row["language"]), row["total"]) for row in languages],
        columns=_most(visits, "column", period, day),
        items=_most(visits, "item", period, day),
        referrers=measures.referrers(Referrer.objects.filter(website=website), period, MOST),
        releases=releases,
        releases_before=before["first"],
        updated=_updated(website, period),
        silent_columns=_silent(website, period),
        column_count=kinds.get(PublicItem.Kind.COLUMN, 0),
        article_count=kinds.get(PublicItem.Kind.ARTICLE, 0),
        overdue=ClockEvent.objects.filter(clock__in=clocks, kind=ClockEvent.Kind.OVERDUE, **_within("at", period)).count(),
        running_overdue=clocks.overdue().count(),
        reminders=list(slips.order_by("issued_at", "pk")),
        escalations=Escalation.objects.filter(reminder__clock__in=clocks, **_within("at", period)).count(),
        alarms=[(Alarm.Kind(kind).label, number) for kind, (number, _) in alarms.items()],
        alarms_open=sum(waiting for _, waiting in alarms.values()),
    )


def _most(visits: SumQuerySet, by: str, period: Period, today: date) -> list[dict[str, Any]]:
    """Return the columns or items that were read most."""
    lines = measures.table(visits, by, period, today).order_by("-total_views", measures.KEYS[by])
    return measures.named(lines[:MOST], by)


def _within(name: str, period: Period) -> dict[str, Any]:
    """Return what keeps the moments `name` within a period."""
    return {f"{name}__gte": start_of(period.first), f"{name}__lt": end_of(period.last)}


def _releases(website: Website, period: Period) -> Counter[str]:
    """Count the release records of articles by kind; reprints and adopted texts are first releases too."""
    rows = Release.objects.filter(website=website, **_within("released_at", period))
    kinds = Counter(dict(rows.order_by().values_list("kind").annotate(number=Count("pk"))))
    first = rows.filter(kind=Release.Kind.FIRST)
    reprinted, adopted = Count("pk", filter=Q(is_reprint=True)), Count("pk", filter=Q(is_submitted=True))
    kinds.update(first.aggregate(reprint=reprinted, adopted=adopted))
    return kinds


def _updated(website: Website, period: Period) -> list[Any]:
    """Return the columns with the most new articles."""
    rows = Release.objects.filter(website=website, kind=Release.Kind.FIRST, **_within("released_at", period))
    sums = rows.filter(column__isnull=False).order_by().values("column_id", "column__title").annotate(number=Count("pk"))
    return list(sums.order_by("-number", "column_id")[:MOST])


def _silent(website: Website, period: Period) -> list[str]:
    """Return the columns with a rule of update in which nothing was released in the month."""
    released = Release.objects.filter(website=website, **_within("released_at", period), column__isnull=False)
    columns = PublicItem.objects.columns().filter(website=website, page__columnpage__update_days__isnull=False)
    busy = released.filter(kind__in=[Release.Kind.FIRST, Release.Kind.CORRECTION]).values("column")
    return list(columns.exclude(page__in=busy).order_by("path").values_list("title", flat=True))


def _alarms(website: Website, period: Period) -> dict[str, tuple[int, int]]:
    """Return by kind how often the public files of the site were found wrong, and how many of these still wait."""
    of_site = Q(what__startswith=f"{website.domain}/")
    if website.site is not None:
        of_site |= Q(page__path__startswith=website.site.root_page.path)
    rows = Alarm.objects.filter(of_site, **_within("found_at", period)).order_by().values_list("kind")
    found = rows.annotate(number=Count("pk"), waiting=Count("pk", filter=Q(cleared_at__isnull=True))).order_by("kind")
    return {kind: (number, waiting) for kind, number, waiting in found}
