"""A day, a month or a year, and the one before it to compare with. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

KINDS = {"day": "日", "month": "月", "year": "年"}
ONE = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both included."""

    kind: str
    first: date
    last: date

    @classmethod
    def around(cls, kind: str, day: date) -> "Period":
        """Return the period of `kind` in which `day` lies."""
        if kind == "day":
            return cls(kind, day, day)
        if kind == "month":
            first = day.replace(day=1)
            return cls(kind, first, (first + 31 * ONE).replace(day=1) - ONE)
        return cls("year", date(day.year, 1, 1), date(day.year, 12, 31))

    @property
    def label(self) -> str:
        """2026年3月10日, 2026年3月, 2026年"""
        parts = [f"{self.first.year}年", f"{self.first.month}月", f"{self.first.day}日"]
        return "".join(parts[: {"year": 1, "month": 2, "day": 3}[self.kind]])

    @property
    def before(self) -> "Period":
        """The period right before this one."""
        return Period.around(self.kind, self.first - ONE)

    @property
    def after(self) -> "Period":
        """The period right after this one."""
        return Period.around(self.kind, self.last + ONE)

    def comparable(self, today: date) -> tuple[date, date]:
        """Return the days of the period before that this one is fairly compared with.

        While a period runs, only as many days of the one before are taken as have come of this one.
        """
        before = self.before
        if not self.first <= today < self.last:
            return before.first, before.last
        return before.first, min(before.last, before.first + (today - self.first))
