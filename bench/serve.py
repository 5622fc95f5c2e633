"""How fast our own front serves, as `make run` starts it: `python -m bench serve`.

The peers get the same files, the same number of workers and the same load from wrk: bare nginx; nginx with gunicorn behind
it, while four clients load the sign-in page; a plain Wagtail on the same database. Rounds alternate, who begins too; a ratio
is the median of the ratios of the rounds. wrk takes its share of the machine's cores, which draws ratios towards 1: the time
of the processor for one request is told beside them.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.common import Installation, Row, children, installation, running, share, times
from tools import nginx
from tools.postgresql import free_port
from tools.system import ROOT, apt_install, say

WORKERS, CONNECTIONS, DYNAMIC_CLIENTS = 2, 32, 4
SHARE, SLOWEST, PROCESSOR, TIMES_WAGTAIL = 0.8, 3.0, 2.0, 300.0
ROUNDS = {False: (5, 2), True: (11, 5)}  # rounds, seconds of each
PAGES = {False: 1_000, True: 20_000}
DYNAMIC = "/admin/login/"
GUNICORN = "gunicorn>=23,<28"
PEERS = ROOT / "build" / "peers"
THREADS = 8  # of one process of Django, as in config/run.py
PATIENCE = 60.0  # seconds that a server may take to start


@dataclass(frozen=True)
class Load:
    """What wrk is to ask: one address, or all those of a script."""

    host: str
    path: str
    encoding: str = ""
    script: Path | None = None
    connections: int = CONNECTIONS


@dataclass(frozen=True)
class Result:
    """Requests per second, the 99th percentile in milliseconds, the processor's time for one request in microseconds."""

    speed: float
    slowest: float
    processor: float


@dataclass(frozen=True)
class Server:
    """A server under test, and the processes that answer for it."""

    port: int
    pids: tuple[int, ...] = ()

    def processor(self) -> float:
        """Return the processor's time taken so far, in seconds."""
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.pids]
        return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")

    def under(self, load: Load, seconds: float) -> Result:
        """Load it for some seconds. Raises RuntimeError where an answer was none."""
        before = self.processor()
        command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--latency", "-H", f"Host: {load.host}"]
        command += ["-H", f"Accept-Encoding: {load.encoding}"] if load.encoding else []
        command += ["-s", str(load.script)] if load.script else []
        asked = [*command, f"http://127.0.0.1:{self.port}{load.path}"]
        said = subprocess.run(asked, capture_output=True, text=True, start_new_session=True).stdout
        speed, slowest = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
        count = re.search(r"(\d+) requests in", said)
        if not speed or not slowest or not count or "Non-2xx" in said or re.search(r"(connect|read|write) [1-9]", said):
            raise RuntimeError(said)
        unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}[slowest[2]]
        processor = (self.processor() - before) / max(1, int(count[1])) * 1e6
        return Result(float(speed[1]), float(slowest[1]) * unit, processor)


Pairs = Sequence[tuple[Result, Result]]


def rows(full: bool) -> list[Row]:
    """Measure; returns [] where nginx or wrk is missing and cannot be installed."""
    nginx.install()
    if not shutil.which("wrk"):
        apt_install("wrk")
    if not nginx.find() or not shutil.which("wrk"):
        say("没有 nginx 或 wrk，不能测：apt-get install nginx wrk")
        return []
    where = installation(full)
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up now

    from wangqun.publication import generations  # noqa: PLC0415

    if not where.tree.exists():
        call_command("republish", processes=2, verbosity=0)
    generations.settle()  # the list of hosts stands beside the tree
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wangqun-bench-")))
        ours = stack.enter_context(front(data))
        found = static(ours, where, data, full=full)
        found += loaded(ours, where, data, full=full)
        found += plain(ours, where, full=full)
    return found


def compare(ours: Server, theirs: Server, load: Load, *, rounds: int, seconds: float) -> Pairs:
    """Load both in turn; returns the results of each round, ours first."""
    for server in (ours, theirs):
        server.under(load, 1)
    pairs = []
    for number in range(rounds):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        found = {server: server.under(load, seconds) for server in order}
        pairs.append((found[ours], found[theirs]))
    return pairs


