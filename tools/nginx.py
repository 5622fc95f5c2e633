"""A real nginx for tests and measurements, on a free port of this machine, with everything it writes in one folder."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.system import apt_install, may_install, say

PACKAGES = ("nginx", "libnginx-mod-http-brotli-static", "openssl")
MODULES = Path("/usr/lib/nginx/modules")
PATIENCE = 10.0  # seconds for starting and stopping
MISSING = "没有 nginx，它的测试不能运行：请让管理员执行 apt-get install " + " ".join(PACKAGES)


def find() -> str:
    """Return the path of nginx, or "" where there is none."""
    return shutil.which("nginx") or next((path for path in ("/usr/sbin/nginx",) if Path(path).exists()), "")


def brotli_module() -> Path | None:
    """Return the module that serves .br twins, or None where it is not installed."""
    path = MODULES / "ngx_http_brotli_static_module.so"
    return path if path.exists() else None


def install() -> None:
    """Install nginx where we may; otherwise say once what is missing."""
    if find() and brotli_module() and shutil.which("openssl"):
        return
    if may_install():
        say("安装测试所需的 nginx")
        if apt_install(*PACKAGES):
            return
    say(MISSING)


def whole(folder: Path, inside: str, *, workers: int = 1, http: str = "") -> str:
    """Return a complete configuration around what stands inside `http { }`, writing below `folder` only.

    `http` holds what the machine's own nginx.conf says before it includes ours; the default is Debian's, in short.
    """
    module = f"load_module {brotli_module()};" if brotli_module() else ""
    user = "user root;" if os.geteuid() == 0 else ""
    places = "\n".join(
        f"    {name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""{module}
{user}
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
{places}
{http}
{inside}
}}
"""


def command(folder: Path) -> list[str]:
    """Return what starts the nginx whose configuration lies in `folder`."""
    return [find(), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def complaint(folder: Path) -> str:
    """Return what nginx says against the configuration in `folder`, "" where it takes it without a word."""
    finished = subprocess.run([*command(folder), "-t", "-q"], capture_output=True, text=True)
    said = finished.stderr.strip()
    return said or ("" if finished.returncode == 0 else f"exit code {finished.returncode}")


@contextmanager
def running(folder: Path, configuration: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run nginx with a complete configuration until the block ends; raises RuntimeError with what it said."""
    (folder / "nginx.conf").write_text(configuration, encoding="utf-8")
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command(folder), stdout=said, stderr=said)
    try:
        until = time.monotonic() + PATIENCE
        while not (folder / "nginx.pid").exists() or not (folder / "nginx.pid").read_text().strip():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / "said").read_text() + (folder / "error.log").read_text())
            time.sleep(0.01)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
