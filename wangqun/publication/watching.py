"""Watches the trees that the public sees and puts right, within seconds, what somebody else did to them. 依据：沪27。

Our own publishing causes events too. A file is suspected only while it differs from its row; `verification.settle` looks
again when nobody writes. Folders beyond the kernel's limit of watches are looked at in turn (`fs.inotify.max_user_watches`).
"""

import errno
import logging
import os
import queue
import stat
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from django.db import connection
from inotify_simple import Event, INotify, flags

from wangqun.publication import manifest, tree, verification
from wangqun.publication.checking import ADDED, Finding, check, folders, sweep
from wangqun.publication.models import Alarm, Generation, Tree
from wangqun.publication.verification import Outcome, report, settle

logger = logging.getLogger(__name__)

MASK = (
    flags.MODIFY | flags.CLOSE_WRITE | flags.ATTRIB | flags.CREATE | flags.DELETE | flags.MOVED_FROM | flags.MOVED_TO
    | flags.MOVE_SELF | flags.DELETE_SELF | flags.ONLYDIR | flags.DONT_FOLLOW | flags.EXCL_UNLINK
)  # fmt: skip
GONE = flags.MOVE_SELF | flags.DELETE_SELF
MOMENT = 0.2  # seconds from an event to the look at its file: a rename by ourselves is committed by then, as a rule
AGAIN = 1.0  # seconds until what could not be settled is looked at again
FOLLOW = 1.0  # seconds between two looks at which trees the public sees
TURN = 0.05  # seconds that one turn of looking at unwatched folders takes
AT_ONCE = 400  # files looked at in one turn
MANY = 50  # changed folders, among those looked at in turn, from which a sweep is quicker
WHERE = "实时监测"


class Suspect(NamedTuple):
    """A name in a tree at which something happened."""

    tree: int
    path: str
    is_folder: bool


