"""Finds what in the public tree is not as its rows say, puts it right, keeps the evidence and tells people. 依据：沪27。

What is read without a lock is only suspected. `settle` looks again while it holds the tree's row, which every writer
holds while it puts files in place and writes their rows: then disk and rows agree, or somebody else was at the files.
"""

import gzip
import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import brotli
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from wagtail.models import Page

from wangqun.access.actions import holders, require
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now
from wangqun.notifications.actions import notify
from wangqun.people.actions import system_user
from wangqun.people.models import User
from wangqun.publication import generations, manifest, proof, tree
from wangqun.publication.checking import ADDED, ALTERED, MISSING, SUFFIXES, Finding, Folder, folders, look, sweep
from wangqun.publication.models import Alarm, File, Generation, Release, RenderOrder, RenderRun, Tree
from wangqun.websites.models import Website

AT_ONCE = 100  # findings settled under one lock of a tree
SINGLE = 5  # findings up to which each is an alarm of its own
LISTED = 100  # paths that one alarm names
SOON = timedelta(minutes=10)
"""An order younger than this is done any moment, and its files with it."""
TOGETHER = timedelta(minutes=10)
"""What the watcher finds after a large incident within this time belongs to it."""
KINDS = {ALTERED: "改动", MISSING: "缺失", ADDED: "多出"}


class Outcome(NamedTuple):
    """One thing that was not as it must be, and what was done about it."""

    kind: str
    what: str
    why: str
    done: str
    page: int | None = None


RESTORED, REMOVED, ORDERED = "已恢复", "已移走", "已移走，正在重新生成"


# -- the sweep -------------------------------------------------------------------------------------------------------------


def verify(*, processes: int = 2) -> list[Alarm]:
    """Compare links, every file and the manifest with the rows; restore, keep evidence, alarm. Returns the alarms raised.

    Files whose pages wait to be made are left alone. 依据：沪27。
    """
    outcomes = check_links()
    for _ in range(2):  # what stood behind a link in place of a folder shows only once the link is gone
        again = False
        for found in sweep(expected(), processes=processes):
            settled = settle(found)
            outcomes += settled
            again = again or any(finding.why == "应为目录" for finding in found)
        if not again:
            break
    alarms = report(outcomes, where="全面核对")
    close_restored({outcome.what for outcome in outcomes})
    return alarms + verify_manifest()


def expected(trees: Iterable[Tree] | None = None) -> Iterator[Folder]:
    """Yield the folders of the public trees with what must be in them, streamed from the rows."""
    for one in Tree.objects.current().order_by("pk") if trees is None else trees:
        rows = manifest.rows_of(one.pk, "path", *manifest.DIGESTS)
        yield from folders(one.pk, str(tree.folder(one.host, one.number)), rows)


def verify_manifest() -> list[Alarm]:
    """Compare the manifest with itself and with the rows. Nothing is overwritten: people must look. Returns the alarms raised."""
    faults = proof.faults()
    if not faults:
        return []
    outcomes = [Outcome(Alarm.Kind.MANIFEST_BROKEN, what, why, "待查") for what, why in faults]
    return report(outcomes, where="核对文件清单", is_open=True)


# -- settling --------------------------------------------------------------------------------------------------------------


def settle(findings: Sequence[Finding]) -> list[Outcome]:
    """Look again at what was suspected, nobody writing meanwhile, and put right what is wrong indeed."""
    by_tree: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_tree[finding.tree].append(finding)
    outcomes: list[Outcome] = []
    for tree_id, some in by_tree.items():
        some.sort(key=lambda finding: finding.kind != ADDED)  # what stands in the way goes first
        for start in range(0, len(some), AT_ONCE):
            with transaction.atomic():
                held = Tree.objects.select_for_update().get(pk=tree_id)
                if held.state == Tree.State.CURRENT:
                    outcomes += _settle_some(held, some[start : start + AT_ONCE])
    return outcomes


def _settle_some(held: Tree, findings: Sequence[Finding]) -> list[Outcome]:
    paths = {finding.path for finding in findings if finding.kind != ADDED}
    rows = rows_behind(held.pk, paths)
    waiting = pages_waiting({row.page_id for row in rows})
    outcomes = []
    surplus = [finding for finding in findings if finding.kind == ADDED]
    if surplus and not _is_cut_off():
        outcomes += [outcome for finding in surplus for outcome in _take_away(held, finding)]
    for row in rows:
        if row.page_id not in waiting:
            outcomes += _put_right(held, row)
    return outcomes


