"""The demonstration is built by the real actions and leaves an installation in which every check holds."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests import database

ROOT = Path(__file__).resolve().parents[3]


def manage(data, *arguments, debug="1"):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "WANGQUN_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
        env=kept | {"DEBUG": debug, "WANGQUN_DATA": str(data), "WANGQUN_PUBLIC_SCHEME": "http"},
    )  # fmt: skip


@pytest.fixture
def empty(django_db_setup, tmp_path):
    """The data folder of an installation that was just migrated."""
    shutil.copy(database.CACHE / f"{database.schema()}.sqlite3", tmp_path / "wangqun.sqlite3")
    return tmp_path


@pytest.mark.sqlite
@pytest.mark.req("GRP-1", "ORG-1", "ORG-2", "ASM-2")
def test_a_small_city_is_built_and_every_check_holds_in_it(empty):
    done = manage(empty, "seed_demo", "--small", "--until", "2026-03-31")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "wang.bianji" in done.stdout
    promises = {"verify_audit": "操作日志完好", "reconcile": "未消除的异常 0 项", "verify_files": "发现并恢复 0 处"}
    for check, sentence in promises.items():
        found = manage(empty, check)
        assert found.returncode == 0 and sentence in found.stdout, found.stdout + found.stderr[-2000:]
    rows = sqlite3.connect(empty / "wangqun.sqlite3")

    def count(table, where="1=1"):
        return rows.execute(f"select count(*) from {table} where {where}").fetchone()[0]  # noqa: S608 - our own words

    assert count("websites_website", "state='open'") == 7
    assert count("publication_release", "kind='first'") > 50
    assert count("publication_release", "kind='correction'") == 1
    assert count("publication_release", "kind='withdrawal'") == 1
    assert count("publication_release", "is_submitted") > 0
    assert count("reminders_reminder", "stage=2") > 0
    assert count("reminders_escalation") > 0
    assert count("assessment_ranking") == 2, "January and February are closed, March is not over"
    again = manage(empty, "seed_demo", "--small")
    assert again.returncode != 0 and "空的数据库" in again.stderr


@pytest.mark.sqlite
def test_the_demonstration_is_refused_where_debug_is_off(empty):
    done = manage(empty, "seed_demo", debug="0")
    assert done.returncode != 0 and "只能在 DEBUG=1 时建立" in done.stderr
