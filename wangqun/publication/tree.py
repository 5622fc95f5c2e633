"""The public tree on disk: files written aside and renamed, with their compressed twins. Knows no database."""

import fcntl
import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import brotli
from django.conf import settings

COMPRESSED = ("text/", "application/xml", "application/json", "application/rss+xml", "image/svg+xml")
TWINS = (".gz", ".br")


def root() -> Path:
    """Return the folder whose children are the hosts."""
    return Path(settings.RELEASE_ROOT) / "current"


def location(host: str, path: str) -> Path:
    """Return where the file `path` of `host` stands; raises ValueError for a path that leaves its host."""
    parts = path.split("/")
    if (
        not host
        or "/" in host
        or host.startswith(".")
        or any(part in {"", ".", ".."} or part.startswith(".") for part in parts)
    ):
        raise ValueError(f"not a path of the public tree: {host}/{path}")
    return root() / host / path


@contextmanager
def only_one_writer() -> Iterator[None]:
    """Let one process of this machine write at a time; a killed one lets go."""
    Path(settings.RELEASE_ROOT).mkdir(parents=True, exist_ok=True)
    with (Path(settings.RELEASE_ROOT) / "writer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(host: str, path: str, content: bytes, content_type: str) -> tuple[str, int]:
    """Put one file in place; returns SHA-256 and size in bytes.

    Its twins go first and carry its very time. The front shows a twin only beside the file of that time, so every
    reader sees the old text until the file itself is renamed, and the new one from then on.
    """
    target = location(host, path)
    digest = hashlib.sha256(content).hexdigest()
    aside = _write_aside(target, content)
    if content_type.startswith(COMPRESSED):
        made_at = aside.stat().st_mtime_ns
        for twin, packed in ((".gz", gzip.compress(content, 6, mtime=0)), (".br", brotli.compress(content, quality=5))):
            beside = target.with_name(target.name + twin)
            packed_aside = _write_aside(beside, packed)
            os.utime(packed_aside, ns=(made_at, made_at))
            packed_aside.replace(beside)
    aside.replace(target)
    return digest, len(content)


def remove(host: str, path: str) -> None:
    """Take one file and its twins away, and the folders that it leaves empty."""
    target = location(host, path)
    for name in (target, *(target.with_name(target.name + twin) for twin in TWINS)):
        name.unlink(missing_ok=True)
    folder = target.parent
    while folder != root() and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def files() -> Iterator[tuple[str, str]]:
    """Yield (host, path) of every file in the tree, twins and files being written left out."""
    base = root()
    if not base.is_dir():
        return
    for host in sorted(base.iterdir()):
        for folder, _folders, names in os.walk(host):
            for name in names:
                if not name.endswith((*TWINS, ".new")):
                    yield host.name, (Path(folder) / name).relative_to(host).as_posix()


def sha256_of(host: str, path: str) -> str | None:
    """Return the SHA-256 of a file in the tree, or None where it is missing or a twin says something else."""
    target = location(host, path)
    try:
        content = target.read_bytes()
        for twin, unpack in ((".gz", gzip.decompress), (".br", brotli.decompress)):
            beside = target.with_name(target.name + twin)
            if beside.exists() and unpack(beside.read_bytes()) != content:
                return ""
    except FileNotFoundError:
        return None
    except (OSError, brotli.error):
        return ""
    return hashlib.sha256(content).hexdigest()


def write_hosts(default: str | None, hosts: list[str]) -> None:
    """Tell the front which hosts there are, and which one the bare address shows."""
    target = Path(settings.RELEASE_ROOT) / "hosts.json"
    _write_aside(target, json.dumps({"default": default, "hosts": sorted(hosts)}).encode()).replace(target)


def _write_aside(target: Path, content: bytes) -> Path:
    """Write the content safely beside `target`; returns the file that is to be renamed to it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary
