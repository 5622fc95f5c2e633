"""Every line of the log counts exactly once, whatever happens; wrong ones are skipped and counted as skipped."""

import os
from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from wangqun.publication.jobs import work_off
from wangqun.publication.models import File
from wangqun.visits import actions, log
from wangqun.visits.actions import count_visits
from wangqun.visits.models import Counting, LogFile, Referrer, Visit
from wangqun.visits.tests.factories import HOST, TODAY, let_rest, line, rotated, write

pytestmark = [pytest.mark.req("ASM-5")]


def address(page) -> str:
    return page.specific.public_path


def sums() -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (visit.page.title, visit.language): (visit.views, visit.robot_views) for visit in Visit.objects.select_related("page")
    }


def test_lines_become_sums_by_day_site_column_page_and_language(place) -> None:
    article = place.articles[0]
    write(line("/"), line(address(article)), line(address(article), status=304), line("/zh-hant" + address(article)))
    count_visits()
    visit = Visit.objects.get(page=article.pk, language="zh-Hans")
    assert (visit.day, visit.website, visit.column, visit.views) == (TODAY, place.website, place.news, 2)
    assert Visit.objects.get(page=article.pk, language="zh-Hant").views == 1
    home = Visit.objects.get(page=place.home.pk)
    assert (home.column, home.views) == (None, 1)


def test_robots_are_counted_apart(place) -> None:
    write(line(address(place.news)), line(address(place.news), robot=1), line(address(place.news), robot=1))
    done = count_visits()
    assert (done.views, done.robot_views) == (1, 2)
    assert sums() == {("工作动态", "zh-Hans"): (1, 2)}


def test_older_pages_of_a_list_count_for_their_column(place) -> None:
    write(line("/gzdt/"), line("/gzdt/p/3/"), line("/zh-hant/gzdt/p/12/"))
    count_visits()
    assert sums() == {("工作动态", "zh-Hans"): (2, 0), ("工作动态", "zh-Hant"): (1, 0)}


def test_a_visit_belongs_to_the_day_in_beijing(place) -> None:
    write(line(at="2026-03-09T16:30:00+00:00"), line(at="2026-03-09T23:59:59+08:00"))
    count_visits()
    assert dict(Visit.objects.values_list("day", "views")) == {TODAY: 1, date(2026, 3, 9): 1}


def test_counting_again_adds_nothing(place) -> None:
    write(line(), line())
    count_visits()
    assert count_visits().lines == 0
    assert sums() == {("阜平县商务", "zh-Hans"): (2, 0)}


def test_later_lines_of_the_same_day_are_added(place) -> None:
    for _ in range(3):
        write(line(), line(robot=1))
        count_visits()
    assert sums() == {("阜平县商务", "zh-Hans"): (3, 3)}


def test_nothing_to_count_is_no_fault(place, log) -> None:
    assert count_visits().lines == 0
    write("")
    assert count_visits().lines == 0
    log.rmdir() if not any(log.iterdir()) else [file.unlink() for file in log.iterdir()]
    assert count_visits().lines == 0
    assert Counting.objects.get().counted_at


def test_lines_written_after_the_renaming_are_counted_by_the_next_run(place) -> None:
    opened = write(line()).open("ab")
    count_visits()
    opened.write(line().encode())
    opened.close()
    count_visits()
    assert sums() == {("阜平县商务", "zh-Hans"): (2, 0)}


def test_a_line_without_its_end_waits_for_the_rest(place) -> None:
    whole = line("/gzdt/").encode()
    file = write(line(), whole[:30])
    opened = file.open("ab")
    assert count_visits().views == 1
    opened.write(whole[30:])
    opened.close()
    assert count_visits().views == 1
    assert sums() == {("阜平县商务", "zh-Hans"): (1, 0), ("工作动态", "zh-Hans"): (1, 0)}


