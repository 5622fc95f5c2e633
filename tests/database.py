"""One database per test process, copied from a template that is migrated (and peopled) once per state of the code.

Migrating takes 15 seconds and building the cast some more; a copy takes milliseconds. The template's name holds the
digest of every file it depends on, so a stale one is never used.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("WANGQUN_TEST_CACHE", Path(tempfile.gettempdir()) / f"wangqun-templates-{os.getuid()}"))


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def schema() -> str:
    """Return the digest of what the migrated database depends on."""
    return _digest((ROOT / "wangqun").glob("*/migrations/*.py"))


def code() -> str:
    """Return the digest of what the peopled database depends on: all code but the tests."""
    ours = [path for path in (ROOT / "wangqun").rglob("*.py") if "tests" not in path.parts]
    return _digest([*ours, ROOT / "tests/world.py", ROOT / "config/settings.py"])


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Let one process at a time through; the others wait."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _point_at(name: str) -> None:
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def prepare(worker: str, people: Callable[[], None]) -> Callable[[], None]:
    """Point Django at a fresh database for `worker`, copied from the template; returns what drops it.

    `people` builds the cast once, inside the template. Files the cast needs lie in settings.DATA and are copied too.
    """
    return (_prepare_sqlite if connection.vendor == "sqlite" else _prepare_postgresql)(worker, people)


def _prepare_sqlite(worker: str, people: Callable[[], None]) -> Callable[[], None]:
    migrated, template = CACHE / f"{schema()}.sqlite3", CACHE / f"{schema()}-{code()}"
    with only_one("sqlite"):
        if not migrated.exists():
            _point_at(str(migrated) + ".new")
            call_command("migrate", verbosity=0)
            connection.close()
            Path(str(migrated) + ".new").rename(migrated)
        if not (template / "ready").exists():
            shutil.rmtree(template, ignore_errors=True)
            template.mkdir()
            shutil.copy(migrated, template / "db.sqlite3")
            _point_at(str(template / "db.sqlite3"))
            people()
            connection.close()
            shutil.copytree(settings.DATA, template / "data", dirs_exist_ok=True)
            (template / "ready").touch()
    target = Path(tempfile.mkdtemp(prefix=f"wangqun-db-{worker}-"))
    shutil.copy(template / "db.sqlite3", target / "db.sqlite3")
    shutil.copytree(template / "data", settings.DATA, dirs_exist_ok=True)
    _point_at(str(target / "db.sqlite3"))

    def drop() -> None:
        connections.close_all()
        shutil.rmtree(target, ignore_errors=True)

    return drop


def _prepare_postgresql(worker: str, people: Callable[[], None]) -> Callable[[], None]:
    migrated, template = f"wangqun_{schema()}", f"wangqun_{schema()}_{code()}"
    original = connection.settings_dict["NAME"]
    data = CACHE / template

    def run(*statements: str) -> None:
        _point_at("postgres")
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connections.close_all()

    def exists(name: str) -> bool:
        _point_at("postgres")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return cursor.fetchone() is not None

    target = f"wangqun_test_{worker}_{os.getpid()}"
    with only_one("postgresql"):
        if not exists(migrated):
            run(f'DROP DATABASE IF EXISTS "{migrated}_new"', f'CREATE DATABASE "{migrated}_new"')
            _point_at(f"{migrated}_new")
            call_command("migrate", verbosity=0)
            run(f'ALTER DATABASE "{migrated}_new" RENAME TO "{migrated}"')
        if not exists(template) or not data.exists():
            run(f'DROP DATABASE IF EXISTS "{template}"', f'CREATE DATABASE "{template}" TEMPLATE "{migrated}"')
            _point_at(template)
            people()
            connections.close_all()
            shutil.copytree(settings.DATA, data, dirs_exist_ok=True)
        run(f'CREATE DATABASE "{target}" TEMPLATE "{template}"')
    shutil.copytree(data, settings.DATA, dirs_exist_ok=True)
    _point_at(target)

    def drop() -> None:
        run(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        _point_at(original)

    return drop
