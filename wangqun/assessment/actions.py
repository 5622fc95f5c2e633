"""The verbs of assessment: close a month, and check that a frozen ranking is what it was. 依据：石26。"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction

from wangqun.access.actions import require
from wangqun.assessment.measures import Month, compute, figures
from wangqun.assessment.models import Ranking, RankingPoint, RankingRow
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now
from wangqun.people.models import User


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