def rows_behind(tree_id: int, paths: Iterable[str]) -> list[File]:
    """Return the rows of files and of the files that twins of these names belong to."""
    names = set(paths) | {path[:-3] for path in paths if path.endswith(tree.TWINS)}
    return list(File.objects.filter(tree_id=tree_id, path__in=names))


def pages_waiting(page_ids: Iterable[int]) -> set[int]:
    """Return which pages are about to be made: their files are nobody's fault until then."""
    open_ones = RenderOrder.objects.filter(page_id__in=page_ids, done_at__isnull=True)
    soon = Q(run__isnull=False) | Q(failure="", ordered_at__gt=now() - SOON) & ~Q(priority=RenderOrder.Priority.WIDE)
    return set(open_ones.filter(soon).values_list("page_id", flat=True))


def _is_cut_off() -> bool:
    """Return whether a worker died at its work and nobody has given its orders back yet: its files have no rows."""
    workers = RenderRun.objects.filter(finished_at__isnull=True).exclude(worker="").values_list("worker", flat=True)
    return any(not tree.is_alive(worker) for worker in set(workers))


def _take_away(held: Tree, finding: Finding) -> list[Outcome]:
    """Take away what no row knows; returns nothing where a row knows it by now, or it is gone."""
    name = finding.path.rstrip("/")
    place = tree.folder(held.host, held.number) / name
    if not os.path.lexists(place):
        return []
    is_folder = place.is_dir() and not place.is_symlink()
    if is_folder and File.objects.filter(tree=held, path__startswith=name + "/").exists():
        return []
    if not is_folder and any(name in names_of(row) for row in rows_behind(held.pk, [name])):
        return []
    count = _files_below(place) if is_folder else []
    keep_evidence(place, held.host, name, is_moved=True)
    what = f"{held.host}/{finding.path}"
    return [Outcome(ADDED, what + path, finding.why, REMOVED) for path in count or [""]]


def _files_below(folder: Path) -> list[str]:
    return [
        os.path.relpath(os.path.join(above, name), folder) for above, _folders, names in os.walk(folder) for name in names
    ][: 10 * LISTED]


def names_of(row: File) -> dict[str, str]:
    """Return the file and its twins by name, with the SHA-256 of each."""
    digests = dict(zip(SUFFIXES, (row.sha256, row.brotli_sha256, row.gzip_sha256), strict=True))
    return {row.path + suffix: digest for suffix, digest in digests.items() if digest}


def faults_of(held: Tree, row: File) -> dict[str, tuple[str, str]]:
    """Return what is wrong with a file and its twins now: name -> kind and why."""
    base = tree.folder(held.host, held.number)
    wrong, times = {}, {}
    for name, digest in names_of(row).items():
        kind, why, times[name] = look(str(base / name), digest)
        if not kind and times[name] != times[row.path] and row.path not in wrong:
            kind, why = ALTERED, "与原件时间不一"
        if kind:
            wrong[name] = kind, why
    return wrong


def _put_right(held: Tree, row: File) -> list[Outcome]:
    """Restore one file and its twins from whichever of them is sound; else order the page afresh. Its row is held."""
    wrong = faults_of(held, row)
    if not wrong:
        return []
    base = tree.folder(held.host, held.number)
    packed = _sound_copy(base, row, wrong)
    for name, (kind, _why) in wrong.items():
        if kind != MISSING:
            keep_evidence(base / name, held.host, name, is_moved=packed is None)
    if packed is not None:
        aside = tree.write_aside(f"restored-{os.getpid()}", row.pk, packed)
        tree.put(aside, held.host, held.number, row.path, packed)
    else:
        order_afresh(row, reason=f"{KINDS[next(iter(wrong.values()))[0]]}：{row.path}")
    done = RESTORED if packed is not None else ORDERED
    return [Outcome(kind, f"{held.host}/{name}", why, done, row.page_id) for name, (kind, why) in wrong.items()]


