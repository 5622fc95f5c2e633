"""Facts of a month, written as the apps below write them. March 2031 lies after everything the cast was built with."""

from datetime import datetime
from itertools import count

from django.utils.timezone import make_aware

from wangqun.articles.models import ArticlePage
from wangqun.clocks.models import Clock, ClockEvent
from wangqun.columns.models import ColumnPage
from wangqun.people.actions import system_user
from wangqun.people.models import Organisation
from wangqun.publication.models import Release
from wangqun.reminders.models import Escalation, Receipt, Reminder

YEAR, MONTH = 2031, 3
numbers = count(1)


def at(moment: str) -> datetime:
    return make_aware(datetime.fromisoformat(moment))


def article(column: ColumnPage, title: str = "夜经济消费季") -> ArticlePage:
    page = ArticlePage(title=title, slug=f"t20310301_{next(numbers):04}", live=False)
    column.add_child(instance=page)
    return page


def release(
    column: ColumnPage, moment: str = "2031-03-10 09:00", *, page: ArticlePage | None = None, **details: object
) -> Release:
    """A release record; the organisation is the one that keeps the column now, unless said otherwise."""
    page = page or article(column, details.get("title", "夜经济消费季"))
    number = Release.objects.filter(page_id=page.pk).count() + 1
    values = {
        "kind": Release.Kind.FIRST,
        "content_hash": f"{next(numbers):064}",
        "title": page.title,
        "address": f"/gzdt/{page.slug}/",
        "website": column.website,
        "column": column,
        "organisation": column.duty_on(at(moment).date()).organisation,
        "published_at": at(moment),
        "released_at": at(moment),
        "released_by": system_user(),
    }
    return Release.objects.create(page_id=page.pk, number=number, **values | details)


def withdrawal(made: Release, moment: str, reason: str, **details: object) -> Release:
    values = {"kind": Release.Kind.WITHDRAWAL, "withdrawal_reason": reason, "title": made.title, **details}
    return release(made.column, moment, page=ArticlePage.objects.get(pk=made.page_id), **values)


def clock(organisation: Organisation) -> Clock:
    return Clock.objects.create(
        kind="column_news", name="正定县商务局 · 工作动态", organisation=organisation, unit=Clock.Unit.DAY, amount=7,
        is_running=True, due_on=at("2031-03-09").date(), url="/admin/pages/3/",
    )  # fmt: skip


def overdue(organisation: Organisation, moment: str = "2031-03-10 08:00", data: dict | None = None) -> ClockEvent:
    held = clock(organisation)
    data = data or {}
    return ClockEvent.objects.create(
        clock=held, cycle=1, kind=ClockEvent.Kind.OVERDUE, due_on=held.due_on, at=at(moment), data=data
    )


def slip(organisation: Organisation, moment: str = "2031-03-10 09:00", *, stage: int = 1, **details: object) -> Reminder:
    day = at(moment).date()
    return Reminder.objects.create(
        mark="石商网",
        year=day.year,
        serial=next(numbers),
        clock=clock(organisation),
        cycle=1,
        stage=stage,
        organisation=organisation,
        subject="工作动态",
        basis="石15(1)",
        due_on=day,
        answer_by=day,
        issued_at=at(moment),
        issued_by=system_user(),
        **details,
    )


def receipt(reminder: Reminder, moment: str) -> Receipt:
    return Receipt.objects.create(reminder=reminder, by=system_user(), at=at(moment))


def escalation(reminder: Reminder, moment: str) -> Escalation:
    return Escalation.objects.create(
        reminder=reminder, organisation=reminder.organisation, at=at(moment), text="经两次提醒仍未更新"
    )
