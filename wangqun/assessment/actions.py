"""The verbs of assessment: enter scoring rules, close a month, check that a frozen ranking is what it was. 依据：石26。"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from wangqun.access.actions import require
from wangqun.assessment.measures import LIMITS, MEASURES, Month, compute, figures, scheme_for
from wangqun.assessment.models import Ranking, RankingPoint, RankingRow, Scheme
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.people.models import User

LARGEST = 1000  # tenths of a point
LONGEST_REMARK = 255  # characters


@transaction.atomic
def enter_scheme(*, points: dict[str, int], valid_from: date, remark: str, by: User) -> Scheme:
    """Enter a new version of the scoring rules, in force from the first of a month on; earlier versions stay. 依据：石26。

    `points` holds tenths of a point for each measure and the plain limits; `valid_from` is the first day of this month or
    a later one that is not frozen. Raises Refused naming every fault, and where nothing differs from the rules in force then.
    """
    require(by, "assessment.manage")
    # Whoever enters a version waits here for the one before, and sees it: the oldest row is there from the first migration.
    Scheme.objects.select_for_update().order_by("pk").first()
    remark = remark.strip()
    if faults := [*_faults_of_day(valid_from), *_faults_of_points(points)]:
        raise Refused("".join(faults))
    if not remark or len(remark) > LONGEST_REMARK:
        raise Refused(f"请写明这一版的说明（不超过{LONGEST_REMARK}字），排名表要据此注明计分办法。")
    before = scheme_for(valid_from)
    if before is not None and before.points == points:
        raise Refused(f"分值与{valid_from:%Y-%m-%d}起适用的考核办法{before}相同，不需要录入新版本。")
    newest = Scheme.objects.order_by("-version").first()
    scheme = Scheme.objects.create(
        version=newest.version + 1 if newest else 1, valid_from=valid_from, points=points, remark=remark, entered_by=by
    )
    data = {"valid_from": valid_from.isoformat(), "before": before.points if before else {}, "after": points, "remark": remark}
    record("assessment.enter_scheme", scheme, by=by, data=data)
    return scheme


def _faults_of_day(day: date) -> list[str]:
    if day.day != 1:
        return ["起用日期应为某月1日，考核按整月计分。"]
    if day < today().replace(day=1):
        return ["起用月份已过，考核办法不能追溯，请从本月或以后的月份起用。"]
    if Ranking.objects.filter(year=day.year, month=day.month).exists():
        return [f"{_frozen(day.year, day.month)}请从以后的月份起用。"]
    return []


def _faults_of_points(points: dict[str, int]) -> list[str]:
    """Return what is wrong with the figures, in sentences."""
    found = []
    names = {name: label for name, (label, _unit, _largest) in LIMITS.items()} | MEASURES
    if missing := [label for name, label in names.items() if name not in points]:
        found.append(f"没有填写{'、'.join(missing)}。")
    if unknown := sorted(set(points) - set(names)):
        found.append(f"没有这些考核项：{'、'.join(unknown)}。")
    for name, value in points.items():
        if name not in names:
            continue
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if name in LIMITS:
            label, unit, largest = LIMITS[name]
            if not is_whole or not 1 <= value <= largest:
                found.append(f"{label}应为1到{largest}{unit}。")
        elif not is_whole or abs(value) > LARGEST:
            found.append(f"{names[name]}的分值应在-{LARGEST // 10}分到{LARGEST // 10}分之间，最多一位小数。")
    return found


@transaction.atomic
def close_month(year: int, month: int, *, by: User) -> Ranking:
    """定稿: freeze the ranking of a month that is over, with every point and the fact behind it. 依据：石26(月排名)。

    Raises Refused without the right, before the month is over, or where it is frozen already.
    """
    require(by, "assessment.manage")
    if not Month(year, month).is_over:
        raise Refused(f"{year}年{month}月还没有结束，月底以后才能定稿。")
    if Ranking.objects.filter(year=year, month=month).exists():
        raise Refused(_frozen(year, month))
    standing = compute(year, month)
    if not standing.rows:
        raise Refused(f"{year}年{month}月没有承担栏目或网站的单位，不需要定稿。")
    contents = canonical(year, month, standing.scheme.version, standing.scheme.points, standing.rows)
    try:
        with transaction.atomic():
            ranking = Ranking.objects.create(
                year=year, month=month, scheme=standing.scheme, closed_at=now(), closed_by=by, content_hash=digest(contents)
            )
    except IntegrityError as problem:
        raise Refused(_frozen(year, month)) from problem
    for row in standing.rows:
        kept = RankingRow.objects.create(ranking=ranking, organisation=row.organisation, place=row.place, tenths=row.tenths)
        RankingPoint.objects.bulk_create(
            RankingPoint(
                row=kept, measure=point.measure, tenths=point.tenths, fact_type=point.fact_type, fact_id=point.fact_id,
                label=point.label, happened_on=point.happened_on,
            )
            for point in row.points
        )  # fmt: skip
    record("assessment.close_month", ranking, by=by, data={"content_hash": ranking.content_hash, "rows": len(standing.rows)})
    return ranking


def verify_ranking(ranking: Ranking) -> bool:
    """Return whether the frozen ranking still has the content that its digest was made of."""
    rows = ranking.rows.select_related("organisation").prefetch_related("points")
    contents = canonical(ranking.year, ranking.month, ranking.scheme.version, ranking.scheme.points, rows)
    return digest(contents) == ranking.content_hash


def agrees_with_facts(ranking: Ranking) -> bool:
    """Return whether counting the month anew from the facts gives the frozen figures, digit by digit."""
    rows = ranking.rows.select_related("organisation").prefetch_related("points")
    return figures(compute(ranking.year, ranking.month).rows) == figures(rows)


def canonical(year: int, month: int, version: int, points: dict[str, int], rows: Iterable[Any]) -> dict[str, Any]:
    """Return the content of a ranking, counted or frozen, in the one form that is hashed and compared."""
    return {
        "year": year,
        "month": month,
        "scheme": version,
        "points": points,
        "rows": [
            {
                "organisation": row.organisation.pk,
                "place": row.place,
                "tenths": row.tenths,
                "points": sorted(
                    [point.happened_on.isoformat(), point.measure, point.fact_type, point.fact_id, point.tenths, point.label]
                    for point in (row.points if isinstance(row.points, list) else row.points.all())
                ),
            }
            for row in sorted(rows, key=lambda row: row.organisation.pk)
        ],
    }


def digest(contents: dict[str, Any]) -> str:
    """Return the SHA-256, in hexadecimal, of a ranking's canonical content."""
    text = json.dumps(contents, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _frozen(year: int, month: int) -> str:
    return f"{year}年{month}月的排名已定稿，定稿后不再改变。"