def _sound_copy(base: Path, row: File, wrong: dict[str, tuple[str, str]]) -> tree.Packed | None:
    """Return file and twins made from one that is sound, exactly as the row says; None where there is none."""
    readers: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.decompress, ".br": brotli.decompress}
    for suffix, unpack in readers.items():
        name = row.path + suffix
        if name not in names_of(row) or (name in wrong and wrong[name][1] != "与原件时间不一"):
            continue
        with suppress(OSError, EOFError, brotli.error):
            content = unpack((base / name).read_bytes())
            if hashlib.sha256(content).hexdigest() == row.sha256:
                packed = tree.pack(content, row.content_type)
                digests = {row.path + suffix: packed.digest(suffix) for suffix in packed.parts}
                return packed if digests == names_of(row) else None
    return None


def order_afresh(row: File, *, reason: str) -> None:
    """Order all files of a page from its released revision and from the private store."""
    RenderOrder.objects.create(
        page_id=row.page_id, priority=RenderOrder.Priority.PAGE, reason=reason[:255], ordered_at=now()
    )


# -- links and hosts -------------------------------------------------------------------------------------------------------


def check_links() -> list[Outcome]:
    """Compare `current`, the links of its hosts and the folders they lead to with the current generation; put them right."""
    with transaction.atomic():
        held = Generation.objects.select_for_update().filter(is_current=True).first()
        if held is None or not tree.base().is_dir():
            return []
        trees = dict(held.trees.values_list("host", "number"))
        wrong = _wrong_links(held.number, trees)
        for kind, name, _why in wrong:
            if kind != MISSING:
                keep_evidence(tree.base() / name, "links", name, is_moved=True)
        if wrong:
            tree.point(held.number, trees)
    return [Outcome(kind, name, why, RESTORED) for kind, name, why in wrong]


def _wrong_links(number: int, trees: dict[str, int]) -> list[tuple[str, str, str]]:
    """Return kind, name inside the release folder, and why, of links and folders that are not as they must be."""
    base, links = tree.base(), Path("generations") / str(number)
    wanted = {"current": str(links)} | {str(links / host): f"../../trees/{host}/{tree_number}" for host, tree_number in trees.items()}
    solid = ["generations", str(links), "trees"]
    solid += [name for host, tree_number in trees.items() for name in (f"trees/{host}", f"trees/{host}/{tree_number}")]
    wrong = [(ALTERED, name, "被换成链接") for name in solid if (base / name).is_symlink()]
    for name, target in wanted.items():
        try:
            if os.readlink(base / name) != target:
                wrong.append((ALTERED, name, f"指向 {os.readlink(base / name)}"))
        except FileNotFoundError:
            wrong.append((MISSING, name, "缺失"))
        except OSError:
            wrong.append((ALTERED, name, "应为链接"))
    with suppress(OSError):
        there = {str(links / entry) for entry in os.listdir(base / links)}
        wrong += [(ADDED, name, "多出") for name in sorted(there - set(wanted))]
    return wrong


# -- evidence and alarms ---------------------------------------------------------------------------------------------------


def keep_evidence(place: Path, host: str, name: str, *, is_moved: bool) -> None:
    """Keep what was found where nobody is served from; `is_moved` takes it away from its place at once."""
    day = now()
    target = tree.base() / "quarantine" / f"{day:%Y%m%d}" / f"{day:%H%M%S.%f}" / host / name
    top = tree.base() / "quarantine"
    top.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        if is_moved:
            os.rename(place, target)
        else:
            os.link(place, target, follow_symlinks=False)


def forget_evidence(*, days: int) -> int:
    """Remove evidence older than `days` days; returns how many days' folders went."""
    last = f"{now() - timedelta(days=days):%Y%m%d}"
    old = [folder for folder in (tree.base() / "quarantine").glob("[0-9]*") if folder.name < last]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def report(outcomes: Sequence[Outcome], *, where: str, is_open: bool = False) -> list[Alarm]:
    """Raise the alarms for what one sweep found: one for each thing where few, one incident for all where many.

    An alarm stays open while its file is still being made, or where `is_open`. Returns the alarms.
    """
    if not outcomes:
        return []
    if len(outcomes) <= SINGLE and not (larger := _running_incident(where)):
        return [_raise(outcome.kind, outcome.what, [outcome], is_open=is_open) for outcome in outcomes]
    if larger := _running_incident(where):
        return [_add_to(larger, outcomes)]
    numbers = {kind: sum(1 for outcome in outcomes if outcome.kind == kind) for kind in {one.kind for one in outcomes}}
    kind = max(numbers, key=lambda one: (numbers[one], one))
    return [_raise(kind, f"{where}：{_sizes(numbers)}（{now():%Y-%m-%d %H:%M:%S}）", outcomes, is_open=is_open)]
