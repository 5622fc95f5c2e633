"""Starts everything and keeps watch: the front, Django behind it, the workers and the schedule.

`make run` and the service unit use it:

    python -m config.run [--demo]

Ends with code 0 on Ctrl-C or SIGTERM, with 1 when the port is taken, a preparation fails or a part dies.
Standard library only: this process stays small and needs no database.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from config import demo_clock, env, ports

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 10.0  # seconds that a part is given to finish what it is doing
THREADS = 8  # requests that one process of Django works on at a time
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def say(sentence: str) -> None:
    """Print one line for the person at the keyboard, at once."""
    print(f"» {sentence}", flush=True)  # noqa: T201 - this is what the command line shows


@dataclass
class Part:
    """One process that must live as long as the installation runs."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        libc = ctypes.CDLL(None)
        self.process = subprocess.Popen(  # noqa: S603 - the commands below are our own
            self.command,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C reaches this process alone; it stops the parts in order
            preexec_fn=lambda: libc.prctl(DIE_WITH_PARENT, signal.SIGTERM),  # noqa: PLW1509 - no threads in this process
        )

    def ask_to_finish(self) -> None:
        if self.is_running and self.process is not None:
            self.process.terminate()

    def end(self) -> None:
        """Kill the part and whatever it left behind in its group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs the parts until one dies or somebody asks to stop."""

    def __init__(self, parts: list[Part], django: str) -> None:
        self.parts, self.django = parts, django
        self.is_asked_to_stop = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.is_asked_to_stop:  # the second time there is no patience left
            for part in self.parts:
                part.end()
        self.is_asked_to_stop = True

    def run(self, address: str, port: int) -> int:
        """Start all parts, wait; returns the exit code."""
        for part in self.parts:
            part.start()
        is_announced = False
        code = 0
        while not self.is_asked_to_stop:
            if dead := [part for part in self.parts if not part.is_running]:
                say(f"{dead[0].name}意外停止（退出码 {dead[0].process.returncode if dead[0].process else '无'}），全部停下")
                code = 1
                break
            if not is_announced and is_answering(address, port, self.django):
                announce(port)
                is_announced = True
            time.sleep(0.1)
        self.stop()
        return code

    def stop(self) -> None:
        """Ask every part to finish, and end those that do not."""
        for part in self.parts:
            part.ask_to_finish()
        until = time.monotonic() + PATIENCE
        while any(part.is_running for part in self.parts) and time.monotonic() < until:
            time.sleep(0.05)
        for part in self.parts:
            part.end()
            if part.process is not None:
                part.process.wait()


def only_one(data: Path) -> IO[str] | None:
    """Take the installation for this process; returns None where another runs it. The kernel lets go when we die."""
    data.mkdir(parents=True, exist_ok=True)
    lock = (data / "running").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def data_folder() -> Path:
    """Return the folder that holds everything the installation writes."""
    return Path(env.text("WANGQUN_DATA", str(ROOT / "var"))).resolve()


def is_answering(address: str, port: int, django: str) -> bool:
    """Return whether the front and Django behind it accept connections."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((address, port), timeout=0.2),
        socket.socket(socket.AF_UNIX) as behind,
    ):
        behind.settimeout(0.2)
        behind.connect(django)
        return True
    return False


def announce(port: int) -> None:
    """Say where the sites are."""
    say(f"已启动：http://127.0.0.1:{port}/ ，后台 http://127.0.0.1:{port}/admin/ ，按 Ctrl-C 停止")
    with contextlib.suppress(OSError, ValueError):
        listed = json.loads((data_folder() / "release" / "hosts.json").read_text(encoding="utf-8"))
        names = sorted(listed["hosts"], key=lambda name: (name != listed["default"], name))
        shown = "、".join(f"http://{name}:{port}/" for name in names[:4])
        say(f"网站 {len(names)} 个：{shown}{' 等' if len(names) > 4 else ''}")
    if days := env.integer("DAYS_AHEAD", default=0, least=0, most=demo_clock.FARTHEST):
        say(f"演示时钟：比实际时间快 {days} 天")


def prepare(*arguments: str) -> int:
    """Run the preparation at the real time, and pass a wish to stop on to it; returns its exit code."""
    environment = {name: value for name, value in os.environ.items() if name != "DAYS_AHEAD"}
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "config.prepare", *arguments], cwd=ROOT, env=environment, start_new_session=True
    )
    previous = {
        number: signal.signal(number, lambda number, frame: os.killpg(process.pid, number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        return process.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def parts(address: str, port: int, django: str) -> list[Part]:
    """Return the processes of one machine; front and Django meet at the socket file `django`."""
    python = sys.executable
    manage = [python, "manage.py"]
    workers = env.integer("WANGQUN_WORKERS", default=2, least=1, most=64)
    behind = [
        "--interface", "wsgi", "--uds", django, "--uds-permissions", "600", "--workers", str(workers),
        "--blocking-threads", str(THREADS), "--no-ws", "--log-level", "error", "--workers-kill-timeout", "8",
        "config.wsgi:application",
    ]  # fmt: skip
    return [
        *(
            Part(f"前端 {number}", [python, "-m", "config.front.serve", address, str(port), django])
            for number in range(1, workers + 1)
        ),
        Part("后台", [python, "-m", "granian", *behind]),
        Part("后台任务", [*manage, "db_worker", "--queue-name", "*", "--interval", "0.2", "--no-reload", "--verbosity", "0"]),
        Part("定时任务", [*manage, "schedule"]),
        Part("发布", [*manage, "publish_files"]),
        Part("文件监视", [*manage, "watch_files"]),
        Part("检索", [*manage, "follow_releases"]),
    ]


def main() -> int:
    """Check the port, prepare, run; returns the exit code."""
    env.read_file(ROOT / ".env")
    port = env.integer("PORT", default=8000, least=1, most=65535)
    address = env.text("WANGQUN_BIND", "127.0.0.1")
    if refusal := ports.refusal(address, port):
        say(refusal)
        return 1
    if env.integer("DAYS_AHEAD", default=0, least=0, most=demo_clock.FARTHEST) and not env.boolean("DEBUG", default=False):
        say("DAYS_AHEAD 只用于演示，正式环境（DEBUG=0）不能改动时间；请去掉这个环境变量再启动。")
        return 1
    lock = only_one(data_folder())
    if lock is None:
        say(f"这个数据目录（{data_folder()}）已有一个网群在运行，请先停掉它，或用 WANGQUN_DATA 指定另一个目录。")
        return 1
    if code := prepare(*[word for word in sys.argv[1:] if word == "--demo"]):
        return 0 if code in {-signal.SIGINT, -signal.SIGTERM, 130} else 1
    with tempfile.TemporaryDirectory(prefix="wangqun-") as private:  # its mode lets nobody else reach the socket
        django = f"{private}/django"
        supervisor = Supervisor(parts(address, port, django), django)
        signal.signal(signal.SIGINT, supervisor.on_signal)
        signal.signal(signal.SIGTERM, supervisor.on_signal)
        code = supervisor.run(address, port)
    say("已停止")
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
