"""The schedule: what is due when, who wins a slot, what is made up."""

import threading
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections

from wangqun.base.models import ScheduleSlot
from wangqun.base.schedule import BadSchedule, Line, claim, parse, tick

DAILY = Line("30 8 * * *", "remind")
EVERY_MINUTE = Line("* * * * *", "send_notices")


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def ran(lines: list[Line]) -> list[str]:
    return [line.name for line in tick(lines, lambda line: None)]


def test_a_slot_is_the_latest_moment_at_which_the_line_was_due():
    assert DAILY.slot(at("2026-03-12 08:29:59")) == at("2026-03-11 08:30")
    assert DAILY.slot(at("2026-03-12 08:30:00")) == at("2026-03-12 08:30")
    assert DAILY.next_slot(at("2026-03-12 08:30:00")) == at("2026-03-13 08:30")


def test_slots_are_counted_in_local_time():
    assert DAILY.slot(datetime(2026, 3, 12, 1, 0, tzinfo=ZoneInfo("UTC"))) == at("2026-03-12 08:30")


def test_a_line_runs_once_per_slot(db, travel):
    travel("2026-03-12 09:00")
    assert ran([DAILY]) == ["remind"]
    assert ran([DAILY]) == []
    travel("2026-03-13 08:29")
    assert ran([DAILY]) == []
    travel("2026-03-13 08:30")
    assert ran([DAILY]) == ["remind"]


def test_days_of_stand_still_are_made_up_once(db, travel):
    travel("2026-03-12 09:00")
    ran([DAILY, EVERY_MINUTE])
    travel("2026-03-16 10:00")
    assert ran([DAILY, EVERY_MINUTE]) == ["remind", "send_notices"]
    assert ran([DAILY, EVERY_MINUTE]) == []


def test_a_clock_set_back_does_not_silence_the_schedule(db, travel):
    travel("2026-03-19 09:00")
    ran([DAILY])
    travel("2026-03-12 09:00")
    assert ran([DAILY]) == ["remind"]
    assert ran([DAILY]) == []


def test_a_failed_line_does_not_stop_the_others_and_is_tried_again_after_an_hour(db, travel, caplog):
    def fail(line: Line) -> None:
        if line is DAILY:
            raise RuntimeError("坏了")

    travel("2026-03-12 09:00")
    assert tick([DAILY, EVERY_MINUTE], fail) == [EVERY_MINUTE]
    assert "定时任务失败：remind" in caplog.text
    travel("2026-03-12 09:59")
    assert ran([DAILY]) == []
    travel("2026-03-12 10:01")
    assert ran([DAILY]) == ["remind"]


def test_a_slot_whose_runner_died_is_run_again_after_an_hour(db, travel):
    travel("2026-03-12 09:00")
    assert claim(DAILY, at("2026-03-12 09:00"))
    assert not claim(DAILY, at("2026-03-12 09:50"))
    assert claim(DAILY, at("2026-03-12 10:01"))


def test_nothing_is_taken_once_it_shall_stop(db, travel):
    travel("2026-03-12 09:00")
    assert tick([DAILY], lambda line: None, may_go_on=lambda: False) == []
    assert not ScheduleSlot.objects.exists()


@pytest.mark.postgresql
def test_of_six_schedulers_at_once_one_runs_the_slot(committed_db):
    claim(DAILY, at("2026-03-12 09:00"))
    ScheduleSlot.objects.update(finished_at=at("2026-03-12 09:00"))
    won: list[bool] = []
    barrier = threading.Barrier(6)

    def race() -> None:
        barrier.wait()
        won.append(claim(DAILY, at("2026-03-13 09:00")))
        connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True], connection.vendor


@pytest.mark.parametrize("row", ["* * * * *", "61 * * * * remind", "x * * * * remind", "30 8 * * * a\n31 8 * * * a"])
def test_a_line_that_cannot_be_read_is_refused(row):
    with pytest.raises(BadSchedule):
        parse(row)


def test_the_schedule_of_the_installation_can_be_read():
    lines = parse((settings.BASE_DIR / "deploy" / "crontab").read_text(encoding="utf-8"))
    assert {"remind", "sweep_clocks", "send_notices", "verify_audit"} <= {line.command for line in lines}


def test_the_command_runs_what_is_due_and_ends(db, tmp_path: Path, capsys):
    table = tmp_path / "crontab"
    table.write_text("* * * * * reap_tasks --minutes 5\n", encoding="utf-8")
    call_command("schedule", "--once", "--file", str(table))
    call_command("schedule", "--once", "--file", str(table))
    assert capsys.readouterr().out.count("已执行：reap_tasks --minutes 5") == 1


def test_the_command_refuses_a_table_that_is_not_there(db, tmp_path: Path):
    with pytest.raises(CommandError, match="不能用"):
        call_command("schedule", "--once", "--file", str(tmp_path / "none"))
