"""The public trees on disk: files written aside and renamed, with their compressed twins. Knows no database.

<RELEASE_ROOT>/current                -> generations/<n>
<RELEASE_ROOT>/generations/<n>/<host> -> ../../trees/<host>/<k>
<RELEASE_ROOT>/trees/<host>/<k>/<path>, <path>.gz, <path>.br
<RELEASE_ROOT>/aside/<run>            files on their way
<RELEASE_ROOT>/workers/<name>.lock    held while a worker lives
"""

import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import brotli
from django.conf import settings

COMPRESSED = ("text/", "application/xml", "application/json", "application/rss+xml", "image/svg+xml")
TWINS = (".gz", ".br")
SECOND = 1_000_000_000  # nanoseconds


def base() -> Path:
    """Return the folder of all that publication writes."""
    return Path(settings.RELEASE_ROOT)


def root() -> Path:
    """Return the folder whose children are the hosts that the public sees."""
    return base() / "current"


def folder(host: str, number: int) -> Path:
    """Return the folder of one tree. Raises ValueError for what is no host name."""
    if not host or "/" in host or host.startswith("."):
        raise ValueError(f"not a host: {host}")
    return base() / "trees" / host / str(number)


def location(host: str, number: int, path: str) -> Path:
    """Return where a file of a tree stands; raises ValueError for a path that leaves it."""
    if any(part in {"", ".", ".."} or part.startswith(".") or "\0" in part for part in path.split("/")):
        raise ValueError(f"not a path of the public tree: {host}/{path}")
    return folder(host, number) / path


# -- bytes -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Packed:
    """One file with its twins, ready to be written: suffix ("" for the file itself) -> bytes."""

    parts: dict[str, bytes]

    def digest(self, suffix: str) -> str:
        """Return the SHA-256 of one part, "" where there is none."""
        return hashlib.sha256(self.parts[suffix]).hexdigest() if suffix in self.parts else ""


def pack(content: bytes, content_type: str) -> Packed:
    """Compress a file of a textual type; the same bytes always give the same twins."""
    if not content_type.startswith(COMPRESSED):
        return Packed({"": content})
    return Packed({".gz": gzip.compress(content, 6, mtime=0), ".br": brotli.compress(content, quality=5), "": content})


def stands(host: str, number: int, path: str, packed: Packed) -> bool:
    """Return whether exactly these bytes stand there already, twins included."""
    target = location(host, number, path)
    try:
        return all(Path(f"{target}{suffix}").read_bytes() == part for suffix, part in packed.parts.items())
    except OSError:
        return False


def write_aside(run: int, position: int, packed: Packed) -> Path:
    """Write a file and its twins where nobody looks, safely on the disk; returns the name to give to `put`.

    Raises OSError where the disk is full; nothing that readers see has changed then.
    """
    target = base() / "aside" / str(run) / str(position)
    target.parent.mkdir(parents=True, exist_ok=True)
    made_at = None
    for suffix in sorted(packed.parts):  # the file itself first: its twins carry its very time
        name = f"{target}{suffix}"
        with open(name, "wb") as file:
            file.write(packed.parts[suffix])
            file.flush()
            os.fsync(file.fileno())
        if made_at is None:
            made_at = os.stat(name).st_mtime_ns
        else:
            os.utime(name, ns=(made_at, made_at))
    return target


