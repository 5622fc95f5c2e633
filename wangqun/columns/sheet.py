"""责任明细表: the responsibility list of a day, written as a spreadsheet and taken over from one, all or nothing.

依据：石13(附件一)、石20(附件二)。
"""

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from wangqun.access.models import Grant
from wangqun.access.rights import roles_with
from wangqun.audit.actions import record
from wangqun.base import workbook
from wangqun.base.errors import Refused
from wangqun.base.moments import today
from wangqun.base.tree_paths import paths_above
from wangqun.columns.actions import entrust
from wangqun.columns.models import ColumnPage, Duty, DutyPerson
from wangqun.people.models import Organisation, User
from wangqun.websites.models import Website

EDITORS, REVIEWERS, DEPUTIES = "采编人员(用户名)", "审核人员(用户名)", "备岗(用户名)"
HEADINGS = [
    "网站", "栏目", "栏目地址", "更新类别", "更新时限", "责任单位", "责任单位代码",
    EDITORS, REVIEWERS, DEPUTIES, "起始日期", "备注",
]  # fmt: skip
WIDTHS = [22, 18, 18, 13, 9, 22, 14, 24, 24, 20, 13, 20]
ROLES = {EDITORS: DutyPerson.Role.EDITOR, REVIEWERS: DutyPerson.Role.REVIEWER, DEPUTIES: DutyPerson.Role.DEPUTY}
HEAD_ROWS = 6  # title lines that may stand over the headings
SEPARATORS = re.compile(r"[、,;\n]+")  # after NFKC, which makes ，and ； these
PERSON = re.compile(r"(?P<name>[^()]*)\((?P<username>[^()]+)\)")
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
REMARK_LENGTH = 255


# ---- what is so on a day ------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One column on one day: its site, its own duty row if it has one, and the row of a column above that covers it."""

    column: ColumnPage
    website: Website
    address: str
    duty: Duty | None
    inherited: Duty | None = None

    @property
    def in_force(self) -> Duty | None:
        """The row that says who answers, the column's own or that of the nearest column above."""
        return self.duty or self.inherited

    def people(self, role: str) -> list[User]:
        """The people named for `role`, also those whose account is closed."""
        return [entry.user for entry in self.in_force.persons.all() if entry.role == role] if self.in_force else []

    @property
    def editors(self) -> list[User]:
        return self.people(DutyPerson.Role.EDITOR)

    @property
    def reviewers(self) -> list[User]:
        return self.people(DutyPerson.Role.REVIEWER)

    @property
    def deputies(self) -> list[User]:
        return self.people(DutyPerson.Role.DEPUTY)

    @property
    def left(self) -> list[User]:
        """The named people whose account is closed."""
        return [entry.user for entry in self.in_force.persons.all() if not entry.user.is_active] if self.in_force else []


def lines(
    day: date, *, user: User | None = None, website: Website | None = None, organisation: Organisation | None = None
) -> list[Line]:
    """Return the responsibility list of `day` in the order of the sites and their trees; a constant number of queries.

    With `user`, only the columns within the scopes of that person's grants.
    """
    sites = [site for site in _websites() if website is None or site.pk == website.pk]
    scope = Scope(user) if user is not None else None
    duties: dict[str, Duty] = {}
    persons = "persons__user"
    for duty in Duty.objects.on(day).select_related("organisation", "column").prefetch_related(persons).order_by("valid_from"):
        duties[duty.column.path] = duty
    found = []
    for site, column in _columns(sites):
        if scope is not None and not scope.holds(column):
            continue
        inherited = next((duties[path] for path in reversed(paths_above(column.path, itself=False)) if path in duties), None)
        line = Line(column, site, _address(column, site), duties.get(column.path), inherited)
        if organisation is None or (line.in_force and line.in_force.organisation_id == organisation.pk):
            found.append(line)
    return found


def _websites() -> list[Website]:
    rows = Website.objects.filter(site__isnull=False).exclude(state=Website.State.CLOSED)
    return list(rows.select_related("site__root_page", "organisation").order_by("pk"))


def _columns(websites: Sequence[Website]) -> Iterator[tuple[Website, ColumnPage]]:
    """Yield the columns of `websites` with their site, site by site, each in the order of its tree. One query."""
    columns: dict[int, list[ColumnPage]] = {website.pk: [] for website in websites}
    roots = {website.site.root_page.path: website for website in websites}
    for column in ColumnPage.objects.order_by("path"):
        above = paths_above(column.path, itself=False)
        if website := next((roots[path] for path in above if path in roots), None):
            column.website = website
            columns[website.pk].append(column)
    for website in websites:
        for column in columns[website.pk]:
            yield website, column