def test_a_line_that_is_never_finished_is_skipped_in_the_end(place) -> None:
    write(line(), "2026-03-10T11:0")
    count_visits()
    let_rest()
    assert count_visits().skipped == {"格式不对": 1}
    assert not rotated()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("\n", "格式不对"),
        ("nothing\n", "格式不对"),
        (line("/gzdt/\tx"), "格式不对"),
        (line("gzdt"), "格式不对"),
        (line(robot=2), "格式不对"),
        (b"2026-03-10T11:00:00+08:00\t" + HOST.encode() + b"\t/\xff\xfe\t200\t0\t-\n", "编码不对"),
        (line("/" + "a" * 5000), "过长"),
        (line("/" + "a" * 600), "没有这个页面"),
        (line("/nowhere/"), "没有这个页面"),
        (line("/\x00"), "地址不对"),
        (line("/%00"), "地址不对"),
        (line("/gzdt/%0a/"), "地址不对"),
        (line(host="evil.example"), "没有这个网站"),
        (line(host=""), "没有这个网站"),
        (line(at="2026-03-10T12:06:00+08:00"), "时间不在范围内"),
        (line(at="2024-03-10T12:00:00+08:00"), "时间不在范围内"),
        (line(at="0001-01-01T00:00:00+08:00"), "时间不在范围内"),
        (line(at="9999-12-31T23:59:59-23:59"), "时间不在范围内"),
        (line(at="2026-03-10T11:00:00"), "时间不对"),
        (line(at="yesterday"), "时间不对"),
        (line(status=404), "不是页面访问"),
        (line(status=410), "不是页面访问"),
    ],
)
def test_a_wrong_line_is_skipped_counted_as_such_and_harms_no_other(place, wrong, reason) -> None:
    write(line(), wrong, line())
    done = count_visits()
    assert (done.views, dict(done.skipped)) == (2, {reason: 1})
    assert LogFile.objects.get().skipped == {reason: 1}
    assert Visit.objects.count() == 1


def test_a_line_longer_than_what_is_read_at_once_holds_nothing_up(place, monkeypatch) -> None:
    monkeypatch.setattr(log, "PIECE", 200)
    write(line(), "x" * 1000 + "\n", line())
    done = count_visits()
    assert done.views == 2
    assert set(done.skipped) == {"格式不对"}


def test_unknown_addresses_leave_no_rows_however_many_there_are(place) -> None:
    write(*[line(f"/gzdt/made-up-{number}/") for number in range(3000)])
    assert count_visits().skipped == {"没有这个页面": 3000}
    assert not Visit.objects.exists()


@pytest.mark.parametrize("path", ["/gzdt/?utm_source=x", "/gzdt/index.html", "/%67zdt/"])
def test_other_spellings_of_an_address_count_for_the_page(place, path) -> None:
    write(line(path))
    count_visits()
    assert sums() == {("工作动态", "zh-Hans"): (1, 0)}


def test_a_page_withdrawn_before_the_log_is_read_still_counts(place) -> None:
    article = place.articles[0]
    write(line(address(article)))
    File.objects.filter(page=article.pk, path__startswith="zh-hant").delete()
    File.objects.filter(page=article.pk).update(path=f"{article.folder}/gone.html")
    count_visits()
    assert sums() == {(article.title, "zh-Hans"): (1, 0)}


def test_the_most_frequent_referrers_are_kept_by_name_and_the_rest_in_one_row(place, monkeypatch) -> None:
    monkeypatch.setattr(actions, "MOST_REFERRERS", 2)
    write(*[line(referrer="www.example.com")] * 3, *[line(referrer="news.example")] * 2, line(referrer="spam.example"))
    count_visits()
    write(*[line(referrer="late.example")] * 5, line(referrer="www.EXAMPLE.com"))
    count_visits()
    assert dict(Referrer.objects.values_list("host", "views")) == {"late.example": 5, "www.example.com": 4, "": 3}


def test_ten_thousand_invented_referrers_are_fifty_rows_and_one(place) -> None:
    write(*[line(referrer=f"spam-{number}.example") for number in range(10_000)])
    count_visits()
    assert Referrer.objects.count() == 51
    assert sum(Referrer.objects.values_list("views", flat=True)) == 10_000


@pytest.mark.parametrize(
    "referrer", ["203.0.113.7", "[2001:db8::1]", "x" * 200 + ".example", "<script>", "a b.example", "localhost"]
)
def test_a_referrer_without_a_proper_name_is_not_kept_by_name(place, referrer) -> None:
    """An IP address could be somebody's own."""
    write(line(referrer=referrer))
    count_visits()
    assert list(Referrer.objects.values_list("host", "views")) == [("", 1)]


def test_clicks_within_the_site_and_robots_are_no_referrers(place) -> None:
    write(line(referrer=HOST), line(referrer="-"), line(referrer="bot.example", robot=1))
    count_visits()
    assert not Referrer.objects.exists()


def test_a_counted_file_is_deleted_after_a_day_of_rest_and_not_before(place) -> None:
    write(line())
    count_visits()
    count_visits()
    assert len(rotated()) == 1
    let_rest()
    count_visits()
    assert not rotated()
    assert LogFile.objects.get(lines=1).removed_at


