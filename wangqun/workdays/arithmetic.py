"""Counting in working days. Pure: everything follows from a calendar handed in, nothing reads a clock or a database."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

ONE_DAY = timedelta(days=1)
SATURDAY = 5

# First day of the first lunar month, Dragon Boat and Mid-Autumn of the years not yet announced, as (month, day).
# Outside this table only the fixed days of the solar year and Qingming are known; the year is provisional anyway.
LUNAR_DAYS: dict[int, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
    2031: ((1, 23), (6, 24), (10, 1)),
    2032: ((2, 11), (6, 12), (9, 19)),
    2033: ((1, 31), (6, 1), (9, 8)),
    2034: ((2, 19), (6, 20), (9, 27)),
    2035: ((2, 8), (6, 10), (9, 16)),
    2036: ((1, 28), (5, 30), (10, 4)),
}


@lru_cache(maxsize=256)
def statutory_days(year: int) -> frozenset[date]:
    """Return the rest days that the law itself names for `year`, without the make-up days that a notice adds.

    依据：《全国年节及纪念日放假办法》（2024年修订）第二条。
    """
    found = {date(year, month, day) for month, day in ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))}
    found.add(_qingming(year))
    if year in LUNAR_DAYS:
        new_year, dragon_boat, mid_autumn = (date(year, month, day) for month, day in LUNAR_DAYS[year])
        found |= {new_year + ONE_DAY * offset for offset in (-1, 0, 1, 2)}
        found |= {dragon_boat, mid_autumn}
    return frozenset(found)


def _qingming(year: int) -> date:
    """Return the day of the solar term Qingming; the rule holds for 2000–2099, and 5 April is right within a day elsewhere."""
    if not 2000 <= year <= 2099:
        return date(year, 4, 5)
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. Only exceptions from the week are held; a year outside `official_years` is provisional."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    official_years: frozenset[int] = frozenset()
    version: str = ""

    def is_workday(self, day: date) -> bool:
        """Return whether `day` is worked: make-up days are, public holidays are not, else Monday to Friday are."""
        if day in self.workdays:
            return True
        if day in self.holidays or (day.year not in self.official_years and day in statutory_days(day.year)):
            return False
        return day.weekday() < SATURDAY

    def is_provisional(self, day: date) -> bool:
        """Return whether the State Council's notice for the year of `day` is not known yet."""
        return day.year not in self.official_years

    def next_workday(self, day: date) -> date:
        """Return the first working day after `day`, `day` itself never."""
        return self.add_workdays(day, 1)

    def add_workdays(self, start: date, amount: int) -> date:
        """Return the `amount`-th working day after `start`, which is not counted; `start` itself for 0."""
        if amount < 0:
            raise ValueError("amount must not be negative")
        day = start
        while amount:
            day += ONE_DAY
            amount -= self.is_workday(day)
        return day

    def workdays_between(self, after: date, until: date) -> list[date]:
        """Return the working days later than `after` and not later than `until`, in order."""
        return [day for day in days_between(after, until) if self.is_workday(day)]


def days_between(after: date, until: date) -> list[date]:
    """Return every day later than `after` and not later than `until`, in order."""
    return [after + ONE_DAY * offset for offset in range(1, (until - after).days + 1)]