def _address(column: ColumnPage, website: Website) -> str:
    return "/" + column.url_path[len(website.site.root_page.url_path) :]


class Scope:
    """Which columns a person's grants cover: those that give `right`, or any right at all."""

    def __init__(self, user: User, right: str | None = None) -> None:
        grants = Grant.objects.in_force().filter(user=user)
        if right is not None:
            grants = grants.filter(role__in=roles_with(right))
        self.paths = [] if not user.is_active else list(grants.values_list("page__path", flat=True))
        self.is_everything = user.is_system or None in self.paths

    def holds(self, column: ColumnPage) -> bool:
        """Return whether `column` lies within."""
        return self.is_everything or any(column.path.startswith(path) for path in self.paths)


def title(website: Website | None) -> str:
    """Return the list's title, as annex 1 names it."""
    if website is None:
        return "网站群信息发布及审核责任明细表"
    if website.is_portal:
        return f"{website.organisation.name}门户网站信息发布及审核责任明细表"
    return f"{website.name}网站信息发布及审核责任明细表"


def write(rows: Iterable[Line], *, day: date, website: Website | None = None) -> bytes:
    """Return the list as an .xlsx that `read` takes back unchanged."""
    return workbook.write(
        [
            workbook.Table(
                name="责任明细表",
                title=title(website),
                subtitle=f"{day.year}年{day.month}月{day.day}日",
                headings=HEADINGS,
                widths=WIDTHS,
                rows=[_cells(line) for line in rows],
            )
        ]
    )


def _cells(line: Line) -> list[Any]:
    duty, days = line.duty, line.column.update_days
    names = [named(entry.user for entry in duty.persons.all() if entry.role == role) if duty else "" for role in ROLES.values()]
    return [
        line.website.name, line.column.title, line.address, line.column.get_kind_display(), f"{days}日" if days else "",
        duty.organisation.name if duty else "", duty.organisation.code if duty else "", *names,
        duty.valid_from if duty else "", duty.remark if duty else "",
    ]  # fmt: skip


def named(people: Iterable[User]) -> str:
    """Return people as the list names them: 王编辑(wang.bianji)、刘科长(liu.kezhang)."""
    return "、".join(f"{person.name}({person.username})" for person in people)


# ---- what a spreadsheet asks for ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One row of an uploaded list: its row number there and its cells by heading, as text."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Change:
    """One column that would be entrusted afresh."""

    number: int
    column: ColumnPage
    website: Website
    organisation: Organisation
    people: dict[str, list[User]]
    valid_from: date
    remark: str
    before: Duty | None

    @property
    def editors(self) -> list[User]:
        return self.people[EDITORS]

    @property
    def reviewers(self) -> list[User]:
        return self.people[REVIEWERS]

    @property
    def deputies(self) -> list[User]:
        return self.people[DEPUTIES]


@dataclass(frozen=True)
class Fault:
    """A row that cannot be taken over, and why."""

    number: int
    sentence: str

    def __str__(self) -> str:
        return f"第 {self.number} 行：{self.sentence}"


