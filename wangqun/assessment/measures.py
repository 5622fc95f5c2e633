"""What an organisation did in a month, counted. Pure queries over facts of the apps below; nothing is written. 依据：石26。

Each fact counts in the month in which it was recorded, for the organisation that answered on that day; so nothing that is
recorded later can change a month that is over, and a duty that changed hands within the month needs no division by days.
A section's facts count for the organisation above it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.timezone import localtime

from wangqun.assessment.models import Scheme
from wangqun.base.errors import Refused
from wangqun.base.moments import end_of, start_of, today
from wangqun.clocks.models import ClockEvent
from wangqun.columns.models import Duty
from wangqun.people.models import Organisation
from wangqun.publication.models import Release
from wangqun.reminders.models import Escalation, Reminder
from wangqun.sharing.models import Submission
from wangqun.websites.models import Website, WebsiteChange
from wangqun.workdays.actions import calendar

MEASURES = {
    "release": "首发",
    "reprint": "转载",
    "adopted": "报送采用",
    "withdrawn": "因误撤下",
    "overdue_clock": "逾期未更新",
    "first_reminder": "第一次提醒",
    "second_reminder": "第二次提醒",
    "escalation": "报批评建议",
    "receipt_late": "逾期未签收",
}
LIMITS = {  # what is no score: label, unit, largest value
    "daily_cap": ("每栏目每日计分上限", "篇", 100),
    "receipt_workdays": ("签收期限", "个工作日", 30),  # within LONGEST_WAIT
}
FAULTS = [Release.WithdrawalReason.WRONG, Release.WithdrawalReason.SECRET]
LABEL_LENGTH = 255
FIRST_YEAR, LAST_YEAR = 2000, 2199
LONGEST_WAIT = timedelta(days=60)  # no slip waits longer for its receipt than this, holidays included


@dataclass(frozen=True)
class Point:
    """One fact and what it counts, in tenths of a point."""

    organisation: int
    measure: str
    tenths: int
    fact_type: str
    fact_id: int
    label: str
    happened_on: date


@dataclass
class Row:
    """One organisation's place, score in tenths, and the facts behind it."""

    place: int
    organisation: Organisation
    points: list[Point] = field(default_factory=list)

    @cached_property
    def tenths(self) -> int:
        """The score in tenths of a point."""
        return sum(point.tenths for point in self.points)


@dataclass
class Standing:
    """What the ranking of a month would be, counted from the facts as they are now."""

    year: int
    month: int
    scheme: Scheme
    rows: list[Row]


class Month:
    """A calendar month: its first and last day, and the moments between which it lies."""

    def __init__(self, year: int, month: int) -> None:
        if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
            raise Refused("没有这个月份，请按“2026-03”的形式填写。")
        self.first = date(year, month, 1)
        self.last = (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        self.between = (start_of(self.first), end_of(self.last) - timedelta(microseconds=1))

    @property
    def is_over(self) -> bool:
        """Whether the last day of the month lies in the past."""
        return self.last < today()


def compute(year: int, month: int) -> Standing:
    """Return the ranking of a month as the facts give it now: a preview, or a check of the frozen one.

    Raises Refused for a month that does not exist or that no scheme covers. A constant number of queries. 依据：石26。
    """
    period = Month(year, month)
    scheme = scheme_for(period.first)
    if scheme is None:
        raise Refused(f"{year}年{month}月没有适用的考核办法，请先录入考核办法。")
    organisations = {row.pk: row for row in Organisation.objects.all()}
    points: dict[int, list[Point]] = defaultdict(list)
    for point in _points(period, scheme.points):
        if (answerable := _answerable(point.organisation, organisations)) is not None:
            points[answerable].append(point)
    ranked = {_answerable(pk, organisations) for pk in _participants(period)} | set(points)
    rows = [
        Row(0, organisations[pk], sorted(points[pk], key=lambda point: (point.happened_on, point.measure, point.fact_id)))
        for pk in ranked
        if pk is not None and _existed(organisations[pk], period)
    ]
    return Standing(year, month, scheme, _placed(rows))


def scheme_for(day: date) -> Scheme | None:
    """Return the scoring rules in force on `day`: those that took effect last, of one day's those entered last."""
    return Scheme.objects.filter(valid_from__lte=day).order_by("-valid_from", "-version").first()


def _placed(rows: list[Row]) -> list[Row]:
    """Return the rows in order with their places; equal scores share one: 1, 2, 2, 4."""
    rows.sort(key=lambda row: (-row.tenths, row.organisation.position, row.organisation.pk))
    for number, row in enumerate(rows, start=1):
        row.place = rows[number - 2].place if number > 1 and rows[number - 2].tenths == row.tenths else number
    return rows


def _answerable(pk: int, organisations: dict[int, Organisation]) -> int | None:
    """Return the organisation that stands in the ranking for `pk`: a section's is the one above it."""
    found: Organisation | None = organisations[pk]
    while found is not None and found.kind == Organisation.Kind.SECTION:
        found = organisations.get(found.parent_id or 0)
    return found.pk if found is not None else None


def _existed(organisation: Organisation, period: Month) -> bool:
    """Whether the organisation existed in the month; `ranked()` asks for today and would change a month that is over."""
    return organisation.abolished_on is None or organisation.abolished_on > period.first


def _participants(period: Month) -> set[int]:
    """Return the organisations that held a duty row or hosted a website in the month."""
    held = Duty.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=period.first), valid_from__lte=period.last)
    return set(held.values_list("organisation_id", flat=True)) | _hosts(period)


