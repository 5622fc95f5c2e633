"""Finds what in the public tree is not as its rows say, puts it right, keeps the evidence and tells people. 依据：沪27。

What is read without a lock is only suspected. `settle` looks again while it holds the tree's row, which every writer
holds while it puts files in place and writes their rows: then disk and rows agree, or somebody else was at the files.
"""

import gzip
import hashlib
import logging
import os
import shutil
from collections import Counter, defaultdict
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
from wangqun.publication import manifest, proof, tree
from wangqun.publication.checking import ADDED, ALTERED, MISSING, Finding, Folder, folders, look, sweep
from wangqun.publication.models import Alarm, File, Generation, Release, RenderOrder, RenderRun, Tree
from wangqun.websites.models import Website

logger = logging.getLogger(__name__)

AT_ONCE = 100  # findings settled under one lock of a tree
SINGLE = 5  # findings up to which each is an alarm of its own
LISTED = 100  # paths that one alarm names
LARGEST = 10_000_000  # bytes of somebody else's file that are copied as evidence
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


RESTORED, REMOVED, ORDERED, FAILED = "已恢复", "已移走", "已移走，正在重新生成", "未能恢复"


# -- the sweep -------------------------------------------------------------------------------------------------------------


def verify(*, processes: int = 2) -> list[Alarm]:
    """Compare links, every file and the manifest with the rows; restore, keep evidence, alarm. Returns the alarms raised.

    Files whose pages wait to be made are left alone. 依据：沪27。
    """
    outcomes = check_links()
    for _ in range(2):  # what stood behind a link in place of a folder shows only once the link is gone
        found = [finding for some in sweep(expected(), processes=processes) for finding in some]
        outcomes += settle(found)
        if not any(finding.why == "应为目录" for finding in found):
            break
    alarms = report(outcomes, where="全面核对")
    close_restored()
    return alarms + verify_manifest()


def expected(trees: Iterable[Tree] | None = None) -> Iterator[Folder]:
    """Yield the folders of the public trees with what must be in them, streamed from the rows."""
    for one in Tree.objects.current().order_by("pk") if trees is None else trees:
        rows = manifest.rows_of(one.pk, "path", *manifest.DIGESTS)
        yield from folders(one.pk, str(tree.folder(one.host, one.number)), rows)


def verify_manifest() -> list[Alarm]:
    """Compare the manifest with itself and with the rows; returns the alarms raised. No file or row is overwritten."""
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
    outcomes: list[Outcome] = []
    surplus = [finding for finding in findings if finding.kind == ADDED]
    if surplus and not _is_cut_off():
        outcomes += [outcome for finding in surplus for outcome in _take_away(held, finding)]
    for row in rows:
        if row.page_id not in waiting:
            outcomes += _put_right(held, row)
    return outcomes


