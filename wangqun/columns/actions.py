"""The verbs of columns: open, entrust, note an update, show and hide in public lists. 依据：石13、石15、石20。"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from wagtail.models import Page

from wangqun.access.actions import require
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import start_of, today
from wangqun.base.tree_paths import paths_above
from wangqun.clocks import actions as clocks
from wangqun.clocks.models import Clock
from wangqun.columns.models import LIST_LENGTH, ColumnClock, ColumnPage, Duty, DutyPerson, PublicItem
from wangqun.languages.known import written
from wangqun.people.models import Organisation, User
from wangqun.reminders import actions as reminders
from wangqun.websites import actions as websites
from wangqun.websites.models import Website, WebsiteClock

USUAL_DAYS = {ColumnPage.Kind.NEWS: 7, ColumnPage.Kind.INTERACTION: 7}  # 石15(1)(2): one week
BASIS = {
    ColumnPage.Kind.NEWS: "石15(1)",
    ColumnPage.Kind.INTERACTION: "石15(2)",
    ColumnPage.Kind.AS_IT_CHANGES: "石15(3)",
    ColumnPage.Kind.LAW: "沪23",
    ColumnPage.Kind.OTHER: "石15(4)",
}
UPDATES_A_WEEK = 2  # 沪23
RESERVED = {"map", "static", "admin", "p", "search", "live", "zh-hant"}  # addresses that the system uses itself
MAP_LENGTH = 1_000  # pages in one part of a site's map for engines; each is named there in all its languages


@transaction.atomic
def open_column(
    parent: Page, *, title: str, slug: str, kind: str, description: str, keywords: str, by: User, **details: Any
) -> ColumnPage:
    """Set up a column below `parent`, not yet public: the publication app releases it. 依据：石13。

    `details` may hold update_days (days), tag_type, accepts_submissions. News and interaction columns get 7 days unless set.
    """
    require(by, "columns.manage", parent)
    if slug in RESERVED or slug in written():
        raise Refused(f"地址“{slug}”由系统使用，请换一个。")
    if parent.get_children().filter(slug=slug).exists():
        raise Refused(f"“{parent.title}”下已有地址为“{slug}”的栏目，请换一个地址。")
    details.setdefault("update_days", USUAL_DAYS.get(ColumnPage.Kind(kind)))
    column = ColumnPage(
        title=title, slug=slug, kind=kind, description=description, keywords=keywords, live=False, owner=by, **details
    )
    parent.add_child(instance=column)
    column.save_revision(user=by, log_action=True)
    record("columns.open_column", column, by=by)
    return column


@transaction.atomic
def entrust(
    column: ColumnPage,
    *,
    organisation: Organisation,
    editors: Sequence[User],
    reviewers: Sequence[User],
    by: User,
    deputies: Sequence[User] = (),
    valid_from: date | None = None,
    remark: str = "",
) -> Duty:
    """Make an organisation, through named people, responsible for a column from a day on; the row before ends the day before.

    The clock follows on the day itself: now where that day has come, else by `hand_over`.
    Raises Refused without an editor or a reviewer, or for a day that is already past the current row. 依据：石13、石20。
    """
    require(by, "columns.manage", column)
    if not editors or not reviewers:
        raise Refused(f"栏目“{column.title}”至少要有一名采编人员和一名审核人员。")
    valid_from = valid_from or today()
    current = Duty.objects.select_for_update().filter(column=column, valid_until__isnull=True).first()
    if current:
        if valid_from <= current.valid_from:
            raise Refused(f"栏目“{column.title}”的现行责任自 {current.valid_from:%Y-%m-%d} 起，新的责任须晚于此日。")
        current.valid_until = valid_from - timedelta(days=1)
        current.save(update_fields=["valid_until"])
    duty = Duty.objects.create(column=column, organisation=organisation, valid_from=valid_from, remark=remark)
    rows = [(DutyPerson.Role.EDITOR, editors), (DutyPerson.Role.REVIEWER, reviewers), (DutyPerson.Role.DEPUTY, deputies)]
    DutyPerson.objects.bulk_create(
        DutyPerson(duty=duty, user=user, role=role, position=position)
        for role, people in rows
        for position, user in enumerate(people)
    )
    if valid_from <= today():
        _keep_clock(column, organisation, by=by)
    record("columns.entrust", duty, by=by, data={"people": {role: [user.pk for user in people] for role, people in rows}})
    return duty


def hand_over(*, by: User) -> int:
    """Bring the clocks of all sites and columns in line with what holds today; returns how many changed.

    A clock answers to the organisation of today's duty row; the clocks of a site that is not open stand still, those of
    a site that opened again begin anew; a column whose first row begins today gets its clock. Level-triggered: a run that
    was missed is made up by the next one, a second one changes nothing. Each site is a transaction of its own; a fault at
    one does not hold up the others and is raised at the end. 依据：石13、石15、石20。
    """
    require(by, "columns.manage")
    changed = 0
    faults: list[Exception] = []
    for number in list(Website.objects.order_by("pk").values_list("pk", flat=True)):
        try:
            changed += _hand_over_site(number, by=by)
        except Exception as fault:  # noqa: BLE001 - kept and raised below, when the other sites had their turn
            faults.append(fault)
    if faults:
        raise ExceptionGroup(f"{len(faults)} sites could not be handed over", faults)
    return changed


@transaction.atomic
def _hand_over_site(number: int, *, by: User) -> int:
    """Do one site under its lock, so that nobody opens or shuts it meanwhile; returns how many clocks changed."""
    website = Website.objects.select_for_update().get(pk=number)
    changed = int(websites.keep_clock(website, by=by))
    if website.site is None:
        return changed
    columns = ColumnPage.objects.descendant_of(website.site.root_page)
    clock_of = {row.column_id: row.clock for row in ColumnClock.objects.filter(column__in=columns).select_related("clock")}
    duties = Duty.objects.current().filter(column__in=columns).select_related("organisation", "column").order_by("valid_from")
    duty_of = {duty.column.path: duty for duty in duties}
    for column in columns.order_by("path"):
        nearest_first = reversed(paths_above(column.path))
        duty = next((duty_of[path] for path in nearest_first if path in duty_of), None)  # its own, or the nearest above
        clock = clock_of.get(column.pk)
        if clock is None:
            if duty and duty.column_id == column.pk and column.update_days and website.state == Website.State.OPEN:
                _keep_clock(column, duty.organisation, by=by)
                changed += 1
            continue
        is_other = duty is not None and clock.organisation_id != duty.organisation_id
        if duty is not None and is_other:
            before = clock.organisation_id
            _keep_clock(column, duty.organisation, by=by)
            record("columns.hand_over", column, by=by, data={"duty": duty.pk, "before": before, "after": duty.organisation_id})
        changed += websites.follow(clock, website, by=by) or is_other
    return changed


def _keep_clock(column: ColumnPage, organisation: Organisation, *, by: User) -> None:
    """Give a column with an update rule its clock, or tell the clock who answers now."""
    held = ColumnClock.objects.filter(column=column).select_related("clock").first()
    if held:
        clocks.describe(held.clock, organisation=organisation, name=clock_name(column), site=column.website.name)
    elif column.update_days:
        suffix = column.kind if column.kind in {"news", "interaction"} else "other"
        clock = clocks.open_clock(
            kind=f"column_{suffix}", name=clock_name(column), organisation=organisation, unit=Clock.Unit.DAY,
            amount=column.update_days, basis=BASIS[ColumnPage.Kind(column.kind)], url=f"/admin/pages/{column.pk}/", by=by,
            site=column.website.name,
        )  # fmt: skip
        ColumnClock.objects.create(column=column, clock=clock)


def clock_name(column: ColumnPage) -> str:
    """Return how the column's clock is called: site and column."""
    return f"{column.website.name} · {column.title}"


