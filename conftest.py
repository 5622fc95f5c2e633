"""What every test shares: a database with the cast in it, no network but this machine, and the clock as a fixture."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings

from tests import database

if TYPE_CHECKING:
    from tests.world import World


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "req(*ids): the requirements of ../shared/requirements.md that the test proves")
    config.addinivalue_line("markers", "postgresql: needs real concurrency, runs on PostgreSQL only")
    config.addinivalue_line("markers", "sqlite: handles the database's file, runs on SQLite only")
    config.addinivalue_line("markers", "browser: drives real Chromium")
    config.addinivalue_line("markers", "committed: commits for real; the database is made afresh afterwards")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_postgresql = "postgresql" in settings.DATABASES["default"]["ENGINE"]
    elsewhere = ("browser", "sqlite") if on_postgresql else ("postgresql",)
    kept, dropped = [], []
    for item in items:
        if any(item.get_closest_marker(name) for name in elsewhere):
            dropped.append(item)
        else:
            kept.append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


SHANGHAI = ZoneInfo("Asia/Shanghai")


def _people() -> None:
    """Build the cast in January 2026, so that its rights and duties hold on every day that tests travel to."""
    from tests.world import build

    with time_machine.travel(datetime(2026, 1, 5, 9, tzinfo=SHANGHAI), tick=True):
        build()


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker) -> Iterator[None]:
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    with django_db_blocker.unblock():
        drop = database.prepare(worker, _people)
    yield
    with django_db_blocker.unblock():
        drop()


@pytest.fixture
def committed_db(request: pytest.FixtureRequest, django_db_setup, django_db_blocker) -> Iterator[None]:
    """A database of this test's own in which transactions really commit; thrown away afterwards."""
    from django.db import connection, connections

    with django_db_blocker.unblock():
        before = connection.settings_dict["NAME"]
        saved = settings.DATA.with_name(settings.DATA.name + "-saved")
        shutil.copytree(settings.DATA, saved, dirs_exist_ok=True)
        shutil.rmtree(settings.DATA)
        settings.DATA.mkdir()
        drop = database.prepare("committed", _people)
        yield
        connections.close_all()
        drop()
        database._point_at(before)
        shutil.rmtree(settings.DATA)
        saved.rename(settings.DATA)


@pytest.fixture
def world(db) -> "Iterator[World]":
    """The cast: see tests/world.py. It is Tuesday, 10 March 2026, nine in the morning."""
    from tests.world import World

    with time_machine.travel(datetime(2026, 3, 10, 9, tzinfo=SHANGHAI), tick=True):
        yield World()


@pytest.fixture
def travel() -> Iterator[Callable[[str], None]]:
    """Move this process to a moment, e.g. travel("2026-03-12 09:00"), Asia/Shanghai; the machine's clock stays."""
    travellers: list[time_machine.travel] = []

    def go(moment: str) -> None:
        while travellers:
            travellers.pop().stop()
        at = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)
        traveller = time_machine.travel(at, tick=True)
        traveller.start()
        travellers.append(traveller)

    yield go
    while travellers:
        travellers.pop().stop()
