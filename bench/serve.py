"""How fast published pages are served, against nginx on the same files in the same run: `python -m bench.serve`.

Writes build/bench.json: a list of {"name", "value", "unit", "baseline", "ratio", "bar", "holds"}. Takes under a minute.
The peer is nginx where it is installed or apt may install it, otherwise Python's own file server. The load comes from
wrk where there is one, otherwise from a small client of our own. Rounds alternate, the median counts.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import brotli

from tools.postgresql import free_port
from tools.system import ROOT, apt_install, say

OUTPUT = ROOT / "build" / "bench.json"
ROUNDS, SECONDS, CONNECTIONS = 3, 3, 32
BAR = 0.3
"""The least share of nginx's requests per second; step 2 of the plan raises it."""
SLOWEST = 60.0
"""Milliseconds within which 99 of 100 requests are answered."""


def page() -> str:
    """Return a page of the usual size: 30 KB of Chinese text."""
    title = "石家庄市商务局关于做好第{}批外贸转型升级基地申报工作的通知"
    rows = "\n".join(f'<li><a href="/news/{number}/">{title.format(number)}</a></li>' for number in range(230))
    return f'<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>通知公告</title><ul>{rows}</ul></html>'


def build(data: Path) -> None:
    """Write a release tree of one site with its twins."""
    folder = data / "release" / "0001" / "portal.localhost" / "news"
    folder.mkdir(parents=True)
    content = page().encode()
    for name, body in (("index.html", content), ("index.html.br", brotli.compress(content, quality=6))):
        (folder / name).write_bytes(body)
        os.utime(folder / name, ns=(1, 1))  # a twin carries the time of its file
    (data / "release" / "current").symlink_to("0001")
    (data / "release" / "hosts.json").write_text('{"default": "portal.localhost", "hosts": ["portal.localhost"]}')
    (data / "static").mkdir()


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until its port answers; stop it and all it started afterwards."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"没有启动：{' '.join(command)}") from None
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def nginx(data: Path, port: int) -> tuple[str, list[str]]:
    """Return the name of the peer and its command; nginx with one worker, as our front has one."""
    if not shutil.which("nginx") and not Path("/usr/sbin/nginx").exists():
        say("安装 nginx（只用于对比）")
        apt_install("nginx-light")
    path = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else "")
    root = data / "release" / "current"
    if not path:
        command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", str(root / "portal.localhost")]
        return "python http.server", command
    configuration = data / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(f"""
        {user} daemon off; worker_processes 1; pid {data}/nginx.pid; error_log {data}/nginx.log;
        events {{ worker_connections 1024; }}
        http {{
          access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=1000;
          client_body_temp_path {data}/b; proxy_temp_path {data}/p; fastcgi_temp_path {data}/f;
          uwsgi_temp_path {data}/u; scgi_temp_path {data}/s;
          types {{ text/html html; }}
          server {{
            listen 127.0.0.1:{port};
            root {root}/$host;
            location / {{ try_files $uri/index.html =404; }}
          }}
        }}""")
    return "nginx", [path, "-c", str(configuration)]


async def client(port: int, seconds: float, path: str) -> tuple[int, list[float]]:
    """Ask one connection as fast as it goes; returns the number of answers and the time of each in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: portal.localhost\r\n\r\n".encode()
    times: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))  # type: ignore[index]
        times.append(time.perf_counter() - started)
    writer.close()
    return len(times), times


def load(port: int, path: str) -> tuple[float, float]:
    """Return requests per second and the 99th percentile in milliseconds."""
    if wrk := shutil.which("wrk"):
        command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-H", "Host: portal.localhost"]
        said = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True).stdout
        if "Non-2xx" in said:
            raise RuntimeError(said)
        found = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
        speed = re.search(r"Requests/sec:\s+([\d.]+)", said)
        if not found or not speed:
            raise RuntimeError(said)
        return float(speed[1]), float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]

    async def all_of_them() -> list[tuple[int, list[float]]]:
        return await asyncio.gather(*[client(port, SECONDS, path) for _ in range(CONNECTIONS)])

    results = asyncio.run(all_of_them())
    times = sorted(moment for _, found in results for moment in found)
    return sum(count for count, _ in results) / SECONDS, times[int(len(times) * 0.99)] * 1000


def row(name: str, value: float, unit: str, baseline: float, bar: float, *, is_share: bool) -> dict[str, object]:
    """Return one row of the results: a share of the baseline must reach its bar, another value must stay under it."""
    ratio = value / baseline if baseline else 0.0
    holds = ratio >= bar if is_share else value <= bar
    return {
        "name": name, "value": round(value, 2), "unit": unit, "baseline": round(baseline, 2), "ratio": round(ratio, 3),
        "bar": bar, "holds": holds,
    }  # fmt: skip


def main() -> int:
    """Measure, write, print; returns 0 also where a bar is missed: the file says so."""
    if not shutil.which("wrk"):
        apt_install("wrk")
    with tempfile.TemporaryDirectory(prefix="wangqun-bench-") as name:
        data = Path(name)
        build(data)
        ours, theirs = free_port(), free_port()
        peer, command = nginx(data, theirs)
        front = [
            sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(ours),
            "--no-ws", "--log-level", "error", "config.asgi:application",
        ]  # fmt: skip
        environment = {"WANGQUN_DATA": name, "DEBUG": "1", "DATABASE_URL": ""}
        path = "/news/" if peer == "nginx" else "/news/index.html"
        with running(front, ours, **environment), running(command, theirs):
            load(ours, "/news/")  # the first requests fill memory
            rounds = [(load(ours, "/news/"), load(theirs, path)) for _ in range(ROUNDS)]
    our_speed, our_slow = (statistics.median(first[number] for first, _ in rounds) for number in (0, 1))
    their_speed, their_slow = (statistics.median(second[number] for _, second in rounds) for number in (0, 1))
    rows = [
        row(f"已发布页面，每秒次数（对比 {peer}）", our_speed, "次/秒", their_speed, BAR, is_share=True),
        row(f"已发布页面，99% 的等待（对比 {peer}）", our_slow, "毫秒", their_slow, SLOWEST, is_share=False),
    ]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for item in rows:
        verdict = "达到" if item["holds"] else "未达到"
        say(f"{item['name']}：{item['value']} {item['unit']}，对方 {item['baseline']}，比值 {item['ratio']}，{verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