@transaction.atomic
def note_update(column: ColumnPage, *, by: User, at: datetime) -> None:
    """Let the clocks of the column and of those above it start over, and close their open reminders. 依据：石15、沪23。

    A child column's update counts for its parents. The site's own clock starts over at the second update of a week.
    """
    above = paths_above(column.path)
    held = ColumnClock.objects.filter(column__path__in=above).select_related("clock").order_by("column__path")
    for row in held:
        _restart(row.clock, by=by)
    monday = start_of(today() - timedelta(days=today().weekday()))
    website = column.website
    if PublicItem.objects.articles().filter(website=website, published_at__gte=monday).count() >= UPDATES_A_WEEK:
        for site_row in WebsiteClock.objects.filter(website=website).select_related("clock"):
            _restart(site_row.clock, by=by)


def _restart(clock: Clock, *, by: User) -> None:
    if clock.is_running:
        clocks.restart(clock, by=by)
        reminders.close_for(clock, by=by, reason="已更新")


@transaction.atomic
def show(page: Page, *, kind: str, website: Website, values: dict[str, Any]) -> PublicItem:
    """Write the public projection of a page that was just released; called by publication only."""
    known = PublicItem.objects.filter(page_id=page.pk).first()
    fresh = {"kind": kind, "website": website, "path": page.path, "title": page.title, **values}
    if known is None:
        last = PublicItem.objects.filter(website=website).aggregate(part=Max("map_part"))["part"] or 0
        is_full = PublicItem.objects.filter(website=website, map_part=last).count() >= MAP_LENGTH
        return PublicItem.objects.create(page_id=page.pk, map_part=last + is_full, **fresh)
    if known.column_id != getattr(fresh.get("column"), "pk", None):
        fresh["list_page"] = None  # in another column it is new
    for name, value in fresh.items():
        setattr(known, name, value)
    known.save(update_fields=list(fresh))
    return known


@transaction.atomic
def hide(page: Page) -> None:
    """Take a page out of every public list; called by publication only."""
    PublicItem.objects.filter(page_id=page.pk).delete()


@transaction.atomic
def seal(column: ColumnPage, *, language: str = "zh-Hans") -> list[int]:
    """Move the oldest 20 entries of a column's first page to a page of their own while it holds 40 or more.

    Returns the numbers of the new pages. An entry keeps its page for good, whatever is withdrawn around it, so that one
    change never rewrites more than that page and the first one.
    """
    loose = PublicItem.objects.articles(language).filter(column=column, list_page__isnull=True)
    if loose.count() < 2 * LIST_LENGTH:
        return []
    ColumnPage.objects.select_for_update().get(pk=column.pk)
    made = []
    waiting = list(loose.order_by("published_at", "pk").values_list("pk", flat=True))
    sealed = PublicItem.objects.articles(language).filter(column=column)
    last = sealed.aggregate(last=Max("list_page"))["last"] or 0
    while len(waiting) >= 2 * LIST_LENGTH:
        last += 1
        PublicItem.objects.filter(pk__in=waiting[:LIST_LENGTH]).update(list_page=last)
        made.append(last)
        waiting = waiting[LIST_LENGTH:]
    return made


def seal_all(website: Website) -> None:
    """Seal what is full in every column of a site."""
    for column in ColumnPage.objects.descendant_of(website.site.root_page):
        seal(column)
