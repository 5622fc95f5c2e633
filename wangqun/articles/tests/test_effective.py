"""A law is online before it takes effect: its clock runs from the first draft that names the day."""

from datetime import date

import pytest

from tests.staff import edit_url, open_form, signed_in
from wangqun.articles.actions import revise
from wangqun.articles.models import ArticlePage, EffectiveClock
from wangqun.clocks import actions as clocks
from wangqun.reminders import actions as reminders
from wangqun.reminders.models import Reminder

pytestmark = pytest.mark.req("REM-1", "COL-7")


def clock_of(article):
    return EffectiveClock.objects.get(article_id=article.pk).clock


def law(world, **fields):
    return world.draft(world.portal_law, by=world.wu, title="商贸流通管理办法", genre="law", **fields)


def test_a_draft_that_names_the_day_is_due_the_day_before(world):
    clock = clock_of(law(world, effective_on=date(2026, 5, 1)))
    assert (clock.kind, clock.due_on, clock.is_running) == ("law", date(2026, 4, 30), True)
    assert clock.organisation.code == "wmc"


def test_news_and_laws_without_a_day_have_no_clock(world):
    world.draft()
    law(world)
    assert not EffectiveClock.objects.exists()


def test_a_changed_day_moves_the_clock(world):
    article = law(world, effective_on=date(2026, 5, 1))
    revise(article, by=world.wu, base_revision=article.latest_revision_id, effective_on=date(2026, 6, 1))
    assert clock_of(article).due_on == date(2026, 5, 31)


def test_the_release_stops_the_clock(world):
    article = law(world, effective_on=date(2026, 5, 1))
    from wangqun.reviews import actions as reviews

    reviews.submit(article, by=world.wu)
    world.pass_review(ArticlePage.objects.get(pk=article.pk))
    assert not clock_of(article).is_running


def test_a_law_not_online_on_the_day_brings_the_slip(world, travel):
    article = law(world, effective_on=date(2026, 3, 16))
    travel("2026-03-16 08:30")
    clocks.sweep()
    reminders.remind()
    assert Reminder.objects.get(clock=clock_of(article)).organisation.code == "wmc"


def test_the_editing_page_starts_the_clock_too(world):
    article = world.draft(world.portal_law, by=world.wu, title="商贸流通管理办法", genre="law")
    client = signed_in(world.wu)
    form = open_form(client, article) | {"effective_on": "2026-05-01"}
    assert client.post(edit_url(article), form).status_code == 302
    assert clock_of(article).due_on == date(2026, 4, 30)
