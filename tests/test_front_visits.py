"""The log of visits: what it takes for a robot, and that lines are whole whatever happens to the file."""

import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from config.front import visits as module
from config.front.addresses import is_robot, referring_host
from config.front.visits import Visits

pytestmark = [pytest.mark.sqlite, pytest.mark.req("ASM-5")]  # knows no database: once is enough


@pytest.fixture
def visits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visits:
    """A log without its thread: the test writes."""
    monkeypatch.setattr(module.threading.Thread, "start", lambda self: None)
    return Visits(tmp_path / "visits/access.log")


def note(visits: Visits, path: str = "/", count: int = 1) -> None:
    for _ in range(count):
        visits.note("a.localhost", path, 200, is_robot=False, referrer="-")


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (b"", True),
        (b"  ", True),
        (b"Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", True),
        (b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        (b"Sogou web spider/4.0", True),
        (b"Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (compatible; PetalBot;+https://x)", True),
        (b"curl/7.88.1", True),
        (b"python-requests/2.31", True),
        (b"Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/130.0", True),
        (b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", False),
        (b"Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 Chrome/130.0 Mobile", False),
        (b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) MicroMessenger/8.0.50", False),
        (b"Mozilla/5.0 (Linux; Android 14) baiduboxapp/13.60", False),
    ],
)
def test_robots_are_known_by_what_they_call_themselves(agent: bytes, expected: bool) -> None:
    assert is_robot(agent) is expected


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        (b"", "-"),
        (b"https://www.baidu.com/s?wd=%E5%95%86%E5%8A%A1", "www.baidu.com"),
        (b"HTTP://User:Word@WWW.SJZ.gov.cn:80/a", "www.sjz.gov.cn"),
        (b"android-app://com.tencent.mm", "-"),
        (b"https://a b/", "-"),
        (b"https://x\ty/", "-"),
        (b"\xff\xfe", "-"),
    ],
)
def test_of_a_referrer_only_the_host_is_kept(referrer: bytes, host: str) -> None:
    assert referring_host(referrer) == host


def test_lines_go_into_a_new_file_where_the_old_one_was_renamed(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.0)
    note(visits, "/1/")
    visits.flush()
    renamed = visits.path.rename(visits.path.with_name("access-1.log"))
    note(visits, "/2/")
    visits.flush()
    assert [path.read_text().split("\t")[2] for path in (renamed, visits.path)] == ["/1/", "/2/"]


def test_what_the_disk_does_not_take_is_written_later(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(module.os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    note(visits, "/1/")
    visits.flush()

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(module.os, "write", full)
    note(visits, "/2/")
    visits.flush()
    monkeypatch.setattr(module.os, "write", write)
    visits.flush()
    assert [line.split("\t")[2] for line in visits.path.read_text().splitlines()] == ["/1/", "/2/"]


def test_a_disk_that_stays_full_does_not_fill_memory(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    visits.path.parent.write_text("no folder")
    note(visits, count=500)
    visits.flush()
    assert len(visits.waiting) <= 10
    for _ in range(50):
        note(visits, count=10)
        visits.flush()
    assert len(visits.waiting) + visits.rest.count(b"\n") <= 50


def fill(path: Path, name: str) -> None:
    visits = Visits(path)
    for number in range(3000):
        visits.note("a.localhost", f"/{name}/{number}/", 200, is_robot=False, referrer="-")
    visits.close()


def test_two_processes_write_whole_lines_into_one_file(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=fill, args=(path, name)) for name in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    lines = path.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 6000
    assert all(line.count("\t") == 5 for line in lines)


def test_the_demonstration_notes_its_own_day(tmp_path: Path) -> None:
    today, ahead = Visits(tmp_path / "a"), Visits(tmp_path / "b", days_ahead=7)
    for visits in (today, ahead):
        note(visits)
        visits.close()
    days = [module.datetime.fromisoformat((tmp_path / name).read_text().split("\t")[0]) for name in "ab"]
    assert (days[1] - days[0]).days in {6, 7}
