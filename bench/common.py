"""What the measurements share: one installation with the corpus in it, the form of a result, processes under watch."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.system import ROOT, say

FOLDER, DATABASE = "WANGQUN_BENCH_FOLDER", "WANGQUN_BENCH_DATABASE"
"""Environment, set by `python -m bench`: the folder that a run works in, and the PostgreSQL it may use ("" for SQLite)."""
SIZES = {False: (2_000, 5, 4), True: (100_000, 25, 8)}
"""Articles, sites and columns per site: small, full."""
PRODUCTION_LIKE = (
    "fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB", "max_connections=60",
    "max_wal_size=4GB", "autovacuum=on",
)  # fmt: skip

Row = dict[str, Any]


def share(name: str, value: float, unit: str, baseline: float, bar: float) -> Row:
    """Return a result whose ratio to the baseline must reach the bar."""
    ratio = value / baseline if baseline else 0.0
    return _row(name, value, unit, baseline, ratio, bar, ratio >= bar)


def times(name: str, value: float, unit: str, baseline: float, bar: float) -> Row:
    """Return a result that must not pass so many times the baseline."""
    ratio = value / baseline if baseline else 0.0
    return _row(name, value, unit, baseline, ratio, bar, ratio <= bar)


def at_least(name: str, value: float, unit: str, bar: float, baseline: float = 0.0) -> Row:
    """Return a result that must reach the bar itself; the baseline is for comparison."""
    return _row(name, value, unit, baseline, value / baseline if baseline else 0.0, bar, value >= bar)


def at_most(name: str, value: float, unit: str, bar: float, baseline: float = 0.0) -> Row:
    """Return a result that must not pass the bar; the baseline is for comparison."""
    return _row(name, value, unit, baseline, value / baseline if baseline else 0.0, bar, value <= bar)


def _row(name: str, value: float, unit: str, baseline: float, ratio: float, bar: float, holds: bool) -> Row:
    return {
        "name": name, "value": round(value, 3), "unit": unit, "baseline": round(baseline, 3), "ratio": round(ratio, 3),
        "bar": bar, "holds": holds,
    }  # fmt: skip


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that `part` (0 to 1) of the values do not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


@dataclass(frozen=True)
class Installation:
    """An installation of its own with the corpus in it; this process works on it from now on."""

    data: Path
    articles: int
    sites: int
    database: str

    @property
    def tree(self) -> Path:
        return self.data / "release" / "current"

    @property
    def size(self) -> str:
        """How large it is, for the names of results."""
        return f"{self.articles:,} 篇、{self.sites} 个网站，{self.database}"


def installation(full: bool) -> Installation:
    """Return the run's installation, filled by the first module that asks; sets this process's Django up for it."""
    articles, sites, columns = SIZES[full]
    folder = Path(os.environ[FOLDER]) / f"installation-{articles}-{sites}"
    folder.mkdir(parents=True, exist_ok=True)
    address = database(f"bench_{articles}_{sites}")
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "config.settings", "WANGQUN_DATA": str(folder), "DATABASE_URL": address, "DEBUG": "0",
            "ALLOWED_HOSTS": ".localhost,127.0.0.1", "WANGQUN_PUBLIC_SCHEME": "http", "WANGQUN_PUBLIC_PORT": "8000",
        }
    )  # fmt: skip
    import django  # noqa: PLC0415 - the settings read the environment just set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from bench.filling import fill  # noqa: PLC0415
    from wangqun.columns.models import PublicItem  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if PublicItem.objects.articles().count() < articles:
        say(f"建立 {articles:,} 篇稿件、{sites} 个网站")
        shutil.rmtree(folder / "release", ignore_errors=True)
        call_command("collectstatic", verbosity=0, interactive=False)
        fill(articles, sites, columns_per_site=columns, say=lambda text: None)
    return Installation(folder, articles, sites, "PostgreSQL" if address else "SQLite")


def database(name: str) -> str:
    """Return the address of the database `name` on the run's PostgreSQL, made where it is missing; "" means SQLite."""
    server = os.environ.get(DATABASE, "")
    if not server:
        return ""
    import psycopg  # noqa: PLC0415 - not needed with SQLite

    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')
    return server.rpartition("/")[0] + "/" + name


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of this project; end it with all it started when the block ends."""
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Memory:
    """What a process and its children take: the resident memory of each that works, looked at now and then."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.started = time.monotonic()
        self.seen: dict[int, list[tuple[float, float]]] = {}  # process -> (seconds, MB)

    def look(self) -> None:
        for pid in (self.pid, *children(self.pid)):
            with contextlib.suppress(OSError, StopIteration):
                status = Path(f"/proc/{pid}/status").read_text()
                size = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
                self.seen.setdefault(pid, []).append((time.monotonic() - self.started, int(size.split()[1]) / 1024))

    @property
    def most(self) -> float:
        """The most that one process ever took, in MB."""
        return max((size for looks in self.seen.values() for _at, size in looks), default=0.0)

    def growth(self) -> float:
        """How much the largest at each moment grew from the second quarter to the last, in MB."""
        looks: dict[int, float] = {}
        for series in self.seen.values():
            for at, size in series:
                looks[int(at)] = max(looks.get(int(at), 0.0), size)
        sizes = [looks[at] for at in sorted(looks)]
        quarter = len(sizes) // 4
        if not quarter:
            return 0.0
        early, late = sizes[quarter : 2 * quarter], sizes[-quarter:]
        return sum(late) / len(late) - sum(early) / len(early)


def children(pid: int) -> list[int]:
    """Return the processes that `pid` started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def serve_plainly(host: str, path: str) -> bytes:
    """Answer a page as a plain Wagtail would: route the address through the database, then render the live page."""
    from django.test import RequestFactory  # noqa: PLC0415 - only where Django is set up
    from wagtail.models import Page  # noqa: PLC0415

    request = RequestFactory().get(path, headers={"host": host})
    page = Page.route_for_request(request, path).page.specific
    return page.render(page.template, None, article=page)
