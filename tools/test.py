"""Runs the whole suite on SQLite and then on PostgreSQL: `python -m tools.test [arguments of pytest]`.

Environment: DATABASE_URL a PostgreSQL to use instead of a throw-away one; WANGQUN_TEST_WORKERS processes (2);
CI=true makes a missing browser or database a failure instead of a remark.
"""

import os
import signal
import subprocess
import sys
import time

from tools.postgresql import server
from tools.system import ROOT, apt_install, browser, may_install, say, stop

IS_STRICT = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def find_browser() -> bool:
    """Return whether the browser journeys can run; installs Chromium where we may."""
    if not browser() and may_install():
        say("安装 Chromium")
        apt_install("chromium", "fonts-noto-cjk")
    if browser():
        return True
    sentence = "没有浏览器，浏览器测试不能运行：请执行 apt-get install chromium"
    if IS_STRICT:
        stop(sentence)
    say(sentence + "；这次跳过它们")
    return False


def run(title: str, arguments: list[str], **environment: str) -> tuple[str, int]:
    """Run pytest once; returns what to say about it and its exit code."""
    say(title)
    started = time.monotonic()
    workers = os.environ.get("WANGQUN_TEST_WORKERS", "2")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", workers, *arguments]
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}).returncode
    took = time.monotonic() - started
    return f"{title}：{'通过' if code == 0 else f'未通过（退出码 {code}）'}，{took:.0f} 秒", code


def main() -> int:
    """Run both; returns 0 where everything passed."""
    # A wish to stop must reach the clean-up of the database.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    arguments = sys.argv[1:]
    if not find_browser():
        arguments += ["-m", "not browser"]
    address = os.environ.pop("DATABASE_URL", "")
    results = [run("在 SQLite 上测试", arguments)]
    if address.startswith("postgres"):
        results.append(run("在 PostgreSQL 上测试", arguments, DATABASE_URL=address))
    else:
        try:
            with server() as found:
                results.append(run("在 PostgreSQL 上测试", arguments, DATABASE_URL=found))
        except (FileNotFoundError, RuntimeError) as error:
            results.append((f"在 PostgreSQL 上测试：{error}", 1))
    for sentence, _ in results:
        say(sentence)
    return max(code for _, code in results)


if __name__ == "__main__":
    sys.exit(main())
