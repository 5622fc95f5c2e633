"""The verbs of the calendar: read it, and take over a notice of the State Council.

The archive of rights and the log stand above this app; whoever lets a person in asks for the right
"workdays.manage" and records the act: `clocks.actions.enter_calendar`.
"""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from wangqun.base.errors import Refused
from wangqun.workdays.arithmetic import Calendar
from wangqun.workdays.models import CalendarYear, SpecialDay
from wangqun.workdays.notice import BadNotice, Notice, read_json, read_mapping

Status = CalendarYear.Status


def calendar(region: str = "") -> Calendar:
    """Return the calendar of `region` ("" for the whole country) as the database holds it now.

    Nothing is kept between calls, so every process sees a new notice at once. Days of a region go before the country's,
    a later year's notice before an earlier one's. Two queries.
    """
    years = list(CalendarYear.objects.filter(region__in={"", region}).order_by("year", "region"))
    days: dict[date, str] = {}
    for local in (False, True):
        wanted = [year.pk for year in years if bool(year.region) == local]
        if wanted:
            rows = SpecialDay.objects.filter(calendar__in=wanted).order_by("calendar__year")
            days.update(rows.values_list("date", "kind"))
    return Calendar(
        holidays=frozenset(day for day, kind in days.items() if kind == SpecialDay.Kind.HOLIDAY),
        workdays=frozenset(day for day, kind in days.items() if kind == SpecialDay.Kind.WORKDAY),
        official_years=frozenset(year.year for year in years if not year.region and year.status != Status.PROVISIONAL),
        version=" ".join(f"{year.year}{year.region and '-' + year.region}.{year.version}" for year in years),
    )


def add_workdays(start: date, amount: int, region: str = "") -> date:
    """Return the `amount`-th working day after `start`, which is not counted."""
    return calendar(region).add_workdays(start, amount)


@transaction.atomic
def import_calendar(source: Path | str | dict[str, Any] | Notice, *, by: AbstractBaseUser | None) -> CalendarYear:
    """Take over a notice for one year: a Notice, its mapping, or the path of a .json file. Returns the year.

    A year that stands already gets the next version and becomes 已修订 (已公布 if it was only provisional); the same
    notice again changes nothing. Raises Refused naming every bad row; nothing is written then.
    依据：《全国年节及纪念日放假办法》。
    """
    notice = _notice(source)
    existing = CalendarYear.objects.select_for_update().filter(region=notice.region, year=notice.year).first()
    if existing is None:
        return _write(CalendarYear(region=notice.region, year=notice.year), notice, notice.status, notice.version, by)
    if _is_same(existing, notice):
        return existing
    provisional = Status.PROVISIONAL in {existing.status, notice.status}
    status = notice.status if provisional else Status.AMENDED
    return _write(existing, notice, status, existing.version + 1, by)


@transaction.atomic
def import_files(by: AbstractBaseUser | None = None, folder: Path | None = None) -> list[CalendarYear]:
    """Take over the data files of `folder` (data/workdays) and return the years that changed; running it twice is harmless.

    What the office entered itself stays: a file replaces a year only where it holds a higher version, or where the year
    was provisional. Raises Refused naming every bad row of every file; nothing is written then.
    """
    folder = folder or Path(settings.BASE_DIR) / "data" / "workdays"
    notices, problems = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            notices.append(read_json(path.read_bytes()))
        except BadNotice as fault:
            problems += [f"{path.name} {problem}" for problem in fault.problems]
    if problems:
        raise Refused(f"工作日历数据有误，未导入任何一年，请改正后重新导入：{'；'.join(problems)}。")
    standing = {(year.region, year.year): year for year in CalendarYear.objects.select_for_update()}
    changed = []
    for notice in notices:
        year = standing.get((notice.region, notice.year))
        if year is None:
            year = CalendarYear(region=notice.region, year=notice.year)
        elif year.version >= notice.version and not (year.status == Status.PROVISIONAL != notice.status):
            continue
        changed.append(_write(year, notice, notice.status, max(notice.version, year.version), by))
    return changed


def _notice(source: Path | str | dict[str, Any] | Notice) -> Notice:
    try:
        if isinstance(source, Notice):
            return read_mapping(source.as_json())
        if isinstance(source, dict):
            return read_mapping(source)
        return read_json(Path(source).read_bytes())
    except BadNotice as fault:
        raise Refused(f"放假安排有误，未导入，请改正后重新导入：{'；'.join(fault.problems)}。") from fault
    except OSError as fault:
        raise Refused(f"读不到文件“{source}”，请核对文件位置。") from fault


def _is_same(year: CalendarYear, notice: Notice) -> bool:
    """Whether the year already says what the notice says."""
    days = {(day.date, day.kind, day.name) for day in year.days.all()}
    return days == {(day.date, day.kind, day.name) for day in notice.days} and year.source_number == notice.source_number


def _write(year: CalendarYear, notice: Notice, status: str, version: int, by: AbstractBaseUser | None) -> CalendarYear:
    """Write the year's row and replace its days."""
    year.status, year.version, year.entered_by_id = status, version, by.pk if by is not None else None
    year.source_number, year.source_title, year.source_url = notice.source_number, notice.source_title, notice.source_url
    year.save()
    year.days.all().delete()
    SpecialDay.objects.bulk_create(
        SpecialDay(calendar=year, date=day.date, kind=day.kind, name=day.name) for day in notice.days
    )
    return year
