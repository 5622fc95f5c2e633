"""A law must be online before it takes effect: its clock runs from the first draft that names the day. 依据：沪23。"""

from datetime import timedelta

from django.db import transaction

from wangqun.articles.models import ArticlePage, EffectiveClock
from wangqun.base.moments import today
from wangqun.clocks import actions as clocks
from wangqun.clocks.models import Clock
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.people.models import User
from wangqun.reminders import actions as reminders

GENRES = {ArticlePage.Genre.LAW, ArticlePage.Genre.POLICY}


@transaction.atomic
def keep_clock(article: ArticlePage, *, by: User) -> Clock | None:
    """Start, move or leave the clock of a draft as its newest revision says; returns the running clock, if any.

    Called after every save. Due on the day before `effective_on`; a text that is public needs no clock. 依据：沪23。
    """
    draft = article.get_latest_revision_as_object()
    held = EffectiveClock.objects.filter(article_id=article.pk).select_related("clock").first()
    is_public = PublicItem.objects.filter(page_id=article.pk).exists()
    is_source = draft.translation_of_id is None  # the law is online when its own text is
    wanted = draft.effective_on if draft.genre in GENRES and is_source and not is_public else None
    if wanted is None:
        _stop(held, by=by, reason="不再需要")
        return None
    target = max(wanted - timedelta(days=1), today())
    if held is None:
        column = ColumnPage.objects.get(pk=article.get_parent().pk)
        duty = column.duty_on(today())
        clock = clocks.open_clock(
            kind="law",
            name=f"{column.website.name} · {draft.title}（{wanted:%Y-%m-%d} 施行）",
            organisation=duty.organisation if duty else column.website.organisation,
            unit=Clock.Unit.DATE,
            target_on=target,
            basis="沪23",
            url=f"/admin/pages/{article.pk}/edit/",
            site=column.website.name,
            by=by,
        )
        EffectiveClock.objects.create(article_id=article.pk, clock=clock)
        return clock
    if held.clock.due_on != target or not held.clock.is_running:
        return clocks.restart(held.clock, by=by, target_on=target, reason="施行日期有变动")
    return held.clock


@transaction.atomic
def settle(article: ArticlePage, *, by: User) -> None:
    """Stop the clock: the text is public. Called when it is released."""
    _stop(EffectiveClock.objects.filter(article_id=article.pk).select_related("clock").first(), by=by, reason="已上网")


def _stop(held: EffectiveClock | None, *, by: User, reason: str) -> None:
    if held is not None and held.clock.is_running:
        clocks.stop(held.clock, by=by, reason=reason)
        reminders.close_for(held.clock, by=by, reason=reason)
