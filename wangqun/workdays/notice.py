"""A notice of the State Council as rows, read from JSON or .xlsx. Pure: text and bytes in, a Notice or every fault out."""

import io
import json
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from wangqun.workdays.arithmetic import SATURDAY

HEADINGS = ("日期", "类别", "名称")
HOLIDAY, WORKDAY = "holiday", "workday"
KINDS = {"放假": HOLIDAY, "调休上班": WORKDAY, "上班": WORKDAY, HOLIDAY: HOLIDAY, WORKDAY: WORKDAY}
MOST_ROWS = 400  # a year has 366 days
MOST_BYTES = 1_000_000
FIRST_YEAR, LAST_YEAR = 2000, 2099


class BadNotice(ValueError):
    """A notice that cannot be taken over; `problems` names every bad row."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("；".join(problems))


@dataclass(frozen=True)
class Day:
    """One exception from the week: a rest day from Monday to Friday, or a worked Saturday or Sunday."""

    date: date
    kind: str
    name: str = ""


@dataclass(frozen=True)
class Notice:
    """One year's arrangement with its source. Days of the December before may stand in it, as in the notice for 2019."""

    year: int
    days: tuple[Day, ...]
    source_number: str = ""
    source_title: str = ""
    source_url: str = ""
    region: str = ""
    status: str = "official"
    version: int = 1

    def as_json(self) -> dict[str, Any]:
        """Return the notice as plain JSON values, the form of the data files."""
        fields = ("year", "region", "status", "version", "source_title", "source_number", "source_url")
        days = [{"date": day.date.isoformat(), "kind": day.kind, "name": day.name} for day in self.days]
        return {name: getattr(self, name) for name in fields} | {"days": days}


def title_of(year: int) -> str:
    """Return the title that the State Council's notice for `year` bears."""
    return f"国务院办公厅关于{year}年部分节假日安排的通知"


def check_days(rows: Iterable[tuple[str, Mapping[str, Any]]], year: int) -> tuple[list[Day], list[str]]:
    """Return the days of `rows` in order, and what is wrong with each bad row.

    `rows` are (place, {"date", "kind", "name"}) where place is what a person calls the row. A rest day on a Saturday or
    Sunday is no exception from the week: it is accepted and not kept.
    """
    days: dict[date, Day] = {}
    problems: list[str] = []
    for place, row in rows:
        day, kind = _date(row.get("date")), KINDS.get(str(row.get("kind") or "").strip())
        name = str(row.get("name") or "").strip()
        faults = []
        if day is None:
            faults.append(f"日期“{row.get('date') or ''}”不是日期，应写成{year}-01-01的形式")
        elif day.year != year and (day.year, day.month) != (year - 1, 12):
            faults.append(f"{day}不在{year}年内")
        elif day in days:
            faults.append(f"{day}重复出现")
        elif kind == WORKDAY and day.weekday() < SATURDAY:
            faults.append(f"{day}是周一至周五，本就上班，不能登记为调休上班")
        if kind is None:
            faults.append(f"类别“{row.get('kind') or ''}”应为放假或调休上班")
        if len(name) > 32:
            faults.append("名称不能超过32个字")
        if faults:
            problems.append(f"{place}：{'，'.join(faults)}")
        elif day is not None and kind is not None:
            days[day] = Day(day, kind, name)
    kept = [entry for entry in days.values() if entry.kind == WORKDAY or entry.date.weekday() < SATURDAY]
    return sorted(kept, key=lambda entry: entry.date), problems