@dataclass
class Plan:
    """What taking over a list would do."""

    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unchanged: int = 0

    @property
    def digest(self) -> str:
        """A digest of the changes and of what they would replace: it differs when the world has moved on since."""
        content = [
            [change.column.pk, change.organisation.pk, change.valid_from.isoformat(), change.remark]
            + [[person.pk for person in change.people[role]] for role in ROLES]
            + [change.before.pk if change.before else 0]
            for change in self.changes
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def read(data: bytes) -> list[Entry]:
    """Return the rows of an uploaded .xlsx. Raises Refused for an unreadable file, and naming every wrong heading."""
    rows = workbook.read(data)
    known = {_plain(heading) for heading in HEADINGS}
    counts = [len({_plain(_text(value)) for value in row} & known) for row in rows[:HEAD_ROWS]]
    if not counts or not max(counts):
        raise Refused(f"表中找不到标题行，标题应为：{'、'.join(HEADINGS)}。请先导出责任明细表，在其上修改。")
    head = counts.index(max(counts))
    found = [_plain(_text(value)) for value in rows[head]]
    places = {heading: [place for place, name in enumerate(found) if name == _plain(heading)] for heading in HEADINGS}
    wrong = [f"缺少“{heading}”列" for heading, at in places.items() if not at]
    wrong += [f"“{heading}”列重复" for heading, at in places.items() if len(at) > 1]
    wrong += [f"不认识的列“{name}”" for name in found if name and name not in known]
    if wrong:
        raise Refused(f"标题行（第 {head + 1} 行）有误：{'；'.join(wrong)}。没有导入任何内容，请改正后再上传。")
    entries = []
    for number, row in enumerate(rows[head + 1 :], start=head + 2):
        cells = {heading: _text(row[at[0]]) if at[0] < len(row) else "" for heading, at in places.items()}
        if any(cells.values()):
            entries.append(Entry(number, cells))
    if not entries:
        raise Refused("表中没有内容，请填写后再上传。")
    return entries


def _text(value: Any) -> str:
    """Return a cell as text: days in ISO form, whole numbers without a point, outer blanks gone."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _plain(text: str) -> str:
    """Return text for comparison: full-width forms as half-width, no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def plan(entries: Sequence[Entry], *, by: User) -> Plan:
    """Return what taking over `entries` would change, and every row that cannot be taken over; writes nothing.

    A constant number of queries, however long the list.
    """
    books = _Books(by)
    made = Plan()
    seen: dict[int, int] = {}
    for entry in entries:
        try:
            change = books.settle(entry, seen)
        except _BadRow as problem:
            made.faults.append(Fault(entry.number, "；".join(problem.sentences) + "。"))
            continue
        if change is None:
            made.unchanged += 1
        else:
            made.changes.append(change)
    return made


class _BadRow(Exception):
    """A row that cannot be taken over; holds every reason."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = sentences


class _Books:
    """Everything a list may name, read once."""

    def __init__(self, by: User) -> None:
        self.today = today()
        self.scope = Scope(by, "columns.manage")
        self.websites = {website.name: website for website in _websites()}
        self.columns: dict[int, list[ColumnPage]] = defaultdict(list)
        for website, column in _columns(list(self.websites.values())):
            self.columns[website.pk].append(column)
        organisations = list(Organisation.objects.all())
        self.by_code = {row.code: row for row in organisations}
        self.by_name = {row.name: row for row in organisations}
        self.people = {person.username: person for person in User.objects.people()}
        self.duties: dict[int, list[Duty]] = defaultdict(list)
        for duty in Duty.objects.prefetch_related("persons__user").select_related("organisation").order_by("valid_from"):
            self.duties[duty.column_id].append(duty)

    def settle(self, entry: Entry, seen: dict[int, int]) -> Change | None:
        """Return what the row changes, None for nothing; raises _BadRow with all its faults."""
        cells = entry.cells
        column = self._column(cells)
        if column.pk in seen:
            raise _BadRow(f"与第 {seen[column.pk]} 行是同一栏目，请只留一行")
        seen[column.pk] = entry.number
        duties = self.duties[column.pk]
        blank = not any(cells[name] for name in ("责任单位", "责任单位代码", *ROLES, "起始日期"))
        faults = self._faults_of_rule(column, cells)
        if blank and not duties and not faults:
            return None  # a column that has no organisation yet, as the export shows it
        organisation = self._organisation(cells, faults)
        people = {heading: self._people(cells[heading], heading, faults) for heading in ROLES}
        for heading, label in ((EDITORS, "采编人员"), (REVIEWERS, "审核人员")):
            if not cells[heading]:
                faults.append(f"未填{label}")
        valid_from = self._day(cells["起始日期"], faults)
        if len(cells["备注"]) > REMARK_LENGTH:
            faults.append(f"备注超过 {REMARK_LENGTH} 字")
        if faults or organisation is None:
            raise _BadRow(*faults)
        wanted = (organisation.pk, *[[person.pk for person in people[role]] for role in ROLES], cells["备注"])
        current = next((duty for duty in duties if duty.valid_until is None), None)
        same_day = next((duty for duty in duties if valid_from and duty.valid_from == valid_from), None)
        if any(duty is not None and _content(duty) == wanted for duty in (same_day, current)):
            return None
        valid_from = valid_from or self.today
        if current is not None and valid_from <= current.valid_from:
            raise _BadRow(f"现行责任自 {current.valid_from:%Y-%m-%d} 起，变更须填写更晚的起始日期")
        if not self.scope.holds(column):
            raise _BadRow("您没有调整此栏目责任的权限")
        return Change(entry.number, column, column.website, organisation, people, valid_from, cells["备注"], current)

    def _column(self, cells: dict[str, str]) -> ColumnPage:
        website = self.websites.get(cells["网站"])
        if website is None:
            raise _BadRow(f"没有名为“{cells['网站']}”的网站" if cells["网站"] else "未填网站")
        name, address = cells["栏目"], cells["栏目地址"]
        found = self.columns[website.pk]
        if address:
            wanted = "/" + address.strip("/") + "/"
            found = [column for column in found if _address(column, website) == wanted]
            if not found:
                raise _BadRow(f"“{website.name}”没有地址为“{address}”的栏目")
            if name and name != found[0].title:
                raise _BadRow(f"地址“{address}”的栏目是“{found[0].title}”，不是“{name}”")
            return found[0]
        found = [column for column in found if name and column.title == name]
        if not found:
            raise _BadRow(f"“{website.name}”没有名为“{name}”的栏目" if name else "未填栏目")
        if len(found) > 1:
            raise _BadRow(f"“{website.name}”有 {len(found)} 个栏目名为“{name}”，请填写栏目地址")
        return found[0]

    def _faults_of_rule(self, column: ColumnPage, cells: dict[str, str]) -> list[str]:
        """The list does not change a column's rule; one that differs is a fault, not something to overlook."""
        faults = []
        if (kind := cells["更新类别"]) and kind != column.get_kind_display():
            faults.append(f"更新类别在系统中为“{column.get_kind_display()}”，请到栏目设置中修改")
        days = re.sub(r"(自然)?[日天]$", "", _plain(cells["更新时限"]))
        if days and days != str(column.update_days or ""):
            held = f"{column.update_days}日" if column.update_days else "不设时限"
            faults.append(f"更新时限在系统中为“{held}”，请到栏目设置中修改")
        return faults

    def _organisation(self, cells: dict[str, str], faults: list[str]) -> Organisation | None:
        name, code = cells["责任单位"], cells["责任单位代码"]
        if not name and not code:
            faults.append("未填责任单位")
            return None
        found = self.by_code.get(code) if code else self.by_name.get(name)
        if found is None:
            faults.append(f"没有代码为“{code}”的单位" if code else f"没有名为“{name}”的单位")
        elif name and found.name != name:
            faults.append(f"代码“{code}”的单位是“{found.name}”，不是“{name}”")
        elif found.abolished_on is not None:
            faults.append(f"单位“{found.name}”已于 {found.abolished_on:%Y-%m-%d} 撤销")
        return found

    def _people(self, text: str, heading: str, faults: list[str]) -> list[User]:
        found: list[User] = []
        for part in SEPARATORS.split(unicodedata.normalize("NFKC", text)):
            if not (token := part.strip()):
                continue
            match = PERSON.fullmatch(token)
            name, username = (match["name"].strip(), match["username"].strip()) if match else ("", token)
            person = self.people.get(username)
            if person is None:
                faults.append(f"没有用户名为“{username}”的人员")
            elif name and person.name != name:
                faults.append(f"用户名“{username}”是{person.name}，不是{name}")
            elif not person.is_active:
                faults.append(f"{person.name}({username})的账号已停用")
            elif person in found:
                faults.append(f"{heading.partition('(')[0]}中{person.name}重复")
            else:
                found.append(person)
        return found

    def _day(self, text: str, faults: list[str]) -> date | None:
        if not text:
            return None
        match = DATE.fullmatch(_plain(text))
        try:
            return date(*(int(part) for part in match.groups())) if match else self._wrong(text, faults)
        except ValueError:
            return self._wrong(text, faults)

    @staticmethod
    def _wrong(text: str, faults: list[str]) -> None:
        faults.append(f"起始日期“{text}”不是日期，请按“2026-03-01”的形式填写")


def _content(duty: Duty) -> tuple[Any, ...]:
    persons = duty.persons.all()
    named_for = [[entry.user_id for entry in persons if entry.role == role] for role in ROLES.values()]
    return (duty.organisation_id, *named_for, duty.remark)


@transaction.atomic
def carry_out(entries: Sequence[Entry], *, by: User, expected: str | None = None) -> int:
    """Take over an uploaded list, all of it or nothing; returns how many columns changed. 依据：石13、石20。

    `expected` is the digest of the plan that was shown before: raises Refused where the list means something else by now,
    and, naming every bad row, where one row cannot be taken over. A second run changes nothing and returns 0.
    """
    made = plan(entries, by=by)
    if made.faults:
        raise Refused(f"有 {len(made.faults)} 行不能导入，没有导入任何内容。{''.join(map(str, made.faults))}")
    if expected is not None and made.digest != expected:
        raise Refused("责任表在预览之后已有变化（可能已经导入过），没有再次导入，请重新上传预览。")
    for change in made.changes:
        entrust(
            change.column, organisation=change.organisation, editors=change.editors, reviewers=change.reviewers,
            deputies=change.deputies, valid_from=change.valid_from, remark=change.remark, by=by,
        )  # fmt: skip
    if made.changes:
        record("columns.import_sheet", None, by=by, data={"changed": len(made.changes), "unchanged": made.unchanged})
    return len(made.changes)
