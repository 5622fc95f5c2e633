"""Runs the measurements and says which bars are reached: `python -m bench [--full] [module …]`; `make bench` calls it.

Each module runs in a process of its own and gives rows; one that fails is told as failed and the others still run.
Everything goes to build/bench.json. FULL=1 is the same as --full; WANGQUN_BENCH_FOLDER keeps the folder of a run, with the
corpus in it, for the next one; DATABASE_URL names a PostgreSQL to use. Ends with 1 where a module failed, else with 0: a
bar that is missed is a result.
"""

import argparse
import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import unicodedata
from pathlib import Path

from bench.common import DATABASE, FOLDER, PRODUCTION_LIKE, Row
from tools.postgresql import server
from tools.system import ROOT, say

OUTPUT = ROOT / "build" / "bench.json"
MODULES = ["nginx", "serve", "search", "republish", "release", "verify"]
"""In this order: `release` measures in the tree that `republish` made."""
LONGEST = {False: 600, True: 3 * 60 * 60}
"""Seconds after which a module is given up, small and full."""
WIDTHS = (58, 14, 12, 8, 8)


def main() -> int:
    """Run what is asked for, print, write; returns the exit code."""
    arguments = argparse.ArgumentParser(prog="python -m bench")
    arguments.add_argument("modules", nargs="*", metavar="模块", help="、".join(MODULES))
    arguments.add_argument("--full", action="store_true", default=os.environ.get("FULL", "") not in {"", "0"})
    arguments.add_argument("--rows", type=Path, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if unknown := [name for name in chosen.modules if name not in MODULES]:
        arguments.error(f"没有 {'、'.join(unknown)}；可以测的有：{'、'.join(MODULES)}")
    if chosen.rows:
        return one(chosen.modules[0], full=chosen.full, target=chosen.rows)
    with contextlib.ExitStack() as stack:
        os.environ.setdefault(FOLDER, stack.enter_context(tempfile.TemporaryDirectory(prefix="wangqun-bench-")))
        os.environ.setdefault(DATABASE, stack.enter_context(postgresql(full=chosen.full)))
        results = {name: run(name, full=chosen.full) for name in chosen.modules or MODULES}
    rows = [row | {"module": name} for name, found in results.items() for row in found or []]
    failed = [name for name, found in results.items() if found is None]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    show(rows)
    for name in failed:
        say(f"{name}：没有测成，原因见上")
    return 1 if failed else 0


@contextlib.contextmanager
def postgresql(*, full: bool):
    """Yield the address of a PostgreSQL for the full sizes; "" for the small ones, or where there is none."""
    address = os.environ.get("DATABASE_URL", "")
    if address.startswith("postgres") or not full:
        yield address if address.startswith("postgres") else ""
        return
    try:
        with server(PRODUCTION_LIKE) as address:
            yield address
    except FileNotFoundError as missing:
        say(f"{missing}；改用 SQLite")
        yield ""


def run(name: str, *, full: bool) -> list[Row] | None:
    """Run one module in a process of its own; returns its rows, None where it failed."""
    say(f"测 {name}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "rows.json"
        command = [sys.executable, "-m", "bench", name, "--rows", str(target), *(["--full"] if full else [])]
        process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        try:
            process.wait(LONGEST[full])
        except subprocess.TimeoutExpired:
            say(f"{name}：超过 {LONGEST[full]} 秒，停下")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # it and whatever it left behind
            process.wait()
        rows = json.loads(target.read_text(encoding="utf-8")) if target.exists() else None
    say(f"{name}：{time.monotonic() - started:.0f} 秒")
    return rows


def one(name: str, *, full: bool, target: Path) -> int:
    """Measure one module in this process and leave its rows in `target`."""
    try:
        rows = importlib.import_module(f"bench.{name}").rows(full)
    except Exception:  # whatever stopped it, the other modules still run
        traceback.print_exc()
        return 1
    target.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return 0


def show(rows: list[Row]) -> None:
    """Print the results as a table."""
    print(line("项目", "本系统", "对照", "比值", "要求") + "结论")
    for row in rows:
        verdict = "达到" if row["holds"] else "未达到"
        value = f"{number(row['value'])} {row['unit']}"
        print(line(row["name"], value, number(row["baseline"]), number(row["ratio"]), number(row["bar"])) + verdict)


def line(*cells: str) -> str:
    """Return cells side by side; a Chinese character takes two places, and a long cell its own line."""
    text = ""
    for cell, width in zip(cells, WIDTHS, strict=True):
        taken = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in cell)
        text += cell + (" " * (width - taken) if taken < width else "\n" + " " * width if width == WIDTHS[0] else " ")
    return text


def number(value: float) -> str:
    """Return a number as short as it may be; "" for none."""
    if not value:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
