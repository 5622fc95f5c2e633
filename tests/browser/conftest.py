"""A real installation for the browser: the supervisor with front, worker and schedule, on a database of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


SET_PASSWORDS = """
from tests.world import PASSWORD, World
world = World()
for user in (world.wang, world.liu, world.sun, world.zhou, world.outsider):
    user.set_password(PASSWORD)
    user.save()
"""


@dataclass
class Installation:
    """A running installation and its data."""

    port: int
    data: Path

    def address(self, host: str, path: str = "/") -> str:
        return f"http://{host}.localhost:{self.port}{path}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "WANGQUN_", "DATABASE_"))}
        return kept | {"DEBUG": "1", "WANGQUN_DATA": str(self.data), "PORT": str(self.port)}

    def manage(self, *arguments: str, days_ahead: int = 0) -> str:
        """Run a command of the installation, some days ahead where asked; returns what it printed."""
        environment = self.environment | ({"DAYS_AHEAD": str(days_ahead)} if days_ahead else {})
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installation(django_db_setup, django_db_blocker) -> Iterator[Installation]:
    """The cast's database, copied, behind the real server processes."""
    from django.db import connection

    data = Path(tempfile.mkdtemp(prefix="wangqun-browser-"))
    with django_db_blocker.unblock():
        connection.close()
        shutil.copytree(settings.DATA, data, dirs_exist_ok=True)
        shutil.rmtree(data / "release", ignore_errors=True)
        shutil.copy(connection.settings_dict["NAME"], data / "wangqun.sqlite3")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Installation(port, data)
    with (data / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "config.run"], cwd=ROOT, env=made.environment, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait_for(lambda: _answers(port), server, data / "server.log")
            made.manage("republish")
            # The suite hashes passwords the fast way, which the real settings refuse.
            made.manage("shell", "-c", SET_PASSWORDS)
            yield made
        finally:
            server.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            shutil.rmtree(data, ignore_errors=True)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
        return True
    return False


def _wait_for(condition: Callable[[], bool], server: subprocess.Popen, log: Path, *, limit: float = 120) -> None:
    """Wait until `condition` holds; fails with the server's own words."""
    until = time.monotonic() + limit
    while not condition():
        if server.poll() is not None or time.monotonic() > until:
            pytest.fail(f"the server did not start:\n{log.read_text()}")
        time.sleep(0.1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """A browser for the module; each person gets a context of their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        )
        yield browser
        browser.close()
