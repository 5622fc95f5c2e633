"""Compares folders with what must be in them, as fast as the disk gives it. Knows no database and changes nothing.

Imported by the helper processes too, so it needs nothing but the standard library.
"""

import hashlib
import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from typing import NamedTuple

ALTERED, MISSING, ADDED = "file_altered", "file_missing", "file_added"
SUFFIXES = ("", ".br", ".gz")
FORBIDDEN_MODE = 0o7113
"""No file of the tree is executable, writable for everybody, or runs as somebody else."""
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
BATCH = 400  # files, with their twins, that a helper process checks in one go
FEW = 15_000  # files, with their twins, up to which starting helper processes takes longer than the work


class Finding(NamedTuple):
    """One thing that is not as it must be. `path` is inside its tree; of an added folder it ends in "/"."""

    tree: int
    path: str
    kind: str
    why: str


class Expected(NamedTuple):
    """One file: SHA-256 of itself and of its twins, "" where there is none."""

    name: str
    sha256: str
    brotli: str
    gzip: str


@dataclass
class Folder:
    """One folder and what must be in it."""

    tree: int
    base: str
    path: str
    files: list[Expected] = field(default_factory=list)
    subfolders: set[str] = field(default_factory=set)


def folders(tree: int, base: str, rows: Iterable[tuple[str, str, str, str]]) -> Iterator[Folder]:
    """Turn rows (path, sha256, brotli, gzip) into folders; the top one is always there.

    The rows come in the order of the bytes of their paths, so a folder that was left does not come again.
    """
    open_ones = [Folder(tree, base, "")]
    for path, *digests in rows:
        parent, _, name = path.rpartition("/")
        while not _is_within(parent, open_ones[-1].path):
            yield open_ones.pop()
        while (above := open_ones[-1]).path != parent:
            step = parent[len(above.path) + 1 if above.path else 0 :].partition("/")[0]
            above.subfolders.add(step)
            open_ones.append(Folder(tree, base, f"{above.path}/{step}" if above.path else step))
        open_ones[-1].files.append(Expected(name, *digests))
    yield from reversed(open_ones)


def _is_within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")


def check(batch: list[Folder]) -> list[Finding]:
    """Return everything that is wrong in some folders."""
    found: list[Finding] = []
    for folder in batch:
        _check_folder(folder, found)
    return found


def _check_folder(folder: Folder, found: list[Finding]) -> None:
    within = folder.path + "/" if folder.path else ""
    try:
        descriptor = os.open(f"{folder.base}/{folder.path}" if folder.path else folder.base, FOLDER)
    except OSError:  # missing, or something else in its place, which the folder above reports
        for file in folder.files:
            found += [Finding(folder.tree, within + name, MISSING, "缺失") for name, digest in _parts(file) if digest]
        return
    try:
        surplus = {entry.name: entry for entry in os.scandir(descriptor)}
        for file in folder.files:
            _check_file(folder.tree, within, file, descriptor, found)
            for name, digest in _parts(file):
                if digest:
                    surplus.pop(name, None)
        for name, entry in surplus.items():
            is_folder = entry.is_dir(follow_symlinks=False)
            if name not in folder.subfolders:
                found.append(Finding(folder.tree, f"{within}{name}{'/' if is_folder else ''}", ADDED, "多出"))
            elif not is_folder:
                found.append(Finding(folder.tree, within + name, ADDED, "应为目录"))
    finally:
        os.close(descriptor)


def _parts(file: Expected) -> tuple[tuple[str, str], ...]:
    return (file.name, file.sha256), (file.name + ".br", file.brotli), (file.name + ".gz", file.gzip)


def _check_file(tree: int, within: str, file: Expected, folder: int, found: list[Finding]) -> None:
    """Compare a file and its twins; a twin carries the time of its file, or the front would not show it."""
    written_at = None
    for name, digest in _parts(file):
        if not digest:
            continue
        kind, why, at = look(name, digest, folder)
        if not kind and written_at is not None and at != written_at:
            kind, why = ALTERED, "与原件时间不一"
        if name == file.name and not kind:
            written_at = at
        if kind:
            found.append(Finding(tree, within + name, kind, why))


def look(name: str, digest: str, folder: int | None = None) -> tuple[str, str, int]:
    """Compare one file with its SHA-256; returns what kind of fault ("" for none), in words, and its time in nanoseconds."""
    try:
        descriptor = os.open(name, OPEN, dir_fd=folder)
    except FileNotFoundError:
        return MISSING, "缺失", 0
    except OSError as fault:
        return ALTERED, f"打不开：{fault.strerror}", 0
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return ALTERED, "不是普通文件", 0
        if about.st_mode & FORBIDDEN_MODE or not about.st_mode & stat.S_IRUSR:
            return ALTERED, f"权限被改为 {stat.S_IMODE(about.st_mode):o}", 0
        digested = hashlib.sha256()
        while part := os.read(descriptor, min(about.st_size + 1, 1 << 20)):
            digested.update(part)
            if len(part) > about.st_size:
                break
            if len(part) == about.st_size:  # whole, in one go: one system call less for every file
                break
        return ("", "", about.st_mtime_ns) if digested.hexdigest() == digest else (ALTERED, "内容被改动", 0)
    except OSError as fault:
        return ALTERED, f"读不出：{fault.strerror}", 0
    finally:
        os.close(descriptor)


def batches(all_folders: Iterable[Folder]) -> Iterator[list[Folder]]:
    """Put folders together to pieces of work of about the same size."""
    batch: list[Folder] = []
    size = 0
    for folder in all_folders:
        batch.append(folder)
        size += len(folder.files) + 1
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def sweep(all_folders: Iterable[Folder], *, processes: int = 2) -> Iterator[list[Finding]]:
    """Check folders, many at a time, and yield what is wrong piece by piece; in helper processes where it is worth it.

    Folders are drawn only as fast as they are checked, so the memory needed stays the same however many there are.
    """
    work = batches(all_folders)
    first = list(islice(work, FEW // BATCH))
    if processes < 2 or len(first) < FEW // BATCH:
        yield from map(check, first)
        yield from map(check, work)
        return
    # Not forked: the parent has threads and connections to the database that children must not share.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[list[Finding]]] = deque(pool.submit(check, batch) for batch in first)
        for batch in work:
            waiting.append(pool.submit(check, batch))
            while len(waiting) > 4 * processes or waiting[0].done():
                yield waiting.popleft().result()
                if not waiting:
                    break
        while waiting:
            yield waiting.popleft().result()