class Watcher:
    """Follows the shown trees until asked to stop; `turn` is one round of its loop."""

    def __init__(self, say: Callable[[str], None] = logger.info) -> None:
        self.say = say
        self.notify = INotify()
        self.trees: dict[int, Tree] = {}
        self.places: dict[int, tuple[int, str]] = {}  # watch -> tree and folder; tree 0: links
        self.suspects: dict[Suspect, float] = {}  # -> the moment at which to look
        self.unwatched: deque[tuple[int, str]] = deque()
        self.signatures: dict[tuple[int, str], int] = {}
        self.changed = 0
        self.swept: queue.Queue[list[Finding]] = queue.Queue()
        self.sweeper: threading.Thread | None = None
        self.is_sweep_due = False
        self.links_due = self.follow_due = self.close_due = 0.0
        self.generation = 0

    # -- the loop

    def run(self, may_go_on: Callable[[], bool]) -> None:
        """Watch until `may_go_on` says no."""
        while may_go_on():
            self.turn(0.0 if self.suspects_due() else TURN if self.unwatched else 0.2)

    def turn(self, patience: float = 0.0) -> list[Alarm]:
        """Follow switches, read what happened (waiting at most `patience` seconds), settle what is due. Returns new alarms."""
        moment = time.monotonic()
        if moment >= self.follow_due:
            self.follow_due = moment + FOLLOW
            self.follow()
        for event in self.notify.read(timeout=int(patience * 1000)):
            self.note(event)
        self.look_at_unwatched()
        outcomes = self.settle_links() + self.settle_suspects() + self.settle_swept()
        if self.is_sweep_due and (self.sweeper is None or not self.sweeper.is_alive()):
            self.is_sweep_due = False
            self.start_sweep()
        alarms = report(outcomes, where=WHERE, is_running=True)
        for outcome in outcomes:
            logger.warning("%s：%s（%s），%s", WHERE, outcome.what, outcome.why, outcome.done)
        if outcomes or (self.close_due and time.monotonic() >= self.close_due):
            verification.close_restored()
            is_open = Alarm.objects.filter(kind__in=verification.KINDS, cleared_at__isnull=True).exists()
            self.close_due = time.monotonic() + AGAIN if is_open else 0.0
        return alarms

    def suspects_due(self) -> bool:
        moment = time.monotonic()
        return not self.swept.empty() or any(due <= moment for due in self.suspects.values())

    # -- what is watched

    def follow(self) -> None:
        """Watch the trees that the public sees now; those seen first are swept, since nobody watched them before."""
        shown = {one.pk: one for one in Tree.objects.current().filter(generations__is_current=True)}
        current = Generation.objects.filter(is_current=True).values_list("number", flat=True).first() or 0
        if current != self.generation:
            self.generation, self.links_due = current, time.monotonic() + MOMENT
            self.watch_links()
        former = set(self.trees) - set(shown)
        if former:
            self.forget(former)
        for pk in sorted(set(shown) - set(self.trees)):
            self.trees[pk] = shown[pk]
            self.watch_below(pk, "")
            self.is_sweep_due = True

    def forget(self, trees: set[int]) -> None:
        """Stop watching trees that are no longer shown, or that stand elsewhere now."""
        for watch in [watch for watch, (tree_id, _folder) in self.places.items() if tree_id in trees]:
            with suppress(OSError):
                self.notify.rm_watch(watch)
            del self.places[watch]
        for pk in trees:
            self.trees.pop(pk, None)
        self.unwatched = deque(place for place in self.unwatched if place[0] not in trees)
        self.signatures = {place: value for place, value in self.signatures.items() if place[0] not in trees}
        self.suspects = {suspect: due for suspect, due in self.suspects.items() if suspect.tree not in trees}

    def watch_links(self) -> None:
        """Watch the folders that hold `current`, the links of the hosts, and the copies of each host."""
        for place in (tree.base(), tree.base() / "generations" / str(self.generation), tree.base() / "trees"):
            self.watch(place, 0, str(place))
        for host in set(Tree.objects.current().values_list("host", flat=True)):
            self.watch(tree.base() / "trees" / host, 0, str(tree.base() / "trees" / host))

    def watch(self, place: Path | str, tree_id: int, folder: str) -> bool:
        """Watch one folder; returns False where the kernel gives no more watches."""
        try:
            self.places[self.notify.add_watch(place, MASK)] = tree_id, folder
        except OSError as fault:  # no more watches; or gone meanwhile, or no folder, which the folder above tells
            return fault.errno not in {errno.ENOSPC, errno.ENOMEM}
        return True

    def watch_below(self, tree_id: int, folder: str) -> None:
        """Watch a folder and all below it, those above first: they hold the pages that are read most."""
        one = self.trees[tree_id]
        base = str(tree.folder(one.host, one.number))
        waiting = deque([folder])
        missed = 0
        while waiting:
            within = waiting.popleft()
            place = f"{base}/{within}" if within else base
            if missed or not self.watch(place, tree_id, within):
                missed += 1
                self.unwatched.append((tree_id, within))
            with suppress(OSError), os.scandir(place) as entries:
                waiting += [
                    f"{within}/{entry.name}" if within else entry.name
                    for entry in entries
                    if entry.is_dir(follow_symlinks=False)
                ]
        if missed:
            self.say(
                f"监视数已达上限（fs.inotify.max_user_watches），{one.host} 有 {missed} 个目录改为轮流查看，发现改动会慢一些；"
                "请按 docs/operations/tamper-proof.md 调高上限。"
            )

    # -- what happened

    def note(self, event: Event) -> None:
        """Note at which file something happened."""
        if event.mask & flags.Q_OVERFLOW:
            self.say("事件过多，有遗漏，全面核对一遍。")
            self.is_sweep_due = True
            return
        place = self.places.get(event.wd)
        if event.mask & flags.IGNORED:
            self.places.pop(event.wd, None)
        if place is None or event.mask & flags.IGNORED:
            return
        tree_id, folder = place
        if tree_id == 0:
            self.note_link(folder, event.name)
        elif event.mask & GONE:
            if not folder:  # the whole copy was taken away: watch and sweep what comes in its place
                self.forget({tree_id})
        elif event.name:
            path = f"{folder}/{event.name}" if folder else event.name
            is_folder = bool(event.mask & flags.ISDIR)
            self.suspect(Suspect(tree_id, path, is_folder))
            if is_folder and event.mask & (flags.CREATE | flags.MOVED_TO):
                self.watch_new(tree_id, path)

    def note_link(self, folder: str, name: str) -> None:
        is_temporary = folder == str(tree.base()) and name not in {"current", "generations", "trees"}
        if not is_temporary:
            self.links_due = self.links_due or time.monotonic() + MOMENT
            moved = {pk for pk, one in self.trees.items() if folder == str(tree.folder(one.host, one.number).parent)}
            self.forget({pk for pk in moved if str(self.trees[pk].number) == name})

    def watch_new(self, tree_id: int, folder: str) -> None:
        """Watch a folder that has just come, and suspect what it holds: it was there before the watch."""
        self.watch_below(tree_id, folder)
        base = tree.folder(self.trees[tree_id].host, self.trees[tree_id].number)
        for above, _folders, names in os.walk(base / folder):
            within = os.path.relpath(above, base)
            for name in names:
                self.suspect(Suspect(tree_id, f"{within}/{name}", is_folder=False))

    def suspect(self, suspect: Suspect, *, again: bool = False) -> None:
        self.suspects.setdefault(suspect, time.monotonic() + (AGAIN if again else MOMENT))

    def look_at_unwatched(self) -> None:
        """Look for a short while at folders that are not watched, and suspect what is in those that changed."""
        until = time.monotonic() + TURN
        for _ in range(len(self.unwatched)):
            if time.monotonic() > until:
                break
            place = self.unwatched.popleft()
            self.unwatched.append(place)
            found = self.signature(place)
            if self.signatures.get(place, found) != found:
                self.changed += 1
                self.suspect(Suspect(*place, is_folder=True))
            self.signatures[place] = found
        if self.changed > MANY:
            self.is_sweep_due = True
        self.changed = 0

    def signature(self, place: tuple[int, str]) -> int:
        """Return a number that changes with every change to a folder and to the files in it."""
        one = self.trees[place[0]]
        found = 0
        with suppress(OSError), os.scandir(f"{tree.folder(one.host, one.number)}/{place[1]}") as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(about.st_mode):
                    found ^= hash((entry.name, about.st_ino))
                else:
                    found ^= hash((entry.name, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns))
        return found

    # -- what is wrong indeed

    def settle_links(self) -> list[Outcome]:
        if not self.links_due or time.monotonic() < self.links_due:
            return []
        self.links_due = 0.0
        outcomes = verification.check_links()
        if outcomes:
            self.watch_links()
        return outcomes

    def settle_suspects(self) -> list[Outcome]:
        """Look at what is due; what differs is settled, and what may not be settled yet is looked at again."""
        moment = time.monotonic()
        due = [suspect for suspect, at in self.suspects.items() if at <= moment][:AT_ONCE]
        for suspect in due:
            del self.suspects[suspect]
        findings = [finding for tree_id in sorted({one.tree for one in due}) for finding in self.findings(tree_id, due)]
        outcomes = settle(findings)
        told = Counter(outcome.what for outcome in outcomes)
        for finding in findings:
            one = self.trees.get(finding.tree)
            if one is None or (f"{one.host}/{finding.path}" in told and finding.kind != ADDED):
                continue
            # Left alone for now; or a link is gone behind which something of ours may be missing.
            self.suspect(Suspect(finding.tree, finding.path.rstrip("/"), finding.kind == ADDED), again=True)
        return outcomes

    def findings(self, tree_id: int, due: Iterable[Suspect]) -> list[Finding]:
        """Return what of the suspects differs from the rows, seen without a lock."""
        one = self.trees.get(tree_id)
        if one is None:
            return []
        suspects = [suspect for suspect in due if suspect.tree == tree_id]
        rows = verification.rows_behind(tree_id, [suspect.path for suspect in suspects])
        known = {name: row for row in rows for name in manifest.names_of(row)}
        found: dict[tuple[str, str], Finding] = {}
        for row in {row.pk: row for row in rows}.values():
            for name, (kind, why) in verification.faults_of(one, row).items():
                found[kind, name] = Finding(tree_id, name, kind, why)
        base = tree.folder(one.host, one.number)
        for suspect in suspects:
            if suspect.path in known:
                continue
            is_ours = False
            if suspect.is_folder and verification.is_text(suspect.path):
                is_ours, findings = self.below(one, suspect.path)
                found |= {(finding.kind, finding.path): finding for finding in findings}
            if os.path.lexists(base / suspect.path) and not is_ours:
                is_folder = (base / suspect.path).is_dir() and not (base / suspect.path).is_symlink()
                finding = Finding(tree_id, suspect.path + ("/" if is_folder else ""), ADDED, "多出")
                found.setdefault((finding.kind, finding.path), finding)
        return list(found.values())

    def below(self, one: Tree, folder: str) -> tuple[bool, list[Finding]]:
        """Compare a folder and all below it with its rows; also returns whether the rows know it as a folder of ours."""
        rows = manifest.rows_of(one.pk, "path", *manifest.DIGESTS, below=folder)
        base = str(tree.folder(one.host, one.number))
        inside = [made for made in folders(one.pk, base, rows) if not folder or f"{made.path}/".startswith(folder + "/")]
        is_ours = bool(inside) and not (Path(base) / folder).is_symlink()
        return is_ours, check(inside)

    # -- the sweep

    def start_sweep(self) -> None:
        self.sweeper = threading.Thread(target=self.sweep, args=(list(self.trees.values()),), daemon=True)
        self.sweeper.start()

    def sweep(self, trees: list[Tree]) -> None:
        """Compare everything, in a thread with a connection of its own, while events are still answered."""
        try:
            for findings in sweep(verification.expected(trees)):
                if findings:
                    self.swept.put(findings)
        except Exception:
            logger.exception("全面核对中断")
        finally:
            connection.close()

    def settle_swept(self) -> list[Outcome]:
        with suppress(queue.Empty):
            return settle(self.swept.get_nowait())
        return []
