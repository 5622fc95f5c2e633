"""Columns updated as things change (随时更新类): a change elsewhere in the system starts their clock. 依据：石15(3)。"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from wangqun.audit.models import Entry
from wangqun.clocks import actions as clocks
from wangqun.clocks.models import Clock
from wangqun.columns.actions import clock_name
from wangqun.columns.models import ChangeClock, ColumnPage, Duty, PublicItem
from wangqun.people.models import Organisation, Post, User
from wangqun.reminders import actions as reminders
from wangqun.websites.models import Website

WORKDAYS = 3  # to put a changed phone, address or person on the page
VERBS = ["people.change_organisation", "people.appoint", "people.end_post"]


@transaction.atomic
def raise_changes(*, by: User) -> int:
    """Start the clock of every such column whose organisation changed since the column was last updated.

    A changed phone, address, leader or head, a new or ended office: read from the log of acts. Level-triggered and safe to
    repeat; returns how many clocks started. 依据：石15(3)。
    """
    started = 0
    for column, organisation in _columns():
        changed_at = _last_change(organisation)
        if changed_at is None or changed_at <= _last_update(column):
            continue
        held = ChangeClock.objects.filter(column=column).select_related("clock").first()
        if held is None:
            clock = clocks.open_clock(
                kind="column_other",
                name=f"{clock_name(column)}（机构、人员或联系方式有变动）",
                organisation=organisation,
                unit=Clock.Unit.WORKDAY,
                amount=WORKDAYS,
                basis="石15(3)",
                url=f"/admin/pages/{column.pk}/",
                site=column.website.name,
                by=by,
            )
            ChangeClock.objects.create(column=column, clock=clock)
            started += 1
        elif not held.clock.is_running:
            clocks.restart(held.clock, by=by, reason="机构、人员或联系方式有变动")
            started += 1
    return started


@transaction.atomic
def settle(column: ColumnPage, *, by: User) -> None:
    """Stop the change clock of a column that was just updated, new text or correction, and close its reminders."""
    held = ChangeClock.objects.filter(column=column, clock__is_running=True).select_related("clock").first()
    if held:
        clocks.stop(held.clock, by=by, reason="已更新")
        reminders.close_for(held.clock, by=by, reason="已更新")


def _columns() -> Iterator[tuple[ColumnPage, Organisation]]:
    """Yield the columns of this kind on open sites, with the organisation whose particulars they show."""
    homes = Website.objects.open().values_list("site__root_page__path", flat=True)
    columns = ColumnPage.objects.live().filter(kind=ColumnPage.Kind.AS_IT_CHANGES)
    duties = {row.column_id: row.organisation for row in Duty.objects.current().select_related("organisation")}
    for column in columns.order_by("path"):
        if column.pk in duties and any(column.path.startswith(home) for home in homes):
            yield column, duties[column.pk]


def _last_change(organisation: Organisation) -> datetime | None:
    posts = [str(pk) for pk in Post.objects.filter(organisation=organisation).values_list("pk", flat=True)]
    of_it = Entry.objects.filter(verb__in=VERBS, subject_type="people.organisation", subject_id=str(organisation.pk))
    of_posts = Entry.objects.filter(verb__in=VERBS, subject_type="people.post", subject_id__in=posts)
    moments = [rows.aggregate(last=Max("at"))["last"] for rows in (of_it, of_posts)]
    return max((moment for moment in moments if moment), default=None)


def _last_update(column: ColumnPage) -> datetime:
    """Return when the column last told readers anything: its newest text or correction, else its own opening."""
    newest = PublicItem.objects.filter(path__startswith=column.path).aggregate(last=Max("updated_at"))["last"]
    return newest or column.first_published_at
