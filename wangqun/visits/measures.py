"""Figures of visits: pure queries over the daily sums, nothing is written. 依据：石26、沪18。"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce

from wangqun.columns.models import ColumnPage
from wangqun.visits.models import SumQuerySet, Visit
from wangqun.visits.periods import Period
from wangqun.visits.places import columns_of, titles_of
from wangqun.websites.models import Website

KEYS = {"site": "website_id", "column": "column_id", "item": "page_id"}
"""What the figures can be grouped by, and the key of a line."""
HOME = "首页"
MOST_POINTS = 30  # days shown beside one day


@dataclass(frozen=True)
class Figures:
    """Views by people, robots apart; and by people in the period to compare with."""

    views: int
    robot_views: int
    before: int

    @property
    def change(self) -> str:
        return change(self.views, self.before)


@dataclass(frozen=True)
class Point:
    """One bar of a chart."""

    label: str
    views: int
    before: int


def visits_of(subject: Website | ColumnPage, since: date, until: date) -> int:
    """Return how often people read a site, or a column with the columns below it, from `since` to `until`, both included.

    Robots are not in it. For the rules of assessment: figures of days that are over no longer change but for lines of
    the log that come late.
    """
    rows = Visit.objects.between(since, until)
    mine = rows.filter(website=subject) if isinstance(subject, Website) else rows.filter(column__path__startswith=subject.path)
    return mine.aggregate(views=Sum("views"))["views"] or 0


def change(views: int, before: int) -> str:
    """Return by how much views differ from those before, as people read it: "+12.5%", "" where there were none before."""
    return f"{(views - before) / before * 100:+.1f}%" if before else ""


def _sums(period: Period, today: date) -> dict[str, Any]:
    now, then = Q(day__range=(period.first, period.last)), Q(day__range=period.comparable(today))
    return {
        "total_views": Coalesce(Sum("views", filter=now), 0),
        "total_robots": Coalesce(Sum("robot_views", filter=now), 0),
        "total_before": Coalesce(Sum("views", filter=then), 0),
    }


def total(visits: SumQuerySet, period: Period, today: date) -> Figures:
    """Return the figures of all `visits` in a period. One query."""
    found = visits.between(period.before.first, period.last).aggregate(**_sums(period, today))
    return Figures(found["total_views"], found["total_robots"], found["total_before"])


def table(visits: SumQuerySet, by: str, period: Period, today: date) -> SumQuerySet:
    """Return one line per site, column or item with its figures, as dictionaries; in no order yet, and without names.

    Names are looked up for the lines that are shown (`named`): grouping a year of visits by titles would take a minute.
    Visits of a home page belong to no column and are left out where columns are listed.
    """
    rows = visits.between(period.before.first, period.last)
    rows = rows.filter(column__isnull=False) if by == "column" else rows
    lines = rows.order_by().values(KEYS[by]).annotate(site=Max("website_id"), **_sums(period, today))
    shown = lines.filter(Q(total_views__gt=0) | Q(total_robots__gt=0) | Q(total_before__gt=0))
    return shown.annotate(total_change=F("total_views") - F("total_before"))


def named(lines: Iterable[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Return lines of a table with what they are called: `title`, and the `column` and `website` they stand in."""
    found = list(lines)
    keys = [line[KEYS[by]] for line in found]
    websites = dict(Website.objects.filter(pk__in={line["site"] for line in found}).values_list("pk", "name"))
    columns = columns_of(keys) if by == "item" else {}
    titles = websites if by == "site" else titles_of({*keys, *columns.values()})
    return [
        line
        | {
            "title": titles.get(key, ""),
            "column": titles[columns[key]] if key in columns else HOME,
            "website": websites[line["site"]],
        }
        for key, line in zip(keys, found, strict=True)
    ]


def points(visits: SumQuerySet, period: Period) -> list[Point]:
    """Return the views of a period for a chart: the days of a month, the months of a year, the 30 days up to a day."""
    if period.kind == "year":
        days = visits.between(period.before.first, period.last).order_by().values("day").annotate(total=Sum("views"))
        months: Counter[tuple[int, int]] = Counter()
        for row in days:  # SQLite would ask Python for the month of every single row
            months[row["day"].year, row["day"].month] += row["total"]
        year = period.first.year
        return [Point(f"{month}月", months[year, month], months[year - 1, month]) for month in range(1, 13)]
    length = MOST_POINTS if period.kind == "day" else (period.last - period.first).days + 1
    first = period.last - timedelta(days=length - 1)
    first_before = first - timedelta(days=length) if period.kind == "day" else period.before.first
    last_before = first - timedelta(days=1)
    rows = visits.between(first_before, period.last).order_by().values("day").annotate(total=Sum("views"))
    sums = {row["day"]: row["total"] for row in rows}
    found = []
    for number in range(length):
        now, then = first + timedelta(days=number), first_before + timedelta(days=number)
        label = f"{now.month}-{now.day}" if period.kind == "day" else f"{now.day}日"
        found.append(Point(label, sums.get(now, 0), sums.get(then, 0) if then <= last_before else 0))
    return found


def referrers(rows: SumQuerySet, period: Period, most: int = 10) -> list[dict[str, Any]]:
    """Return from which sites the readers came, the most frequent first; all that have no name of their own are one line."""
    found = rows.between(period.first, period.last).order_by().values("host").annotate(total=Sum("views"))
    return list(found.order_by("-total", "host")[:most])


def counted_since() -> date | None:
    """Return the first day of which there are figures."""
    return Visit.objects.aggregate(first=Min("day"))["first"]