def _hosts(period: Month) -> set[int]:
    """Return who hosted a website that was open in the month: state and owner at its end, read back from the changes."""
    sites = {row.pk: (row.state, row.organisation_id) for row in Website.objects.only("pk", "state", "organisation_id")}
    closed = set()
    first, last = period.between
    for change in WebsiteChange.objects.filter(at__gte=first).order_by("-id"):
        if change.at > last:
            before: dict[str, Any] = change.before  # empty before the application: there was no site yet
            sites[change.website_id] = (before.get("state", ""), before.get("organisation") or 0)
        elif change.verb == "close":
            closed.add(change.website_id)
    there = {Website.State.OPEN, Website.State.SUSPENDED}
    return {owner for pk, (state, owner) in sites.items() if owner and (state in there or pk in closed)}


def _points(period: Month, points: dict[str, int]) -> Iterator[Point]:
    """Yield every fact of the month with what it counts."""
    yield from _releases(period, points)
    yield from _withdrawals(period, points)
    yield from _overdue_clocks(period, points)
    yield from _reminders(period, points)
    yield from _late_receipts(period, points)
    for row in Escalation.objects.filter(at__range=period.between):
        yield _point("escalation", points["escalation"], row.organisation_id, row, label=row.text, when=row.at)


def _releases(period: Month, points: dict[str, int]) -> Iterator[Point]:
    """First releases: own texts and reprints for the column's organisation, adopted ones for the one that submitted them.

    Against floods only so many a day count per column, and one content counts once; the others are listed with nothing.
    Columns, home pages and corrections count nothing.
    """
    rows = list(
        Release.objects.filter(kind=Release.Kind.FIRST, released_at__range=period.between)
        .order_by("released_at", "id")
        .select_related("website")
        .defer("approvers")
    )
    submitted = _submitting([row.page_id for row in rows if row.is_submitted])
    counted: Counter[tuple[int | None, date]] = Counter()
    seen: set[tuple[int, str]] = set()
    for row in rows:
        organisation = row.organisation_id or row.website.organisation_id
        label = f"《{row.title}》"
        if row.is_submitted and row.page_id in submitted:
            yield _point("adopted", points["adopted"], submitted[row.page_id], row, label=label, when=row.released_at)
            continue
        measure = "reprint" if row.is_reprint else "release"
        tenths = points[measure]
        day = (row.column_id, localtime(row.released_at).date())
        if (organisation, row.content_hash) in seen:
            tenths, label = 0, f"{label}（与已计分的稿件内容相同，不计分）"
        elif counted[day] >= points["daily_cap"]:
            tenths, label = 0, f"{label}（超过每栏目每日 {points['daily_cap']} 篇，不计分）"
        else:
            counted[day] += 1
            seen.add((organisation, row.content_hash))
        yield _point(measure, tenths, organisation, row, label=label, when=row.released_at)