def put(aside: Path, host: str, number: int, path: str, packed: Packed) -> None:
    """Put a file written aside in its place: twins first, then the file, each by one rename.

    Its time is at least a whole second later than that of the file it replaces, also when the clock was set back: nginx makes
    the tag by which readers ask for news from whole seconds and the size.
    """
    target = location(host, number, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        before = os.stat(target).st_mtime_ns // SECOND
        if before >= os.stat(aside).st_mtime_ns // SECOND:
            for suffix in packed.parts:
                os.utime(f"{aside}{suffix}", ns=((before + 1) * SECOND,) * 2)
    for suffix in sorted(packed.parts, reverse=True):
        os.replace(f"{aside}{suffix}", f"{target}{suffix}")


def write_new(host: str, number: int, path: str, packed: Packed) -> None:
    """Write a file into a tree that nobody reads yet; `settle` makes the whole tree safe afterwards."""
    target = location(host, number, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    made_at = None
    for suffix in sorted(packed.parts):
        name = f"{target}{suffix}"
        with open(name, "wb") as file:
            file.write(packed.parts[suffix])
        if made_at is None:
            made_at = os.stat(name).st_mtime_ns
        else:
            os.utime(name, ns=(made_at, made_at))


def remove(host: str, number: int, path: str) -> None:
    """Take one file and its twins away, and the folders that it leaves empty."""
    target = location(host, number, path)
    for suffix in ("", *TWINS):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{target}{suffix}")
    top = folder(host, number)
    for above in target.parents:
        if above == top:
            break
        try:
            above.rmdir()
        except OSError:
            break


def forget_aside(run: int) -> None:
    """Remove what a run wrote aside and never put in place."""
    shutil.rmtree(base() / "aside" / str(run), ignore_errors=True)


def remove_tree(host: str, number: int) -> None:
    """Remove a whole tree that no generation shows any more."""
    shutil.rmtree(folder(host, number), ignore_errors=True)


# -- generations -----------------------------------------------------------------------------------------------------------


def point(generation: int, trees: Mapping[str, int]) -> None:
    """Let the public see generation `generation`, host -> number of its tree: prepared beside, then one rename."""
    links = base() / "generations" / str(generation)
    shutil.rmtree(links, ignore_errors=True)
    links.mkdir(parents=True)
    for host, number in trees.items():
        folder(host, number).mkdir(parents=True, exist_ok=True)
        (links / host).symlink_to(Path("..") / ".." / "trees" / host / str(number))
    aside = base() / f"current.{uuid.uuid4().hex}"
    aside.symlink_to(Path("generations") / str(generation))
    current = root()
    if current.is_dir() and not current.is_symlink():  # the tree of the first version was a plain folder
        current.rename(base() / f"former.{uuid.uuid4().hex}")
    aside.replace(current)
    for former in base().glob("former.*"):
        shutil.rmtree(former, ignore_errors=True)


def shown() -> dict[str, int]:
    """Return which tree of each host the public sees now, as the disk says."""
    found = {}
    if root().is_dir():
        for link in root().iterdir():
            with contextlib.suppress(OSError, ValueError):
                found[link.name] = int(os.readlink(link).rpartition("/")[2])
    return found


def forget_generation(number: int) -> None:
    """Remove the links of a generation that is no longer kept."""
    shutil.rmtree(base() / "generations" / str(number), ignore_errors=True)


def settle() -> None:
    """Wait until everything written so far is safely on the disk."""
    os.sync()


def write_hosts(default: str | None, hosts: list[str]) -> None:
    """Tell the front which hosts there are, and which one the bare address shows."""
    content = json.dumps({"default": default, "hosts": sorted(hosts)}).encode()
    target = base() / "hosts.json"
    with contextlib.suppress(FileNotFoundError):
        if target.read_bytes() == content:
            return
    base().mkdir(parents=True, exist_ok=True)
    aside = base() / f"hosts.{uuid.uuid4().hex}"
    aside.write_bytes(content)
    aside.replace(target)


# -- workers ---------------------------------------------------------------------------------------------------------------


@contextmanager
def worker() -> Iterator[str]:
    """Be a worker while the block lasts; the kernel tells others when we are dead. Yields the worker's name."""
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    place = base() / "workers" / f"{name}.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield name
        finally:
            place.unlink(missing_ok=True)


def is_alive(name: str) -> bool:
    """Return whether the worker of that name still runs; the lock of a dead one is removed."""
    place = base() / "workers" / f"{name}.lock"
    try:
        lock: IO[str]
        with place.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            place.unlink(missing_ok=True)
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return True
