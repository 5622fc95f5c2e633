"""How soon the public tree heals, and how fast it is checked: `python -m bench verify`.

A tree of small pages with their twins is built, with its rows and a signed manifest. `manage.py watch_files` runs; one file
is altered, one deleted, one added, again and again, and the time until each stands as released is taken. Then everything is
checked by `verify_files` as it runs hourly, manifest included. The peer is `sha256sum --check` over the same files in as
many processes, which knows nothing of added files, rows or signatures.
"""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.common import FOLDER, Memory, Row, at_least, at_most, database, share
from bench.corpus import texts
from tools.system import ROOT, say

FILES = {False: 9_999, True: 300_000}
"""Files on the disk: a third pages, the others their twins."""
HOST = "bench.localhost"
SITES = 10
DISTINCT = 400  # contents of pages
ROUNDS, SLOWEST, FASTEST = 5, 5.0, 20_000  # rounds of the watcher, seconds, files a second
PEER = 0.5  # the least share of sha256sum's speed
MEMORY = 400  # MB that the process of the sweep may take
PROCESSES = 2


def rows(full: bool) -> list[Row]:
    """Build, watch, sweep, compare with the peer; return the results."""
    pages = FILES[full] // 3
    folder = Path(os.environ[FOLDER]) / f"verify-{pages}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    name = f"verify_{pages}_{os.getpid()}"
    address = database(name)
    os.environ.update(
        {"DJANGO_SETTINGS_MODULE": "config.settings", "WANGQUN_DATA": str(folder), "DATABASE_URL": address, "DEBUG": "0"}
    )
    import django  # noqa: PLC0415 - the settings read the environment just set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    try:
        say(f"建立 {3 * pages:,} 个文件")
        build(pages)
        size = f"{3 * pages:,} 个文件，{'PostgreSQL' if address else 'SQLite'}"
        return watcher(folder, size) + sweeps(folder, pages, size)
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def build(pages: int) -> None:
    """Write the trees of some sites as a republish would, with rows, generation and manifest."""
    from django.db import transaction  # noqa: PLC0415
    from wagtail.models import Page  # noqa: PLC0415

    from wangqun.base.moments import now  # noqa: PLC0415
    from wangqun.people import actions as people  # noqa: PLC0415
    from wangqun.people.models import Organisation  # noqa: PLC0415
    from wangqun.publication import manifest, tree  # noqa: PLC0415
    from wangqun.publication.models import File, Generation, Tree  # noqa: PLC0415
    from wangqun.websites.models import Website  # noqa: PLC0415

    system = people.system_user()
    organisation = people.create_organisation(
        by=system, kind=Organisation.Kind.BUREAU, name="测试商务局", short_name="商务局", code="bench"
    )
    page = Page.objects.get(depth=1)
    trees = []
    for number in range(SITES):
        host = f"site{number}.{HOST}"
        site = Website.objects.create(
            kind="county", name=f"网站{number}", domain=host, organisation=organisation, state=Website.State.BUILDING
        )
        trees.append(Tree.objects.create(website=site, host=host, number=1, state="current", made_at=now()))
    chance = random.Random(1)  # noqa: S311 - not for secrets
    parts = ["".join(f"<p>{paragraph}</p>" for paragraph in (text.title, *text.paragraphs)) for text in texts(50)]
    # Compressing takes longest and is not measured: the same contents stand under many names.
    contents = [
        f"<!doctype html><title>{number}</title>{''.join(chance.choices(parts, k=9))}".encode() for number in range(DISTINCT)
    ]
    ready = [(len(content), tree.pack(content, "text/html")) for content in contents]
    waiting: list[File] = []
    for number in range(pages):
        one = trees[number % SITES]
        path = f"news{number % 8}/t2026{number // 8:06d}/index.html"
        size, packed = ready[number % DISTINCT]
        tree.write_new(one.host, one.number, path, packed)
        waiting.append(
            File(
                tree=one,
                path=path,
                page=page,
                content_type="text/html",
                sha256=packed.digest(""),
                size=size,
                gzip_sha256=packed.digest(".gz"),
                brotli_sha256=packed.digest(".br"),
                built_at=now(),
            )  # fmt: skip
        )
        if len(waiting) == 5_000 or number == pages - 1:
            File.objects.bulk_create(waiting, batch_size=1_000)
            waiting.clear()
    with transaction.atomic():
        generation = Generation.objects.create(number=1, reason="测", by=system, switched_at=now(), is_current=True)
        generation.trees.set(trees)
        manifest.add_whole(generation)
    manifest.export()
    tree.point(1, {one.host: one.number for one in trees})


# -- the watcher -----------------------------------------------------------------------------------------------------------


def watcher(folder: Path, size: str) -> list[Row]:
    """Do to files what an intruder would, and take the time until they stand as released."""
    from wangqun.publication.models import Alarm, File  # noqa: PLC0415

    current = folder / "release" / "current"
    chance = random.Random(2)  # noqa: S311
    some = list(File.objects.order_by("pk").values_list("tree__host", "path"))
    times: dict[str, list[float]] = {"altered": [], "deleted": [], "added": []}
    with watching() as ready:
        for _ in range(ROUNDS):
            altered, deleted, beside = (current / host / path for host, path in chance.sample(some, 3))
            right, added = altered.read_bytes(), beside.with_name("dark.html")
            started = time.monotonic()
            altered.write_bytes(right + b"<a href=x>x</a>")
            deleted.unlink()
            added.write_text("x", encoding="ascii")
            left: dict[str, Callable[[], bool]] = {
                "altered": lambda right=right, place=altered: content_of(place) == right,
                "deleted": deleted.exists,
                "added": lambda place=added: not place.exists(),
            }
            while left and time.monotonic() - started < 10 * SLOWEST:
                for name in [name for name, is_right in left.items() if is_right()]:
                    times[name].append(time.monotonic() - started)
                    del left[name]
                time.sleep(0.005)
            for name in left:
                times[name].append(10 * SLOWEST)
    told = sum(Alarm.objects.values_list("count", flat=True))
    names = {"altered": "改动", "deleted": "删除", "added": "添加"}
    return [
        at_most(f"{names[name]}一个文件到恢复，{ROUNDS} 次中最慢（{size}）", max(found), "秒", SLOWEST)
        for name, found in times.items()
    ] + [
        at_most(f"监视从启动到看住全部文件（{size}）", ready, "秒", 60.0),
        at_least("上述改动报警的比例", (told - 1) / (3 * ROUNDS), "", 1.0),
    ]


