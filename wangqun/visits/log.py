"""The server's log of visits on disk: its name, its lines, its rotation. Knows no database. docs/operations/visits.md."""

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.utils.timezone import localtime

LIVE = "access.log"
ROTATED = re.compile(r"access-\d+\.log")
MARK = "counted"  # an empty file: when it was touched is the time of the disk's own clock
PIECE = 2 * 1024 * 1024  # bytes counted in one transaction
LONGEST = 4096  # bytes of a line
AHEAD = timedelta(minutes=5)  # by how much another machine's clock may be ahead
OLDEST = timedelta(days=400)
GRACE = timedelta(days=1).total_seconds()  # for which a file must rest before it is closed and deleted
SHOWN = {"200", "304"}
HOST = re.compile(r"(?=.{1,128}$)[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*")
OTHER = ""


class BadLine(ValueError):
    """A line that is not counted; the text says why, in Chinese, as the report shows it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One visit."""

    day: date
    host: str
    path: str
    is_robot: bool
    referrer: str | None
    """Host of another site, OTHER for one that has no proper name, None where the reader came from nowhere."""


def folder() -> Path:
    """Return where the log lies."""
    return Path(settings.DATA) / "visits"


def rotate() -> None:
    """Give the live log a name of its own, for good, so that what was counted of it is known by that name.

    Who writes goes on in the same file until the missing name is noticed; these lines are counted by the next run.
    """
    live = folder() / LIVE
    with suppress(FileNotFoundError):  # nothing yet, or another run was quicker
        if live.stat().st_size:
            target = _unused_name()
            live.rename(target)


def _unused_name() -> Path:
    number = int(f"{time.time_ns()}{os.getpid():08d}")
    while (target := folder() / f"access-{number}.log").exists():
        number += 1
    return target


def rotated() -> list[Path]:
    """Return the rotated files, the oldest first."""
    if not folder().is_dir():
        return []
    return sorted(
        (path for path in folder().iterdir() if ROTATED.fullmatch(path.name)), key=lambda path: (len(path.name), path)
    )


def disk_time() -> float:
    """Return the disk's own time in seconds; this process may live in another one (demonstration, tests)."""
    mark = folder() / MARK
    mark.touch()
    os.utime(mark)
    return mark.stat().st_mtime


def rests(file: Path, now: float) -> bool:
    """Return whether nobody wrote to `file` for so long that nobody will."""
    return file.stat().st_mtime < now - GRACE


def read(file: Path, offset: int, *, is_final: bool) -> bytes:
    """Return the next whole lines from byte `offset` on, b"" where there are none yet.

    A last line without its end waits, unless nobody writes any more (`is_final`); one longer than a piece is given as it is.
    """
    with file.open("rb") as opened:
        opened.seek(offset)
        data = opened.read(PIECE)
    end = data.rfind(b"\n") + 1
    return data[:end] if end or (len(data) < PIECE and not is_final) else data


def parse(line: bytes, now: datetime) -> Line:
    """Return the visit that a line tells of; raises BadLine for one that is wrong."""
    if len(line) > LONGEST:
        raise BadLine("过长")
    try:
        fields = line.decode("utf-8").split("\t")
    except UnicodeDecodeError as error:
        raise BadLine("编码不对") from error
    if len(fields) != 6 or fields[4] not in {"0", "1"} or not fields[2].startswith("/"):
        raise BadLine("格式不对")
    moment, host, path, status, robot, referrer = fields
    if status not in SHOWN:
        raise BadLine("不是页面访问")
    host = host.lower()
    return Line(_day(moment, now), host, _clean(path), robot == "1", _referrer(referrer, host))


@lru_cache(maxsize=4096)
def _day(moment: str, now: datetime) -> date:
    """Return the local day of a moment; the lines of one second share an answer."""
    try:
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise BadLine("时间不对")
        if not now - OLDEST < at < now + AHEAD:
            raise BadLine("时间不在范围内")
        return localtime(at).date()
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, BadLine) else BadLine("时间不对") from error


def _clean(path: str) -> str:
    path = path.partition("?")[0]
    if "%" in path:
        path = unquote(path, errors="replace")
    if not path.isprintable():
        raise BadLine("地址不对")
    return path.removesuffix("index.html") if path.endswith("/index.html") else path


def _referrer(host: str, own: str) -> str | None:
    host = host.lower()
    if host in {"-", "", own}:
        return None
    return host if HOST.fullmatch(host) else OTHER