def read_mapping(data: Any) -> Notice:
    """Return the notice in `data`, the parsed form of a data file; raises BadNotice with every problem."""
    if not isinstance(data, dict):
        raise BadNotice(["文件应是一个对象，含 year、source_number 和 days"])
    problems: list[str] = []
    year = data.get("year")
    if not isinstance(year, int) or isinstance(year, bool) or not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadNotice([f"年度“{year}”应为{FIRST_YEAR}至{LAST_YEAR}的整数"])
    rows = data.get("days")
    if not isinstance(rows, list) or not rows or len(rows) > MOST_ROWS:
        raise BadNotice([f"days 应是1至{MOST_ROWS}行的列表"])
    status, version = data.get("status", "official"), data.get("version", 1)
    if status not in {"provisional", "official", "amended"}:
        problems.append(f"状态“{status}”应为 provisional、official 或 amended")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        problems.append(f"版本“{version}”应为正整数")
    texts = {}
    for name, most in (("source_number", 64), ("source_title", 128), ("source_url", 200), ("region", 6)):
        value = data.get(name) or ""
        if not isinstance(value, str) or len(value) > most:
            problems.append(f"{name} 应是不超过{most}个字的文字")
        texts[name] = str(value).strip()
    if not texts["source_number"] and status != "provisional":
        problems.append("缺少通知文号")
    if texts["source_url"] and not re.match(r"https?://\S+$", texts["source_url"]):
        problems.append("通知网址应以 http:// 或 https:// 开头")
    places = [(f"第{number}行", row if isinstance(row, dict) else {}) for number, row in enumerate(rows, 1)]
    days, bad = check_days(places, year)
    if problems or bad:
        raise BadNotice(problems + bad)
    texts["source_title"] = texts["source_title"] or title_of(year)
    return Notice(year=year, days=tuple(days), status=status, version=version, **texts)


def read_json(content: bytes) -> Notice:
    """Return the notice in a .json file; raises BadNotice with every problem."""
    if len(content) > MOST_BYTES:
        raise BadNotice(["文件过大，一年的放假安排不会超过1MB"])
    try:
        return read_mapping(json.loads(content.decode("utf-8-sig")))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise BadNotice(["文件不是有效的 JSON"]) from fault


def read_xlsx(content: bytes, *, year: int, source_number: str, source_title: str = "", source_url: str = "") -> Notice:
    """Return the notice in the first sheet of an .xlsx file with the columns 日期、类别、名称; raises BadNotice."""
    rows = []
    for number, cells in enumerate(_sheet(content), 1):
        if number == 1:
            if tuple(str(cell or "").strip() for cell in cells[:3]) != HEADINGS:
                raise BadNotice([f"第1行应是表头{'、'.join(HEADINGS)}"])
            continue
        if any(cell not in (None, "") for cell in cells[:3]):
            padded = (*cells, None, None, None)
            rows.append((f"第{number}行", {"date": padded[0], "kind": padded[1], "name": padded[2]}))
    if not rows or len(rows) > MOST_ROWS:
        raise BadNotice([f"表中应有1至{MOST_ROWS}行日期"])
    days, problems = check_days(rows, year)
    head = {"year": year, "source_number": source_number, "source_title": source_title, "source_url": source_url}
    try:
        notice = read_mapping(head | {"days": [{"date": f"{year}-01-01", "kind": HOLIDAY}]})
    except BadNotice as fault:
        raise BadNotice(fault.problems + problems) from fault
    if problems:
        raise BadNotice(problems)
    return Notice(
        year=year,
        days=tuple(days),
        source_number=notice.source_number,
        source_title=notice.source_title,
        source_url=notice.source_url,
    )


def _sheet(content: bytes) -> list[tuple[Any, ...]]:
    """Return the cells of the first sheet, at most one row more than a notice may have."""
    if len(content) > MOST_BYTES:
        raise BadNotice(["文件过大，一年的放假安排不会超过1MB"])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about styles that do not matter here
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            return list(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=3, values_only=True))
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError, EOFError, SyntaxError) as fault:
        raise BadNotice(["文件不是有效的 .xlsx 表格"]) from fault


def _date(value: Any) -> date | None:
    """Return the day that a cell or a JSON text means: a date, 2027-01-01, 2027/1/1, 2027.1.1 or 2027年1月1日."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", str(value or "").strip())
    if not match:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None
