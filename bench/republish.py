"""How fast all files are made afresh, and what memory that takes: `python -m bench republish`.

A page is an article, column or home page with everything that belongs to it: both scripts, gzip and brotli twins, rows,
sources, manifest. The peer is a plain Wagtail that renders the same articles, in one script and without twins, one after
the other in one process; ours runs two processes, as the bar says.
"""

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.common import Memory, Row, at_least, at_most, installation, serve_plainly
from tools.system import ROOT

PROCESSES = 2
PAGES_PER_SECOND, MOST_MEMORY, MOST_GROWTH = 250, 400, 40  # per second, MB, MB
PLAIN = 150  # pages that the peer renders
LOOK = 0.25  # seconds between two looks at the memory


def rows(full: bool) -> list[Row]:
    """Republish everything; return pages and files per second and the memory of the processes."""
    where = installation(full)
    from wangqun.columns.models import PublicItem  # noqa: PLC0415 - Django is set up now
    from wangqun.publication.models import File, RenderRun  # noqa: PLC0415

    before = RenderRun.objects.count()
    memory = republish(where.data / "republish.log")
    run = RenderRun.objects.order_by("pk")[before]
    seconds = (run.finished_at - run.started_at).total_seconds()  # without the start of Python, which counts in small sizes
    pages = PublicItem.objects.count()
    files = File.objects.public()
    html = files.filter(content_type__startswith="text/html").count()
    plain = plainly()
    name = f"（{where.size}，{PROCESSES} 个进程）"
    return [
        at_least(
            f"全部重新生成，每秒页面，含繁体和压缩副本；对照为普通 Wagtail 单进程渲染{name}", pages / seconds, "页/秒",
            PAGES_PER_SECOND, plain,
        ),
        at_least(f"全部重新生成，每秒网页文件{name}", html / seconds, "个/秒", PAGES_PER_SECOND, plain),
        at_least(f"全部重新生成，每秒全部文件，不计压缩副本{name}", files.count() / seconds, "个/秒", PAGES_PER_SECOND),
        at_most(f"全部重新生成，一个进程最多占用内存{name}", memory.most, "MB", MOST_MEMORY),
        at_most(f"全部重新生成，内存增长，后四分之一比第二个四分之一{name}", memory.growth(), "MB", MOST_GROWTH),
    ]  # fmt: skip


def republish(log: Path) -> Memory:
    """Run the command and watch its memory. Raises RuntimeError where it fails."""
    command = [sys.executable, "manage.py", "republish", "--processes", str(PROCESSES)]
    with log.open("w") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        memory = Memory(process.pid)
        while process.poll() is None:
            memory.look()
            time.sleep(LOOK)
    if process.returncode:
        raise RuntimeError(log.read_text(encoding="utf-8")[-2000:])
    return memory


def plainly() -> float:
    """Return how many articles a plain Wagtail renders per second."""
    from wangqun.columns.models import PublicItem  # noqa: PLC0415

    items = list(PublicItem.objects.articles().select_related("website").order_by("?")[: PLAIN + 5])
    times = []
    for item in items:
        started = time.perf_counter()
        content = serve_plainly(item.website.domain, item.address)
        times.append(time.perf_counter() - started)
        if not re.search(re.escape(item.title), content.decode()):
            raise RuntimeError(f"{item.address}: another page was rendered")
    return 1 / statistics.mean(times[5:])  # the first ones load templates
