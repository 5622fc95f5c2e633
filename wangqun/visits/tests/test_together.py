"""Two counting processes at once, on a database that really commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from tests.public_pages import make_column, make_home
from wangqun.visits import log as logs
from wangqun.visits.actions import count_visits
from wangqun.visits.models import Referrer, Visit
from wangqun.visits.tests.factories import line, put_files, write

pytestmark = [pytest.mark.postgresql, pytest.mark.committed, pytest.mark.req("ASM-5")]


def test_two_runs_at_once_count_each_line_once(committed_db, log, monkeypatch) -> None:
    home = make_home(kind="county", name="阜平县商务", domain="fuping.localhost")
    put_files(home.website, [home, make_column(home, "gzdt", "工作动态")])
    monkeypatch.setattr(logs, "PIECE", 2_000)
    monkeypatch.setattr(logs, "parse", _parse_as_of_the_line(logs.parse))
    for number in range(4):
        write(*[line("/gzdt/", referrer=f"r{index % 7}.example") for index in range(300)], name=f"access-{number}.log")
    write(*[line("/")] * 200)
    barrier = Barrier(4)

    def work(_number: int) -> int:
        try:
            barrier.wait(timeout=30)
            return count_visits().views
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        counted = sum(pool.map(work, range(4)))
    assert counted == sum(Visit.objects.values_list("views", flat=True)) == 1400
    assert sum(Referrer.objects.values_list("views", flat=True)) == 1200


def _parse_as_of_the_line(parse):
    from datetime import datetime

    moment = datetime.fromisoformat("2026-03-10T12:00:00+08:00")
    return lambda text, _now: parse(text, moment)
