"""The watcher: what somebody does to the public tree is put right within moments; our own publishing troubles nobody."""

import errno
import os
import shutil

import pytest
from django.conf import settings
from inotify_simple import INotify

from wangqun.base.moments import now
from wangqun.people.actions import system_user
from wangqun.publication import actions as publication
from wangqun.publication import checking, generations, verification, watching
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Alarm, File, RenderOrder
from wangqun.websites.models import Website

pytestmark = pytest.mark.req("SEC-1")
HOST = "zhengding.localhost"


@pytest.fixture
def built(world, monkeypatch):
    """The world with its files written, and no pause between an event and the look at its file."""
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    world.article = world.released(title="正定夜市开张")
    publication.order_all()
    work_off()
    world.path = world.article.public_path.strip("/") + "/index.html"
    for name in ("MOMENT", "AGAIN", "FOLLOW"):
        monkeypatch.setattr(watching, name, 0.0)

    def sweep_here(watcher):
        for findings in checking.sweep(verification.expected(list(watcher.trees.values())), processes=1):
            watcher.swept.put(findings)

    monkeypatch.setattr(watching.Watcher, "start_sweep", sweep_here)
    return world


@pytest.fixture
def watcher(built):
    made = watching.Watcher()
    made.turn()
    assert turns(made) == []
    yield made
    made.notify.close()


def turns(watcher, times=4):
    """Go round a few times; returns what the alarms tell of."""
    alarms = [alarm for _ in range(times) for alarm in watcher.turn()]
    return sorted({(detail["kind"], detail["what"]) for alarm in alarms for detail in alarm.details})


def place(path, host=HOST):
    return settings.RELEASE_ROOT / "current" / host / path


def test_an_altered_a_deleted_and_an_added_file_are_put_right(built, watcher):
    right = place(built.path).read_bytes()
    with place(built.path).open("ab") as file:
        file.write(b"<a href=x>")
    place("gzdt/index.html.gz").unlink()
    place("dark.html").write_text("x", encoding="utf-8")
    assert turns(watcher) == [
        ("file_added", f"{HOST}/dark.html"),
        ("file_altered", f"{HOST}/{built.path}"),
        ("file_missing", f"{HOST}/gzdt/index.html.gz"),
    ]
    assert place(built.path).read_bytes() == right
    assert place("gzdt/index.html.gz").exists() and not place("dark.html").exists()
    assert turns(watcher) == [], "what we restored ourselves troubles nobody"


def test_an_alteration_is_seen_before_its_writer_closes_the_file(built, watcher):
    with place(built.path).open("ab", buffering=0) as file:
        file.write(b"x")
        assert turns(watcher) == [("file_altered", f"{HOST}/{built.path}")]


@pytest.mark.parametrize("act", ["chmod", "touch", "replace", "link"])
def test_every_way_to_change_a_file_is_seen(built, watcher, act, tmp_path):
    if act == "chmod":
        place(built.path).chmod(0o777)
    elif act == "touch":
        os.utime(place(built.path), ns=(1, 1))
    elif act == "replace":
        (tmp_path / "other").write_text("x", encoding="utf-8")
        os.replace(tmp_path / "other", place(built.path))
    else:
        shutil.copy(place(built.path), tmp_path / "other")
        place(built.path).unlink()
        place(built.path).symlink_to(tmp_path / "other")
    assert turns(watcher) != []
    assert verification.verify(processes=1) == []


def test_releases_corrections_and_withdrawals_raise_no_alarm(built, watcher):
    second = built.released(title="第二篇")
    work_off()
    publication.withdraw(second, by=built.liu, reason="wrong")
    work_off()
    assert turns(watcher, 8) == []
    assert not Alarm.objects.exists()
    assert not watcher.suspects, "nothing is looked at over and over"


def test_files_in_a_new_folder_are_watched_from_the_start(built, watcher):
    place("casino/deep").mkdir(parents=True)
    place("casino/deep/index.html").write_text("x", encoding="utf-8")
    assert turns(watcher) != []
    assert not place("casino").exists()
    second = built.released(title="第二篇")
    work_off()
    assert turns(watcher) == []
    path = second.public_path.strip("/") + "/index.html"
    place(path).write_text("x", encoding="utf-8")
    assert ("file_altered", f"{HOST}/{path}") in turns(watcher)


def test_a_folder_moved_away_or_replaced_by_a_link_comes_back(built, watcher, tmp_path):
    folder = place(built.path).parent
    right = place(built.path).read_bytes()
    folder.rename(tmp_path / "away")
    assert ("file_missing", f"{HOST}/{built.path}") in turns(watcher)
    work_off()
    assert place(built.path).read_bytes() == right
    turns(watcher)
    folder.rename(tmp_path / "again")
    folder.symlink_to(tmp_path / "again")
    turns(watcher)
    work_off()
    turns(watcher)
    assert not folder.is_symlink() and place(built.path).read_bytes() == right