def is_text(path: str) -> bool:
    """Return whether a name found on the disk can be a name of ours at all: rows hold Unicode."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def rows_behind(tree_id: int, paths: Iterable[str]) -> list[File]:
    """Return the rows of files and of the files that twins of these names belong to."""
    names = {path for path in paths if is_text(path)}
    names |= {path[:-3] for path in names if path.endswith(tree.TWINS)}
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
    if is_folder and is_text(name) and File.objects.filter(tree=held, path__startswith=name + "/").exists():
        return []
    if not is_folder and any(name in manifest.names_of(row) for row in rows_behind(held.pk, [name])):
        return []
    below = _files_below(place) if is_folder else []
    keep_evidence(place, held.host, name, is_moved=True)
    names = [os.fsencode(finding.path + path).decode("utf-8", "backslashreplace") for path in below or [""]]
    return [Outcome(ADDED, f"{held.host}/{path}", finding.why, REMOVED) for path in names]


def _files_below(folder: Path) -> list[str]:
    return [os.path.relpath(os.path.join(above, name), folder) for above, _folders, names in os.walk(folder) for name in names][
        : 10 * LISTED
    ]


def faults_of(held: Tree, row: File) -> dict[str, tuple[str, str]]:
    """Return what is wrong with a file and its twins now: name -> kind and why."""
    base = tree.folder(held.host, held.number)
    wrong, times = {}, {}
    for name, digest in manifest.names_of(row).items():
        kind, why, times[name] = look(str(base / name), digest)
        if not kind and times[name] != times[row.path] and row.path not in wrong:
            kind, why = ALTERED, "与原件时间不一"
        if kind:
            wrong[name] = kind, why
    return wrong


def _put_right(held: Tree, row: File) -> list[Outcome]:
    """Restore one file and its twins from whichever of them is sound; else order the page afresh. Its tree is held."""
    wrong = faults_of(held, row)
    if not wrong:
        return []
    base = tree.folder(held.host, held.number)
    packed = _sound_copy(base, row, wrong)
    done = RESTORED if packed is not None else ORDERED
    for name, (kind, _why) in wrong.items():
        if kind != MISSING:
            keep_evidence(base / name, held.host, name, is_moved=packed is None)
    if packed is not None:
        try:
            aside = tree.write_aside(0, row.pk, packed)  # no run has the number 0
            tree.put(aside, held.host, held.number, row.path, packed)
        except OSError as fault:
            logger.exception("%s/%s could not be restored", held.host, row.path)
            done = f"{FAILED}：{fault.strerror}"
    else:
        order_afresh(row, reason=f"{KINDS[next(iter(wrong.values()))[0]]}：{row.path}")
    return [Outcome(kind, f"{held.host}/{name}", why, done, row.page_id) for name, (kind, why) in wrong.items()]


def _sound_copy(base: Path, row: File, wrong: dict[str, tuple[str, str]]) -> tree.Packed | None:
    """Return file and twins made from one that is sound, exactly as the row says; None where there is none."""
    readers: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.decompress, ".br": brotli.decompress}
    for suffix, unpack in readers.items():
        name = row.path + suffix
        if name not in manifest.names_of(row) or (name in wrong and wrong[name][1] != "与原件时间不一"):
            continue
        with suppress(OSError, EOFError, brotli.error):
            content = unpack((base / name).read_bytes())
            if hashlib.sha256(content).hexdigest() == row.sha256:
                packed = tree.pack(content, row.content_type)
                digests = {row.path + suffix: packed.digest(suffix) for suffix in packed.parts}
                return packed if digests == manifest.names_of(row) else None
    return None


def order_afresh(row: File, *, reason: str) -> None:
    """Order all files of a page from its released revision and from the private store."""
    RenderOrder.objects.create(page_id=row.page_id, priority=RenderOrder.Priority.PAGE, reason=reason[:255], ordered_at=now())


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
    wanted = {"current": str(links)} | {
        str(links / host): f"../../trees/{host}/{tree_number}" for host, tree_number in trees.items()
    }
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
            return
        try:
            os.link(place, target, follow_symlinks=False)
        except OSError:  # somebody else's file, which the kernel lets nobody link
            if place.is_file() and not place.is_symlink() and place.stat().st_size <= LARGEST:
                shutil.copyfile(place, target)


def forget_evidence(*, days: int) -> int:
    """Remove evidence older than `days` days; returns how many days' folders went."""
    last = f"{now() - timedelta(days=days):%Y%m%d}"
    old = [folder for folder in (tree.base() / "quarantine").glob("[0-9]*") if folder.name < last]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def report(outcomes: Sequence[Outcome], *, where: str, is_open: bool = False, is_running: bool = False) -> list[Alarm]:
    """Raise the alarms for what one sweep found: one for each thing where few, one incident for all where many.

    An alarm stays open while its file is still being made, or where `is_open`. With `is_running`, what follows a large
    incident soon belongs to it. Returns the alarms.
    """
    if not outcomes:
        return []
    larger = _running_incident(where) if is_running else None
    if larger is not None:
        return [_add_to(larger, outcomes)]
    if len(outcomes) <= SINGLE and not (is_running and _is_often()):
        return [_raise(outcome.kind, outcome.what, [outcome], is_open=is_open) for outcome in outcomes]
    numbers = Counter(outcome.kind for outcome in outcomes)
    sizes = "、".join(f"{Alarm.Kind(kind).label} {number} 处" for kind, number in numbers.most_common())
    what = f"{where}（{now():%Y-%m-%d %H:%M:%S}）：{sizes}"
    return [_raise(numbers.most_common(1)[0][0], what, outcomes, is_open=is_open)]


@transaction.atomic
def _raise(kind: str, what: str, outcomes: Sequence[Outcome], *, is_open: bool) -> Alarm:
    """Write one alarm, tell those who manage reminders, and put it into the log; an open one of the same is not told twice."""
    is_open = is_open or any(outcome.done.startswith((ORDERED, FAILED)) for outcome in outcomes)
    values = {
        "page": Page.objects.filter(pk=outcomes[0].page).first() if len(outcomes) == 1 and outcomes[0].page else None,
        "count": len(outcomes),
        "details": _details(outcomes),
        "found_at": now(),
    }
    if is_open:
        alarm, is_new = Alarm.objects.get_or_create(kind=kind, what=what[:500], cleared_at=None, defaults=values)
    else:
        alarm, is_new = Alarm.objects.create(kind=kind, what=what[:500], cleared_at=now(), **values), True
    if is_new:
        notify(
            holders("reminders.manage"), topic="alarm", title=str(alarm)[:255], key=f"alarm:{alarm.pk}", url="/admin/alarms/"
        )
        record("publication.alarm", alarm, by=system_user(), data={"kind": kind, "what": what[:500], "count": len(outcomes)})
    return alarm


