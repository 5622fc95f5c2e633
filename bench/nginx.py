"""Pages through nginx as we deploy it, against bare nginx on the same files, workers and load: `python -m bench nginx`.

Bare is nginx with a fixed root and its modules for twins: no log, no headers, no limits, one site. Ours is the generated
configuration with 25 sites and both logs. Rounds alternate and the median of their ratios counts. A second bare one keeps
open files as ours does: it shows what headers, log, refusals and limits cost when that help is taken from the comparison.
"""

import gzip
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import brotli

from bench.common import Row, at_most, percentile, share
from tools import nginx as real
from tools.postgresql import free_port
from tools.system import ROOT, apt_install, say
from wangqun.websites import nginx

HOST = "portal.localhost"
BAR, BAR_WITH_KEPT_FILES, SEEN_WITHIN = 0.95, 0.7, 1.1
CONNECTIONS, SITES, PAGES = 32, 25, 2_000
ROUNDS = {False: (5, 1), True: (9, 4)}  # rounds, seconds of each
CHANGES = {False: 6, True: 40}


@dataclass(frozen=True)
class Server:
    """One nginx under test."""

    name: str
    port: int


def content(number: int) -> bytes:
    """Return a page of the usual size: 30 KB of Chinese text."""
    title = f"石家庄市商务局关于做好第{number}批外贸转型升级基地申报工作的通知"
    lines = "\n".join(f'<li><a href="/news/{other}/">{title}（{other}）</a></li>' for other in range(230))
    return f'<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>{title}</title><ul>{lines}</ul></html>'.encode()


def build(data: Path) -> None:
    """Write a release tree as publication does, with the list of sites and a script that asks for all its pages."""
    tree = data / "release" / "trees" / HOST / "1"
    page = content(0)
    parts = {"": page, ".gz": gzip.compress(page, 6), ".br": brotli.compress(page, quality=5)}
    for number in range(PAGES):
        folder = tree / "news" / str(number)
        folder.mkdir(parents=True)
        for suffix, part in parts.items():
            (folder / f"index.html{suffix}").write_bytes(part)
    links = data / "release" / "generations" / "1"
    links.mkdir(parents=True)
    (links / HOST).symlink_to(f"../../trees/{HOST}/1")
    (data / "release" / "current").symlink_to("generations/1")
    (data / "static").mkdir()
    (data / "visits").mkdir()
    states = [(HOST, "open"), *((f"site-{number}.localhost", "open") for number in range(SITES - 1))]
    (data / "hosts.map").write_text(nginx.hosts_map(states))
    script = f'request = function() return wrk.format("GET", "/news/" .. math.random(0, {PAGES - 1}) .. "/") end'
    (data / "many.lua").write_text(script)


def bare(data: Path, port: int, more: str = "") -> str:
    """Return the plainest configuration that serves the same pages."""
    twins = "gzip_static on; brotli_static on;" if real.brotli_module() else "gzip_static on;"
    root = data / "release" / "current" / HOST
    return f"""
        types {{ text/html html; }} access_log off; sendfile on; tcp_nopush on; {more}
        server {{ listen 127.0.0.1:{port}; root {root}; {twins} }}"""


def ours(data: Path, port: int) -> str:
    """Return the configuration that we generate, with all it has for production but TLS."""
    setup = nginx.Setup(
        "localhost", "admin.localhost", data / "release", data / "static", data / "hosts.map", data / "visits/access.log",
        listen=(f"127.0.0.1:{port}",), public_scheme="http", strict_transport=31_536_000, access_log=str(data / "public.log"),
        admin_log=str(data / "admin.log"), has_brotli=real.brotli_module() is not None,
    )  # fmt: skip
    template = ROOT / "deploy" / "nginx" / "wangqun.conf.template"
    return nginx.configuration(setup, template.read_text(encoding="utf-8"))


def load(server: Server, seconds: int, encoding: str, script: Path | None) -> float:
    """Return the requests per second that one nginx process answers."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Host: {HOST}"]
    command += ["-H", f"Accept-Encoding: {encoding}"] if encoding else []
    command += ["-s", str(script)] if script else []
    said = subprocess.run([*command, f"http://127.0.0.1:{server.port}/news/7/"], capture_output=True, text=True).stdout
    speed = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if not speed or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return float(speed[1])


def compare(
    mine: Server, other: Server, *, rounds: int, seconds: int, encoding: str, script: Path | None
) -> tuple[float, float]:
    """Return (the median of ours, what the other has by the median of the ratios); rounds alternate, who begins too."""
    load(mine, 1, encoding, script), load(other, 1, encoding, script)
    pairs = []
    for number in range(rounds):
        order = (mine, other) if number % 2 else (other, mine)
        found = {server: load(server, seconds, encoding, script) for server in order}
        pairs.append((found[mine], found[other]))
    speed = statistics.median(first for first, _ in pairs)
    return speed, speed / statistics.median(first / second for first, second in pairs)


def until_seen(server: Server, page: Path, text: bytes) -> float:
    """Replace a page as publication does; returns the seconds until nginx shows the new one."""
    aside = page.with_name("aside")
    aside.write_bytes(text)
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}/news/7/", headers={"Host": HOST})  # noqa: S310
    aside.replace(page)
    started = time.monotonic()
    while True:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - this machine
            if answer.read() == text:
                return time.monotonic() - started
        time.sleep(0.005)


def rows(full: bool) -> list[Row]:
    """Measure; returns [] where nginx or wrk is missing and cannot be installed."""
    real.install()
    if not shutil.which("wrk"):
        apt_install("wrk")
    if not real.find() or not shutil.which("wrk"):
        say("没有 nginx 或 wrk，不能测：apt-get install nginx wrk")
        return []
    rounds, seconds = ROUNDS[full]
    best = "br" if real.brotli_module() else "gzip"
    with tempfile.TemporaryDirectory(prefix="wangqun-bench-") as name, ExitStack() as stack:
        data = Path(name)
        build(data)
        kept = re.search(r"open_file_cache max[^;]*;\s*open_file_cache_valid[^;]*;", ours(data, 1))
        forms = {"ours": ours, "bare": bare, "kept": lambda data, port: bare(data, port, kept[0] if kept else "")}
        servers = {}
        for title, form in forms.items():
            (data / title).mkdir()
            servers[title] = Server(title, free_port())
            inside = form(data, servers[title].port)
            stack.enter_context(real.running(data / title, real.whole(data / title, inside)))
        result = []
        for title, other, encoding, script, bar in (
            ("一个页面，30 KB，对裸 nginx", "bare", "", None, BAR),
            (f"一个页面，{best} 压缩，对裸 nginx", "bare", best, None, BAR),
            (f"{PAGES:,} 个页面随机，{best} 压缩，对裸 nginx", "bare", best, data / "many.lua", BAR),
            (f"一个页面，{best} 压缩，对同样保持打开文件的裸 nginx", "kept", best, None, BAR_WITH_KEPT_FILES),
        ):
            mine, theirs = compare(
                servers["ours"], servers[other], rounds=rounds, seconds=seconds, encoding=encoding, script=script
            )
            result.append(share(f"正式配置的 nginx：{title}", mine, "次/秒", theirs, bar))
        page = data / "release" / "trees" / HOST / "1" / "news" / "7" / "index.html"
        times = [until_seen(servers["ours"], page, content(number)) for number in range(1, 1 + CHANGES[full])]
    return [*result, at_most("正式配置的 nginx：改动的页面多久可见（p99）", percentile(times, 0.99), "秒", SEEN_WITHIN)]