def test_the_newest_file_stays_because_somebody_may_still_hold_it_open(place) -> None:
    opened = write(line()).open("ab")
    count_visits()
    (file,) = rotated()
    os.utime(file, (0, 0))
    count_visits()
    opened.write(line().encode())
    opened.close()
    assert count_visits().views == 1


def test_a_resting_file_that_is_not_counted_yet_is_counted_before_it_goes(place) -> None:
    write(line(), line(), name="access-7.log")
    let_rest()
    assert count_visits().views == 2
    assert not rotated()


def test_foreign_files_in_the_folder_are_left_alone(place, log) -> None:
    for name in ("access-7.log.gz", "access-x.log", "error.log"):
        write(line(), name=name)
    (log / "access-8.logs").mkdir()
    assert count_visits().lines == 0
    assert (log / "error.log").exists()


def test_rows_of_long_gone_files_are_forgotten(place, travel) -> None:
    write(line())
    count_visits()
    let_rest()
    count_visits()
    travel("2026-05-10 12:00")
    count_visits()
    assert not LogFile.objects.filter(lines__gt=0).exists()


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize(
    "victim", ["rotate", "disk_time", "_sum", "_add_visits", "_add_referrers", "save", "unlink", "_finish"]
)
def test_killed_anywhere_and_run_again_each_line_has_counted_once(place, monkeypatch, victim) -> None:
    """An exception ends the transaction as the death of the process does."""

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    write(*[line(referrer="www.example.com")] * 3)
    count_visits()
    let_rest()
    write(*[line("/gzdt/", referrer="www.example.com")] * 4, line("/nowhere/"))
    with monkeypatch.context() as patch:
        place_of = {"save": LogFile, "unlink": actions.Path, "rotate": log, "disk_time": log}
        patch.setattr(place_of.get(victim, actions), victim, die)
        with pytest.raises(Killed):
            count_visits()
    count_visits()
    let_rest()
    count_visits()
    assert sums() == {("阜平县商务", "zh-Hans"): (3, 0), ("工作动态", "zh-Hans"): (4, 0)}
    assert Referrer.objects.get().views == 7
    assert sum(sum(file.skipped.values()) for file in LogFile.objects.all()) == 1
    assert not rotated()


def test_a_file_that_could_not_be_deleted_is_not_counted_again(place, monkeypatch) -> None:
    write(line())
    count_visits()
    let_rest()
    with monkeypatch.context() as patch:
        patch.setattr(actions.Path, "unlink", lambda path, **options: (_ for _ in ()).throw(PermissionError()))
        with pytest.raises(PermissionError):
            count_visits()
    assert rotated()
    assert count_visits().lines == 0
    assert not rotated()


def test_many_pieces_give_the_same_sums_as_one(place, monkeypatch) -> None:
    monkeypatch.setattr(log, "PIECE", 700)
    lines = [
        line(address(place.articles[number % 3]), robot=number % 2, referrer=f"r{number % 4}.example") for number in range(200)
    ]
    write(*lines)
    done = count_visits()
    assert (done.views, done.robot_views) == (100, 100)
    assert sum(views for views, _ in sums().values()) == 100
    assert sum(Referrer.objects.values_list("views", flat=True)) == 100
    assert LogFile.objects.get().lines == 200


def test_ten_thousand_lines_take_no_more_questions_than_ten(place) -> None:
    def questions(number: int) -> int:
        write(*[line(address(place.articles[index % 3])) for index in range(number)])
        with CaptureQueriesContext(
            connection,
        ) as captured:
            count_visits()
        return len(captured)

    questions(3)
    assert questions(10_000) <= questions(10) + 2  # one file more to look at


def test_the_command_says_what_it_did(place, capsys) -> None:
    write(line(), line(robot=1), "nonsense\n")
    call_command("count_visits")
    assert "浏览 1 次，机器人访问 1 次，略过 1 行" in capsys.readouterr().out


def test_what_a_real_release_wrote_is_found_in_every_language(world, log) -> None:
    article = world.released()
    work_off()
    now = timezone.localtime().isoformat(timespec="seconds")
    paths = [article.public_path, article.column.public_path, "/", "/map/"]
    write(*[line(prefix + path, host="zhengding.localhost", at=now) for path in paths for prefix in ("", "/zh-hant")])
    done = count_visits()
    assert (done.views, dict(done.skipped)) == (8, {})
    assert Visit.objects.get(page=article.pk, language="zh-Hant").column_id == article.column.pk
