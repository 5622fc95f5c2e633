"""Who may sign which text today: computed for many texts at once from duty rows, archive, transfers and delegations.

One text or a thousand cost the same number of queries, so that a reviewer's list stays fast. 依据：石14、石21。
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q
from wagtail.models import Page, TaskState

from wangqun.access.actions import may
from wangqun.access.models import Grant
from wangqun.access.rights import roles_with
from wangqun.base.moments import today
from wangqun.base.tree_paths import paths_above
from wangqun.columns.models import ColumnPage, Duty, DutyPerson
from wangqun.people.models import Organisation, User
from wangqun.reviews.models.records import Delegation, Level, Signing, Transfer
from wangqun.screening import actions as screening

RIGHTS = {Level.DEPARTMENT: "reviews.department", Level.LEADER: "reviews.leader", Level.CENTRE: "reviews.centre"}
ABOVE = "organisation__parent"  # an organisation, its bureau: two levels hold every leader there is
LEADERS = ("organisation__leader", f"{ABOVE}__leader", f"{ABOVE}__parent__leader")


PERSONS = Prefetch("persons", DutyPerson.objects.select_related("user"))


@dataclass(frozen=True)
class Case:
    """One text at one level, with its task where it has one already."""

    page: Page
    level: str
    task_state: TaskState | None = None


@dataclass(frozen=True)
class Eligible:
    """Who is named for a case, and who of them, or for them, may sign today."""

    named: list[User]
    signers: list[User]


def column_of(page: Page) -> ColumnPage | None:
    """Return the column whose duty row answers for `page`: the page itself, or the nearest column above it."""
    return ColumnPage.objects.filter(path__in=paths_above(page.path)).order_by("-depth").first()


def duty_of(page: Page, day: date | None = None) -> Duty | None:
    """Return the duty row that answers for `page` on `day` (today where not given)."""
    column = column_of(page)
    return column.duty_on(day or today()) if column else None


def authors(page: Page) -> set[int]:
    """Return the keys of those who wrote what is now under review: they never review it. 依据：石14。"""
    return screening.author_keys([page])[page.pk]


def signers(page: Page, level: str, task_state: TaskState | None = None) -> list[User]:
    """Return who may sign `page` at `level` today, in order; see `judge`."""
    return judge([Case(page, level, task_state)])[0].signers


def is_in_force(signing: Signing) -> bool:
    """Return whether whoever signed, or the absent person for whom a deputy signed, would be named for that text today.

    Asked again when a signed text is released later than it was signed. 依据：石14、石21。
    """
    person = signing.on_behalf_of or signing.by
    named = judge([Case(signing.page, signing.level, signing.task_state)])[0].named
    return signing.by.is_active and person in named and may(person, RIGHTS[Level(signing.level)], signing.page)


def judge(cases: Iterable[Case]) -> list[Eligible]:
    """Say for each case who is named and who may sign, in a constant number of queries.

    Named are the reviewers and deputies of today's duty row, its leader in charge, or the office's reviewers, each only with
    the right; a transfer names one other. An absent person's deputy stands in. Authors, and those who signed this revision
    already, are left out.
    """
    cases = list(cases)
    board = _Board([case for case in cases if case.level != Level.MACHINE])
    return [board.judge(case) if case.level != Level.MACHINE else Eligible([], []) for case in cases]


class _Board:
    """Everything that the cases at hand depend on, read once."""

    def __init__(self, cases: list[Case]) -> None:
        states = [case.task_state for case in cases if case.task_state is not None]
        prefixes = {prefix for case in cases for prefix in paths_above(case.page.path)}
        self.authors = screening.author_keys([case.page for case in cases])
        self.moved = {
            row.task_state_id: row.to
            for row in Transfer.objects.filter(task_state__in=[state.pk for state in states])
            .select_related("to")
            .order_by("pk")
        }
        self.stand_ins = {row.absent_id: row.deputy for row in Delegation.objects.on().select_related("deputy").order_by("-pk")}
        self.signed: dict[int, set[int]] = defaultdict(set)
        approved = Signing.objects.filter(
            revision__in=[state.revision_id for state in states], decision=Signing.Decision.APPROVE
        )
        for revision, by in approved.exclude(level=Level.MACHINE).values_list("revision_id", "by_id"):
            self.signed[revision].add(by)
        self.holders = self._holders(prefixes)
        rows = Duty.objects.current().filter(column__path__in=prefixes).select_related("column", *LEADERS)
        self.duties = {row.column.path: row for row in rows.prefetch_related(PERSONS).order_by("valid_from", "pk")}

    @staticmethod
    def _holders(prefixes: set[str]) -> dict[str, list[tuple[str, User]]]:
        """Return by right the (scope path, person) pairs in force; "" is the whole group."""
        found: dict[str, list[tuple[str, User]]] = {right: [] for right in RIGHTS.values()}
        role_of = {role: right for right in RIGHTS.values() for role in roles_with(right)}
        grants = Grant.objects.in_force().filter(role__in=role_of, user__is_active=True)
        grants = grants.filter(Q(page__isnull=True) | Q(page__path__in=prefixes)).select_related("user", "page")
        for held in grants.order_by("user__username"):
            found[role_of[held.role]].append((held.page.path if held.page else "", held.user))
        return found

    def judge(self, case: Case) -> Eligible:
        named = self._named(case)
        excluded = set(self.authors[case.page.pk])
        if case.task_state is not None:
            excluded |= self.signed[case.task_state.revision_id]
            if case.task_state.pk in self.moved:
                named = [self.moved[case.task_state.pk]]
        found: list[User] = []
        for person in named:
            stand_in = self.stand_ins.get(person.pk, person)
            if stand_in.is_active and stand_in.pk not in excluded and stand_in not in found:
                found.append(stand_in)
        return Eligible(named, found)

    def _named(self, case: Case) -> list[User]:
        path, right = case.page.path, RIGHTS[Level(case.level)]
        entitled = list(dict.fromkeys(user for scope, user in self.holders[right] if path.startswith(scope)))
        if case.level == Level.CENTRE:
            return entitled
        duty = next((self.duties[prefix] for prefix in reversed(paths_above(path)) if prefix in self.duties), None)
        if duty is None:
            return []
        if case.level == Level.LEADER:
            return [leader for leader in [_leader(duty.organisation)] if leader in entitled]
        people = [*duty.people(DutyPerson.Role.REVIEWER), *duty.people(DutyPerson.Role.DEPUTY)]
        return [person for person in people if person in entitled]


def _leader(organisation: Organisation) -> User | None:
    """Return the leader in charge of the organisation, or of the nearest one above that has one."""
    return next((item.leader for item in organisation.with_ancestors() if item.leader is not None), None)
