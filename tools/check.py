"""Everything a machine can say about the code without running it: `python -m tools.check`.

All checks run, so that one call shows everything; the exit code says whether each of them held.
"""

import os
import subprocess
import sys
import tempfile
import time

from tools.system import ROOT, say

CHECKS = [
    ("写法（ruff check）", ["ruff", "check", "."]),
    ("格式（ruff format）", ["ruff", "format", "--check", "."]),
    ("分层（import-linter）", ["lint-imports", "--no-cache"]),
    ("类型（mypy）", ["mypy"]),
    # Not djlint --check: its line breaks inside Chinese sentences would show as spaces on the page.
    ("模板（djlint --lint）", ["djlint", "--lint", "--quiet", "wangqun"]),
    ("迁移（makemigrations --check）", ["python", "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("系统检查（check --fail-level WARNING）", ["python", "manage.py", "check", "--fail-level", "WARNING"]),
]


def main() -> int:
    """Run all checks; returns 0 where every one held."""
    folder = os.path.dirname(sys.executable)
    failed = []
    with tempfile.TemporaryDirectory(prefix="wangqun-check-") as data:
        environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "WANGQUN_DATA": data, "DEBUG": "1"}
        environment.pop("DATABASE_URL", None)
        for title, command in CHECKS:
            started = time.monotonic()
            finished = subprocess.run(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            took = time.monotonic() - started
            say(f"{title}：{'通过' if finished.returncode == 0 else '未通过'}（{took:.1f} 秒）")
            if finished.returncode:
                failed.append(title)
                print(finished.stdout.rstrip())
    say("检查全部通过" if not failed else f"未通过：{'、'.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