def test_links_of_hosts_and_generations_are_watched(built, watcher, tmp_path):
    current = settings.RELEASE_ROOT / "current"
    right = os.readlink(current)
    current.unlink()
    current.symlink_to(tmp_path)
    assert turns(watcher) == [("file_altered", "current")]
    assert os.readlink(current) == right
    (current / HOST).unlink()
    (current / "evil.localhost").symlink_to(tmp_path)
    assert {what for _kind, what in turns(watcher)} == {f"{right}/{HOST}", f"{right}/evil.localhost"}
    assert place(built.path).exists()


def test_a_copy_of_a_site_that_is_taken_away_is_made_again_and_watched_again(built, watcher):
    real = place("").resolve()
    shutil.rmtree(real)
    turns(watcher)
    work_off()
    assert place(built.path).exists()
    turns(watcher)
    place(built.path).write_text("x", encoding="utf-8")
    assert ("file_altered", f"{HOST}/{built.path}") in turns(watcher)


def test_a_switch_to_another_generation_is_followed(built, watcher):
    generations.republish(Website.objects.filter(domain=HOST), by=system_user(), reason="试")
    assert turns(watcher) == []
    place(built.path).write_text("x", encoding="utf-8")
    assert turns(watcher) == [("file_altered", f"{HOST}/{built.path}")]


def test_what_happened_while_no_watcher_ran_is_found_at_the_start(built):
    place(built.path).write_text("x", encoding="utf-8")
    place("dark.html").write_text("x", encoding="utf-8")
    started = watching.Watcher()
    assert turns(started) == [("file_added", f"{HOST}/dark.html"), ("file_altered", f"{HOST}/{built.path}")]
    started.notify.close()


def test_an_overflow_of_events_leads_to_a_full_sweep(built, watcher):
    place(built.path).write_text("x", encoding="utf-8")
    list(watcher.notify.read(timeout=0))  # the events are lost
    said = []
    watcher.say = said.append
    watcher.note(watching.Event(-1, watching.flags.Q_OVERFLOW, 0, ""))
    assert turns(watcher) == [("file_altered", f"{HOST}/{built.path}")]
    assert "全面核对" in said[0]


def test_beyond_the_limit_of_watches_folders_are_looked_at_in_turn_and_it_says_so(built, monkeypatch):
    class Few(INotify):
        given = 0

        def add_watch(self, path, mask):
            if "/trees/" in str(path) and self.given >= 3:
                raise OSError(errno.ENOSPC, "no more watches")
            self.given += "/trees/" in str(path)
            return super().add_watch(path, mask)

    monkeypatch.setattr(watching, "INotify", Few)
    said = []
    started = watching.Watcher(said.append)
    turns(started)
    assert any("max_user_watches" in text for text in said)
    assert started.unwatched
    right = place(built.path).read_bytes()
    place(built.path).write_text("x", encoding="utf-8")
    assert ("file_altered", f"{HOST}/{built.path}") in turns(started)
    assert place(built.path).read_bytes() == right
    place(built.path).unlink()
    assert ("file_missing", f"{HOST}/{built.path}") in turns(started)
    started.notify.close()


def test_a_file_about_to_be_made_is_looked_at_again_until_it_is(built, watcher):
    order = RenderOrder.objects.create(page_id=built.article.pk, priority=1, reason="试", ordered_at=now())
    place(built.path).write_text("x", encoding="utf-8")
    assert turns(watcher) == []
    assert watcher.suspects
    order.delete()
    assert turns(watcher) == [("file_altered", f"{HOST}/{built.path}")]


def test_a_long_attack_is_one_incident_that_grows(built, watcher):
    for number in range(30):
        place(f"a{number}.html").write_text("x", encoding="utf-8")
        turns(watcher, 2)
    incident = Alarm.objects.get(what__startswith="实时监测（")
    assert incident.count + Alarm.objects.exclude(pk=incident.pk).count() == 30
    assert built.zhou.notices.filter(topic="alarm").count() == 11


def test_a_name_that_is_no_text_is_moved_away_too(built, watcher):
    target = os.fsencode(place("")) + b"/\xff\xfe.html"
    with open(target, "wb") as file:
        file.write(b"x")
    assert turns(watcher) == [("file_added", f"{HOST}/\\xff\\xfe.html")]
    assert not os.path.lexists(target)
    os.mkdir(target)
    assert verification.verify(processes=1) != []
    assert not os.path.lexists(target)


def test_every_file_that_has_a_row_is_under_watch(built, watcher):
    watched = {place for place in watcher.places.values() if place[0]}
    for row in File.objects.public():
        assert (row.tree_id, row.path.rpartition("/")[0]) in watched