def middle(pairs: Pairs, what: str) -> tuple[float, float]:
    """Return (the median of ours, what the peer has by the median of the ratios)."""
    ours = statistics.median(getattr(mine, what) for mine, _ in pairs)
    ratio = statistics.median(getattr(mine, what) / getattr(other, what) for mine, other in pairs)
    return ours, ours / ratio


# Published pages, against nginx


def static(ours: Server, where: Installation, data: Path, *, full: bool) -> list[Row]:
    """Measure published pages: one as it is, one compressed, many at random."""
    host, paths = articles()
    best = "br" if nginx.brotli_module() else "gzip"
    some = paths[: PAGES[full]]
    loads = {
        "一篇稿件，不压缩": Load(host, paths[0]),
        f"一篇稿件，{best} 压缩": Load(host, paths[0], best),
        f"{len(some):,} 篇稿件随机，{best} 压缩": Load(host, "/", best, script(data / "many.lua", some)),
    }
    rounds, seconds = ROUNDS[full]
    found = []
    with bare(data / "bare", where) as theirs:
        for title, load in loads.items():
            pairs = compare(ours, theirs, load, rounds=rounds, seconds=seconds)
            speed, slow, used = (middle(pairs, what) for what in ("speed", "slowest", "processor"))
            name = f"自带前端，{WORKERS} 个进程，对 nginx，{title}"
            found += [
                share(f"{name}：每秒次数", speed[0], "次/秒", speed[1], SHARE),
                times(f"{name}：99% 的等待", slow[0], "毫秒", slow[1], SLOWEST),
                times(f"{name}：一次用处理器", used[0], "微秒", used[1], PROCESSOR),
            ]
    return found


def articles() -> tuple[str, list[str]]:
    """Return the site with the most articles and their addresses."""
    from collections import Counter  # noqa: PLC0415

    from wangqun.columns.models import PublicItem  # noqa: PLC0415 - Django is set up now

    found = PublicItem.objects.articles().order_by("pk").values_list("website__domain", "address")
    host = Counter(host for host, _address in found).most_common(1)[0][0]
    return host, [address for one, address in found if one == host]


def script(target: Path, paths: list[str]) -> Path:
    """Write a script for wrk that asks for the addresses at random."""
    listed = ",".join(json.dumps(path) for path in paths)
    target.write_text(
        f"local paths = {{{listed}}}\nrequest = function() return wrk.format('GET', paths[math.random(#paths)]) end\n"
    )
    return target


# The same while Django is busy, against nginx and gunicorn


def loaded(ours: Server, where: Installation, data: Path, *, full: bool) -> list[Row]:
    """Measure published pages, and the dynamic ones themselves, while four clients load the sign-in page."""
    host, paths = articles()
    best = "br" if nginx.brotli_module() else "gzip"
    rounds, seconds = ROUNDS[full]
    load = Load(host, paths[0], best)
    with gunicorn(data) as (behind, name), bare(data / "proxying", where, behind=behind) as theirs:
        results: list[tuple[tuple[Result, Result], tuple[Result, Result]]] = []
        for number in range(rounds):
            order = (ours, theirs) if number % 2 else (theirs, ours)
            found = {server: while_busy(server, load, seconds) for server in order}
            results.append((found[ours], found[theirs]))
    still = [(mine[0], other[0]) for mine, other in results]
    dynamic = [(mine[1], other[1]) for mine, other in results]
    title = f"自带前端，{WORKERS} 个进程，{DYNAMIC_CLIENTS} 个客户端不停打开登录页时，对 {name}"
    speed, slow, pages = middle(still, "speed"), middle(still, "slowest"), middle(dynamic, "speed")
    return [
        share(f"{title}：静态页每秒次数", speed[0], "次/秒", speed[1], SHARE),
        times(f"{title}：静态页 99% 的等待", slow[0], "毫秒", slow[1], SLOWEST),
        share(f"{title}：登录页每秒次数", pages[0], "次/秒", pages[1], SHARE),
    ]