def _details(outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    return [{"kind": one.kind, "what": one.what, "why": one.why, "done": one.done} for one in outcomes[:LISTED]]


def _running_incident(where: str) -> Alarm | None:
    recent = Alarm.objects.filter(what__startswith=f"{where}（", found_at__gt=now() - TOGETHER)
    return recent.order_by("-id").first()


def _is_often() -> bool:
    """Return whether so much was found just now that what follows is better told as one incident."""
    return Alarm.objects.filter(kind__in=KINDS, found_at__gt=now() - TOGETHER).count() >= 2 * SINGLE


def _add_to(alarm: Alarm, outcomes: Sequence[Outcome]) -> Alarm:
    alarm.count += len(outcomes)
    alarm.details = [*alarm.details, *_details(outcomes)][:LISTED]
    alarm.save(update_fields=["count", "details"])
    return alarm


def close_restored() -> None:
    """Close the open alarms of files that stand as they must by now."""
    for alarm in Alarm.objects.filter(kind__in=[ALTERED, MISSING, ADDED], cleared_at__isnull=True):
        if all(_is_right(detail["what"]) for detail in alarm.details):
            Alarm.objects.filter(pk=alarm.pk).update(cleared_at=now())


def _is_right(what: str) -> bool:
    host, _, path = what.partition("/")
    held = Tree.objects.current().filter(host=host).first()
    return held is None or not any(faults_of(held, row) for row in rows_behind(held.pk, [path]))


@transaction.atomic
def clear(alarm: Alarm, *, by: User, remark: str) -> Alarm:
    """Close an alarm that people have looked into, with what they found.

    Raises Refused without a remark, where it is closed already, and for those that only the facts themselves close.
    """
    require(by, "reminders.manage")
    if not remark.strip():
        raise Refused("请写明核查的情况和处理结果。")
    if alarm.kind in RECONCILED and alarm.page_id is not None:
        raise Refused("这一项由系统核对，页面与备案一致后自动消除。")
    held = Alarm.objects.select_for_update().get(pk=alarm.pk)
    if held.cleared_at is not None:
        raise Refused("这一项已经消除，请刷新后再看。")
    held.cleared_at = now()
    held.details = [*held.details, {"kind": "", "what": str(by), "why": remark.strip()[:500], "done": "人工消除"}]
    held.save(update_fields=["cleared_at", "details"])
    record("publication.clear_alarm", held, by=by, data={"remark": remark.strip()})
    return held


# -- live pages and their records ------------------------------------------------------------------------------------------

RECONCILED = [Alarm.Kind.LIVE_WITHOUT_RELEASE, Alarm.Kind.CONTENT_DIFFERS]


@transaction.atomic
def reconcile() -> list[Alarm]:
    """Alarm on what is live in the database without a release, and on what differs from its record; publishes nothing.

    Returns the open alarms. Such pages are not public all the same: tree and lists hold released ones only. Two questions
    to the database, however many pages there are; it returns the faulty ones only. 依据：沪27。
    """
    newest = Release.objects.filter(page_id=OuterRef("pk")).order_by("-number")
    pages = Page.objects.live().filter(depth__gt=1).annotate(
        last_kind=Subquery(newest.values("kind")[:1]), last_revision=Subquery(newest.values("revision_id")[:1])
    )  # fmt: skip
    is_covered = ~Q(last_kind=Release.Kind.WITHDRAWAL) & Q(last_kind__isnull=False)
    faulty = pages.exclude(is_covered & Q(last_revision=F("live_revision_id"), live_revision_id__isnull=False))
    roots = tuple(Website.objects.filter(site__isnull=False).values_list("site__root_page__path", flat=True))
    keep = []
    for page in faulty.only("pk", "title", "path").iterator(chunk_size=500):
        if not page.path.startswith(roots):
            continue
        is_uncovered = page.last_kind in {None, Release.Kind.WITHDRAWAL}
        kind = Alarm.Kind.LIVE_WITHOUT_RELEASE if is_uncovered else Alarm.Kind.CONTENT_DIFFERS
        what = f"{page.pk} {page.title}"
        outcome = Outcome(kind, what, "没有备案" if is_uncovered else "公开的修订不是备案的修订", "不对外公开", page.pk)
        keep.append(_raise(kind, what, [outcome], is_open=True).pk)
    open_ones = Alarm.objects.filter(cleared_at__isnull=True)
    open_ones.filter(kind__in=RECONCILED).exclude(pk__in=keep).exclude(page=None).update(cleared_at=now())
    return list(open_ones)
