"""Workers may be killed, be many, be slow, and meet a full disk: readers never see half or stale work."""

import errno
import os
import shutil
import threading

import pytest
from django.conf import settings
from django.db import connections
from django.urls import reverse

from wangqun.articles.actions import revise
from wangqun.publication import actions as publication
from wangqun.publication import dependents, jobs, tree, writing
from wangqun.publication.jobs import give_back, one_go, work_off
from wangqun.publication.models import Alarm, File, RenderOrder, RenderRun
from wangqun.publication.render import make_page, newest_releases
from wangqun.reviews import actions as reviews

HOST = "zhengding.localhost"

pytestmark = pytest.mark.req("SEC-1", "COL-8")


@pytest.fixture
def built(world):
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    work_off()
    return world


def place_of(article):
    return settings.RELEASE_ROOT / "current" / HOST / article.public_path.strip("/") / "index.html"


def correct(world, article, title):
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title=title)
    reviews.submit(article, by=world.wang)
    world.pass_review(article)
    article.refresh_from_db()


def test_what_a_slow_worker_made_before_a_correction_never_replaces_the_correction(built):
    article = built.released(title="旧的标题")
    slow = RenderRun.objects.create(started_at=article.first_published_at, worker="slow")
    stale = make_page(article.pk, newest_releases([article.pk])[article.pk])
    correct(built, article, "更正的标题")
    work_off()
    assert "更正的标题" in place_of(article).read_text(encoding="utf-8")
    writing.write(slow, [stale], reason="迟到")
    assert "更正的标题" in place_of(article).read_text(encoding="utf-8")
    assert File.objects.public().get(path=article.public_path.strip("/") + "/index.html").run > slow.pk


def test_what_a_dead_worker_had_taken_is_done_by_the_next(built):
    article = built.released()
    dead = RenderRun.objects.create(started_at=article.first_published_at, worker="host-1-gone")
    RenderOrder.objects.filter(done_at__isnull=True).update(run=dead)
    assert work_off() > 0
    assert place_of(article).exists()
    dead.refresh_from_db()
    assert dead.finished_at is not None


def test_what_a_living_worker_has_taken_is_left_to_it(built):
    built.released()
    with tree.worker() as living:
        run = RenderRun.objects.create(started_at=built.wang.date_joined, worker=living)
        RenderOrder.objects.filter(done_at__isnull=True).update(run=run)
        assert work_off() == 0
        give_back("another")
        assert RenderOrder.objects.filter(run=run, done_at__isnull=True).exists()
    assert work_off() > 0


def test_a_full_disk_changes_nothing_that_readers_see_and_the_release_says_that_it_waits(built, monkeypatch, travel):
    travel("2026-03-11 10:00")
    article = built.released(title="原来的标题")
    work_off()
    before = place_of(article).read_bytes()
    correct(built, article, "写不下的标题")

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(tree, "write_aside", full)
        work_off()
    assert place_of(article).read_bytes() == before
    waiting = RenderOrder.objects.open()
    assert waiting.exists()
    assert set(waiting.filter(page_id=article.pk).values_list("failure", flat=True)) == {"磁盘空间不足，腾出空间后自动补做"}
    assert Alarm.objects.filter(kind="render_failed", cleared_at__isnull=True).count() == 1
    assert not list((settings.RELEASE_ROOT / "aside").glob("*/*"))
    travel("2026-03-11 10:01")
    work_off()
    assert "写不下的标题" in place_of(article).read_text(encoding="utf-8")
    assert not waiting.exists()
    assert not Alarm.objects.filter(kind="render_failed", cleared_at__isnull=True).exists()


def test_the_list_of_records_says_which_files_wait_and_why(built, client):
    released = built.released(title="等待生成的稿件")
    client.force_login(built.zhou)
    address = reverse("releases:index")
    assert "正在生成" in client.get(address).content.decode()
    RenderOrder.objects.open().filter(page_id=released.pk).update(failure="磁盘空间不足，腾出空间后自动补做")
    assert "磁盘空间不足" in client.get(address).content.decode()
    work_off()
    shown = client.get(address).content.decode()
    assert "已生成" in shown
    assert "正在生成" not in shown


def test_one_page_that_cannot_be_made_holds_up_no_other_and_is_tried_again(built, monkeypatch, travel):
    travel("2026-03-11 10:00")
    broken, sound = built.released(title="生成出错的稿件"), built.released(title="正常的稿件")
    make = jobs.make_page

    def faulty(page_id, *arguments):
        if page_id == broken.pk:
            raise ValueError("template")
        return make(page_id, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "make_page", faulty)
        work_off()
    assert place_of(sound).exists()
    assert not place_of(broken).exists()
    assert RenderOrder.objects.open().filter(page_id=broken.pk, failure__startswith="页面未能生成").exists()
    travel("2026-03-11 10:01")
    work_off()
    assert place_of(broken).exists()


def test_a_file_is_always_a_whole_second_younger_than_the_one_it_replaces(built):
    article = built.released(title="第一版")
    work_off()
    before = place_of(article).stat().st_mtime_ns // tree.SECOND
    os.utime(place_of(article), (before + 100, before + 100))  # as if the clock had been set back since
    correct(built, article, "第二版")
    work_off()
    after = {suffix: os.stat(f"{place_of(article)}{suffix}").st_mtime_ns for suffix in ("", *tree.TWINS)}
    assert len(set(after.values())) == 1
    assert after[""] // tree.SECOND == before + 101


def test_the_same_order_given_many_times_is_done_once(built):
    article = built.released()
    for _ in range(50):
        dependents.order_page(article, reason="又一次")
    assert RenderOrder.objects.open().filter(page_id=article.pk).count() > 50
    run = RenderRun.objects.latest("pk").pk
    one_go("test")
    assert not RenderOrder.objects.open().filter(page_id=article.pk, path="").exists()
    assert RenderRun.objects.filter(pk__gt=run).count() == 1


@pytest.mark.postgresql
def test_two_workers_and_two_corrections_at_once_end_with_the_newest(committed_db):
    from tests.world import World

    world = World()
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    work_off()
    article = world.released(title="最初的标题")
    faults = []
    is_done = threading.Event()

    def worker():
        try:
            while not is_done.is_set():
                work_off()
        except Exception as fault:  # noqa: BLE001 - shown by the assertion below
            faults.append(fault)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for one in workers:
        one.start()
    try:
        for number in range(8):
            correct(world, article, f"第{number}次更正")
    finally:
        is_done.set()
        for one in workers:
            one.join()
    work_off()
    assert faults == []
    assert "第7次更正" in place_of(article).read_text(encoding="utf-8")
    listed = (settings.RELEASE_ROOT / "current" / HOST / "gzdt/index.html").read_text(encoding="utf-8")
    assert "第7次更正" in listed
    assert "第6次更正" not in listed