def _withdrawals(period: Month, points: dict[str, int]) -> Iterator[Point]:
    """Texts withdrawn as wrong or not fit for the public: a minus for whoever the first release counted for.

    Copies that only followed their source carry another reason and count nothing.
    """
    made = Release.objects.filter(kind=Release.Kind.WITHDRAWAL, withdrawal_reason__in=FAULTS, released_at__range=period.between)
    rows = list(made.order_by("released_at", "id").select_related("website").defer("approvers"))
    pages = [row.page_id for row in rows]
    published = dict(Release.objects.filter(page_id__in=pages, number=1).values_list("page_id", "organisation_id"))
    submitted = _submitting([row.page_id for row in rows if row.is_submitted])
    for row in rows:
        organisation = (
            submitted.get(row.page_id) or published.get(row.page_id) or row.organisation_id or row.website.organisation_id
        )
        label = f"《{row.title}》（{row.get_withdrawal_reason_display()}）"
        yield _point("withdrawn", points["withdrawn"], organisation, row, label=label, when=row.released_at)


def _submitting(pages: list[int]) -> dict[int, int]:
    """Return, for adopted copies, which organisation submitted them."""
    return dict(Submission.objects.filter(copy_id__in=pages).values_list("copy_id", "organisation_id"))


def _overdue_clocks(period: Month, points: dict[str, int]) -> Iterator[Point]:
    """Clocks that ran out, once per round."""
    events = ClockEvent.objects.filter(kind=ClockEvent.Kind.OVERDUE, at__range=period.between)
    for event in events.order_by("id").select_related("clock"):
        # who answered on that day; the clock itself only knows who answers now
        if organisation := event.data.get("organisation") or event.clock.organisation_id:
            label = f"{event.clock.name}，应于 {event.due_on:%Y-%m-%d} 前更新"
            yield _point("overdue_clock", points["overdue_clock"], organisation, event, label=label, when=event.at)


def _reminders(period: Month, points: dict[str, int]) -> Iterator[Point]:
    """Slips issued in the month."""
    for slip in Reminder.objects.filter(issued_at__range=period.between).order_by("id"):
        measure = "first_reminder" if slip.stage == Reminder.Stage.FIRST else "second_reminder"
        yield _point(
            measure, points[measure], slip.organisation_id, slip, label=f"{slip.number} {slip.subject}", when=slip.issued_at
        )


def _late_receipts(period: Month, points: dict[str, int]) -> Iterator[Point]:
    """Slips whose receipt nobody confirmed in the given working days; one that was settled before needs no receipt."""
    days = points["receipt_workdays"]
    worked = calendar()
    issued = (start_of(period.first) - LONGEST_WAIT, period.between[1])
    for slip in Reminder.objects.filter(issued_at__range=issued).order_by("id").select_related("receipt"):
        last = worked.add_workdays(localtime(slip.issued_at).date(), days)
        broken_on = last + timedelta(days=1)
        answered = [moment for moment in (slip.receipt.at if hasattr(slip, "receipt") else None, slip.closed_at) if moment]
        in_time = any(moment < start_of(broken_on) for moment in answered)
        if period.first <= broken_on <= period.last and broken_on <= today() and not in_time:
            label = f"{slip.number} {slip.subject}，{days} 个工作日内未签收"
            yield _point("receipt_late", points["receipt_late"], slip.organisation_id, slip, label=label, when=broken_on)


def _point(measure: str, tenths: int, organisation: int, fact: Any, *, label: str, when: date | datetime) -> Point:
    day = localtime(when).date() if isinstance(when, datetime) else when
    return Point(organisation, measure, tenths, fact._meta.label_lower, fact.pk, label[:LABEL_LENGTH], day)


def figures(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return what must be equal when a frozen ranking is computed anew: places, scores, facts; names may have changed."""
    return [
        (
            row.place,
            row.organisation.pk,
            row.tenths,
            sorted(
                (point.measure, point.tenths, point.fact_type, point.fact_id, point.happened_on) for point in _points_of(row)
            ),
        )
        for row in sorted(rows, key=lambda row: row.organisation.pk)
    ]


def _points_of(row: Any) -> Iterable[Any]:
    return row.points if isinstance(row, Row) else row.points.all()