def content_of(place: Path) -> bytes:
    with contextlib.suppress(OSError):
        return place.read_bytes()
    return b""


@contextlib.contextmanager
def watching() -> Iterator[float]:
    """Run the watcher; yields the seconds until it had looked at everything once: a file spoiled before shows it."""
    from wangqun.publication.models import File  # noqa: PLC0415
    from wangqun.publication.tree import folder as tree_folder  # noqa: PLC0415

    last = File.objects.select_related("tree").order_by("tree__pk", "path").last()
    place = tree_folder(last.tree.host, last.tree.number) / last.path
    right = place.read_bytes()
    place.write_bytes(b"x")
    from bench.common import running  # noqa: PLC0415

    started = time.monotonic()
    with running("manage.py", "watch_files") as process:
        while content_of(place) != right:
            if process.poll() is not None or time.monotonic() - started > 180:
                raise RuntimeError("监视程序没有起作用")
            time.sleep(0.02)
        ready = time.monotonic() - started
        time.sleep(2.0)  # the sweep of the start ends
        yield ready


# -- the sweep -------------------------------------------------------------------------------------------------------------


def sweeps(folder: Path, pages: int, size: str) -> list[Row]:
    """Check everything twice, the second time warm; and let sha256sum read the same files."""
    from wangqun.publication import proof, verification  # noqa: PLC0415
    from wangqun.publication.checking import sweep  # noqa: PLC0415

    files = 3 * pages
    list(sweep(verification.expected(), processes=PROCESSES))
    started = time.monotonic()
    found = [finding for some in sweep(verification.expected(), processes=PROCESSES) for finding in some]
    took = time.monotonic() - started
    if found:
        raise RuntimeError(f"文件与记录不符：{found[:3]}")
    started = time.monotonic()
    if faults := proof.faults():
        raise RuntimeError(f"清单与记录不符：{faults[:3]}")
    compared = time.monotonic() - started
    whole, memory = command()
    theirs = peer(folder, files)
    alone = standalone(folder, files)
    return [
        at_least(f"全面核对，每秒文件数（{size}）", files / took, "个/秒", FASTEST),
        share("全面核对，对照 sha256sum --check", files / took, "个/秒", files / theirs, PEER),
        at_most(f"核对清单与数据库（{size}）", compared, "秒", files / FASTEST),
        at_most(f"verify_files 从启动到完成（{size}）", whole, "秒", 2 * files / FASTEST + 20),
        at_most("verify_files 占用的内存", memory, "MB", MEMORY),
        at_least("独立核对程序，每秒文件数", files / alone, "个/秒", FASTEST / 2),
    ]


def command() -> tuple[float, float]:
    """Run the hourly command; returns seconds and the memory its largest process took."""
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "manage.py", "verify_files"], cwd=ROOT, stdout=subprocess.DEVNULL)
    memory = Memory(process.pid)
    while process.poll() is None:
        memory.look()
        time.sleep(0.2)
    if process.returncode:
        raise RuntimeError("verify_files 未能完成")
    return time.monotonic() - started, memory.most


def peer(folder: Path, files: int) -> float:
    """Return the seconds that sha256sum takes over the same files, in as many processes."""
    with tempfile.TemporaryDirectory() as name:
        trees = folder / "release" / "trees"
        listed = subprocess.run(["find", str(trees), "-type", "f"], capture_output=True, text=True, check=True).stdout.split(
            "\n"
        )
        lists = [Path(name) / f"{number}.sha256" for number in range(PROCESSES)]
        for number, target in enumerate(lists):
            part = "\n".join(listed[number::PROCESSES]).strip()
            digests = subprocess.run(["xargs", "sha256sum"], input=part, capture_output=True, text=True, check=True).stdout
            target.write_text(digests, encoding="utf-8")
        if sum(len(target.read_text(encoding="utf-8").splitlines()) for target in lists) < files:
            raise RuntimeError("对照读的文件不全")

        def read(target: Path) -> None:
            subprocess.run(["sha256sum", "--check", "--quiet", str(target)], check=True, stdout=subprocess.DEVNULL)

        threads = [threading.Thread(target=read, args=(target,)) for target in lists]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - started


def standalone(folder: Path, files: int) -> float:
    """Return the seconds that the verifier without a database takes."""
    started = time.monotonic()
    done: Any = subprocess.run(
        [
            sys.executable, "tools/verify_tree.py", "--key", str(folder / "keys" / "manifest.pub.pem"),
            "--manifests", str(folder / "release" / "manifests"), "--tree", str(folder / "release" / "current"),
            "--processes", str(PROCESSES),
        ],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode or f"{files} 个文件" not in done.stdout:
        raise RuntimeError(done.stdout[-500:] + done.stderr[-500:])
    return time.monotonic() - started


if __name__ == "__main__":
    raise SystemExit("python -m bench verify")
