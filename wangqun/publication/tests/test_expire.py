"""Public texts whose time is over: taken down by the system, with a notice for readers."""

import shutil
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from wagtail.management.commands import publish_scheduled as stock
from wagtail.models import Page

from tests.staff import edit_url, open_form, signed_in
from wangqun.articles.actions import revise
from wangqun.articles.models import ArticlePage
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.clocks.models import Clock
from wangqun.columns.models import ColumnClock, PublicItem
from wangqun.publication import actions as publication
from wangqun.publication import scheduling, verification
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Release
from wangqun.reviews import actions as reviews
from wangqun.sharing import actions as sharing

pytestmark = pytest.mark.req("COL-8")
FRIDAY = datetime(2026, 3, 13, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def article(world) -> ArticlePage:
    return world.released(title="报名通知", expire_at=FRIDAY)


def test_it_is_public_until_the_moment_and_not_after(world, article, travel):
    travel("2026-03-13 08:59")
    assert scheduling.release_due() == scheduling.Result()
    assert publication.is_public(article)
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result(expired=1)
    made = publication.newest_release(article)
    assert (made.kind, made.withdrawal_reason, made.released_by.is_system) == ("withdrawal", "expired", True)
    assert made.note == "本稿公开至 2026-03-13 09:00。"
    assert not PublicItem.objects.filter(page_id=article.pk).exists()
    page = Page.objects.get(pk=article.pk)
    assert (page.live, page.expired) == (False, True)
    assert Entry.objects.filter(verb="publication.withdraw", subject_id=str(made.pk)).exists()
    assert world.wang.notices.get(title="已到期下线：报名通知").body == made.note
    assert verification.reconcile() == []


def test_what_was_missed_is_made_up_and_a_second_run_changes_nothing(article, travel):
    travel("2026-04-01 00:00")
    assert scheduling.release_due().expired == 1
    entries = Entry.objects.count()
    assert scheduling.release_due() == scheduling.Result()
    assert Entry.objects.count() == entries


def test_readers_find_a_notice_in_its_place_and_nothing_in_the_lists(world, travel):
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    article = world.released(title="报名通知", expire_at=FRIDAY)
    work_off()
    root = settings.RELEASE_ROOT / "current" / "zhengding.localhost"
    assert (root / article.folder / "index.html").exists()
    travel("2026-03-13 09:00")
    scheduling.release_due()
    work_off()
    assert not (root / article.folder / "index.html").exists()
    notice = (root / article.folder / "gone.html").read_text(encoding="utf-8")
    assert "已失效" in notice and "本稿公开至 2026-03-13 09:00。" in notice
    assert (root / "zh-hant" / article.folder / "gone.html").exists()
    for name in ("index.html", "gzdt/index.html", "feed.xml", "gzdt/feed.xml", "sitemap.xml"):
        if (root / name).exists():
            assert article.public_path not in (root / name).read_text(encoding="utf-8"), name


def test_the_clock_of_the_column_does_not_start_over(world, article, travel):
    clock = ColumnClock.objects.get(column=world.zhengding_news).clock
    due_on = Clock.objects.get(pk=clock.pk).due_on
    travel("2026-03-13 09:00")
    scheduling.release_due()
    assert Clock.objects.get(pk=clock.pk).due_on == due_on


def test_copies_on_other_sites_follow(world, article, travel):
    submission = sharing.submit_upward(article, world.portal_news, by=world.wang)
    copy = sharing.accept(submission, by=world.sun)
    world.pass_review(copy)
    assert publication.is_public(copy)
    travel("2026-03-13 09:00")
    scheduling.release_due()
    assert publication.newest_release(copy).withdrawal_reason == "source_withdrawn"


def test_a_correction_moves_the_day(world, article, travel):
    later = FRIDAY.replace(day=20)
    revise(article, by=world.wang, base_revision=article.latest_revision_id, expire_at=later)
    travel("2026-03-13 08:00")
    reviews.submit(article, by=world.wang)
    world.pass_review(article)
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result()
    travel("2026-03-20 09:00")
    assert scheduling.release_due() == scheduling.Result(expired=1)


def test_a_correction_that_is_only_a_draft_moves_nothing(world, article, travel):
    revise(article, by=world.wang, base_revision=article.latest_revision_id, expire_at=None)
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result(expired=1)


def test_a_correction_due_at_the_same_minute_counts_first(world, article, travel):
    later = FRIDAY.replace(day=20)
    revise(article, by=world.wang, base_revision=article.latest_revision_id, go_live_at=FRIDAY, expire_at=later)
    reviews.submit(article, by=world.wang)
    world.pass_review(article)
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result(released=1)
    assert publication.is_public(article)


def test_after_its_time_it_comes_back_only_with_another_day_and_a_new_review(world, article, travel):
    travel("2026-03-13 09:00")
    scheduling.release_due()
    article = ArticlePage.objects.get(pk=article.pk)
    client = signed_in(world.wang)
    page = client.post(edit_url(article), open_form(client, article) | {"title": "再次报名"}).content.decode()
    assert "到期下线的时间已过" in page
    form = open_form(client, article) | {"title": "再次报名", "expire_at": "2026-04-01 09:00"}
    assert client.post(edit_url(article), form).status_code == 302
    reviews.submit(article, by=world.wang)
    world.pass_review(article)
    assert publication.is_public(article)
    assert not Page.objects.get(pk=article.pk).expired


@pytest.mark.req("COL-7")
@pytest.mark.parametrize("genre", ["law", "policy"])
def test_a_law_is_never_taken_down_by_time_but_says_that_it_is_repealed(world, travel, genre):
    article = world.released(world.portal_law, by=world.wu, genre=genre, validity="repealed", expire_at=FRIDAY)
    travel("2026-03-20 09:00")
    assert scheduling.release_due() == scheduling.Result()
    assert publication.is_public(article)
    assert "本文已废止，不再执行，仅供查阅。" in article.serve_preview(None, "").content.decode()


def test_wagtails_own_scheduler_hides_nothing_from_readers_and_ours_finishes_it(article, travel):
    travel("2026-03-13 09:00")
    stock.Command(stdout=StringIO()).handle(dryrun=False)
    assert PublicItem.objects.filter(page_id=article.pk).exists()
    assert scheduling.release_due().expired == 1
    assert not PublicItem.objects.filter(page_id=article.pk).exists()


def test_taken_down_by_a_person_before_it_is_not_taken_down_again(world, article, travel):
    publication.withdraw(article, by=world.liu, reason="wrong")
    travel("2026-03-13 09:00")
    assert scheduling.release_due() == scheduling.Result()
    assert Release.objects.filter(page=article, kind="withdrawal").count() == 1
    with pytest.raises(Refused):
        publication.withdraw(article, by=world.liu, reason="wrong")