def while_busy(server: Server, load: Load, seconds: float) -> tuple[Result, Result]:
    """Load a server with published and dynamic pages at once; returns both results."""
    found: list[Result] = []
    dynamic = Load("127.0.0.1", DYNAMIC, connections=DYNAMIC_CLIENTS)
    client = threading.Thread(target=lambda: found.append(server.under(dynamic, seconds + 1)))
    client.start()
    time.sleep(0.5)  # until the dynamic pages are under way
    still = server.under(load, seconds)
    client.join()
    return still, found[0]


@contextmanager
def gunicorn(data: Path) -> Iterator[tuple[str, str]]:
    """Run our Django under gunicorn; yields its address for nginx and the peer's name."""
    if not (PEERS / "gunicorn").exists():
        say("安装 gunicorn（只用于对比，放在 build/peers）")
        command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(PEERS), GUNICORN]
        subprocess.run(command, cwd=ROOT)
    if not (PEERS / "gunicorn").exists():
        raise RuntimeError("没有 gunicorn，不能对比")
    socket = data / "gunicorn"
    start = f"import sys; sys.path.insert(0, {str(PEERS)!r}); from gunicorn.app.wsgiapp import run; run()"
    options = ["--workers", str(WORKERS), "--threads", str(THREADS), "--bind", f"unix:{socket}", "--log-level", "critical"]
    with running("-c", start, *options, "config.wsgi:application"):
        yield f"http://unix:{socket}:", "nginx + gunicorn"


# A plain Wagtail


def plain(ours: Server, where: Installation, *, full: bool) -> list[Row]:
    """Measure the same article from the tree and from a plain Wagtail on the same database."""
    host, paths = articles()
    rounds, seconds = ROUNDS[full]
    port = free_port()
    options = ["--interface", "wsgi", "--port", str(port), "--workers", str(WORKERS), "--log-level", "error", "--no-ws"]
    load = Load(host, paths[0])
    with running("-m", "granian", *options, "bench.plain:application"):
        theirs = Server(port)
        until_answering(theirs, host, paths[0])
        pairs = compare(ours, theirs, load, rounds=max(3, rounds // 2), seconds=seconds)
    speed = middle(pairs, "speed")
    name = f"自带前端，{WORKERS} 个进程，对普通 Wagtail（{where.size}），同一篇稿件：每秒次数"
    return [share(name, speed[0], "次/秒", speed[1], TIMES_WAGTAIL)]


# Servers


@contextmanager
def front(data: Path) -> Iterator[Server]:
    """Run front and Django with the commands of `make run`, without its workers and its schedule."""
    from config.run import parts  # noqa: PLC0415 - reads the environment

    port, host = free_port(), "127.0.0.1"
    with ExitStack() as stack:
        pids = [
            stack.enter_context(running(*part.command[1:])).pid
            for part in parts(host, port, str(data / "django"))
            if part.name.startswith("前端") or part.name == "后台"
        ]
        server = Server(port, tuple(pids[:WORKERS]))
        until_answering(server, host, DYNAMIC)
        yield server


@contextmanager
def bare(folder: Path, where: Installation, *, behind: str = "") -> Iterator[Server]:
    """Run the plainest nginx that serves the tree; `behind` is what answers the back office."""
    folder.mkdir()
    port = free_port()
    twins = "gzip_static on; brotli_static on;" if nginx.brotli_module() else "gzip_static on;"
    passing = f"location /admin/ {{ proxy_pass {behind}; proxy_set_header Host $host; }}" if behind else ""
    inside = f"""
        types {{ text/html html; }} access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000;
        open_file_cache max=1000;
        server {{ listen 127.0.0.1:{port}; root {where.tree}/$host; {twins} {passing} }}"""
    with nginx.running(folder, nginx.whole(folder, inside, workers=WORKERS)) as process:
        server = Server(port)
        host, paths = articles()
        until_answering(server, host, paths[0])
        if behind:
            until_answering(server, "127.0.0.1", DYNAMIC)
        yield Server(port, tuple(children(process.pid)))


def until_answering(server: Server, host: str, path: str) -> None:
    """Wait until a server answers an address well. Raises TimeoutError after a minute."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers={"Host": host})  # noqa: S310
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - this machine
                return
        except OSError as refused:  # an error of HTTP is one too
            if time.monotonic() > until:
                raise TimeoutError(f"{host}{path}: {refused}") from refused
        time.sleep(0.1)
