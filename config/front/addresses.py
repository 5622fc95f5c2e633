"""What a request says, read strictly: path, host, encodings, ranges, conditions. Pure functions."""

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

TWINS = {"br": ".br", "gzip": ".gz"}
"""Encodings and the ending of their files, the best first."""
MOST_RANGES = 10
REFUSED_IN_PATH = re.compile(r"[\x00-\x1f\x7f\\]|//|%2f|%5c|%00", re.IGNORECASE)
ROBOT = re.compile(
    rb"(?<!cu)bot\b|bot[/_;-]|crawl|spider|slurp|scrap|archiver|monitor|probe|validator|lighthouse|headless|feedfetcher"
    rb"|curl|wget|python|java/|go-http|okhttp|httpclient|facebookexternalhit|bingpreview",
    re.IGNORECASE,
)
"""Known robots; CUBOT is a make of telephones."""


@lru_cache(maxsize=512)
def accepted(header: bytes) -> str:
    """Return "br", "gzip" or "" for an Accept-Encoding header: the best of ours that the reader takes."""
    weights: dict[str, float] = {}
    for part in header.decode("latin-1").lower().split(","):
        name, _, parameters = part.strip().partition(";")
        try:
            weights[name.strip()] = float(parameters.strip().removeprefix("q=")) if parameters.strip() else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    anything = weights.get("*", 0.0)
    return next((name for name in TWINS if weights.get(name, anything) > 0), "")


@lru_cache(maxsize=4096)
def clean_path(raw: bytes) -> str | None:
    """Return the decoded path of a request, or None for one that no released file can have.

    Decoded once. Refused: control characters, backslashes, double slashes, encoded slashes, bad UTF-8, and any
    part that begins with a point (which covers `.` and `..`) or is too long for a file.
    """
    text = raw.decode("latin-1")
    if not text.startswith("/") or REFUSED_IN_PATH.search(text):
        return None
    decoded = unquote_to_bytes(raw)
    try:
        path = decoded.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if REFUSED_IN_PATH.search(path) or any(part.startswith(".") for part in path.split("/")):
        return None
    return path if len(decoded) < 4000 and all(len(part) <= 255 for part in decoded.split(b"/")) else None


@lru_cache(maxsize=1024)
def clean_host(raw: bytes) -> str:
    """Return a Host header as a bare lower-case name, or "" for an odd one."""
    name = raw.decode("latin-1").strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    name = name.partition(":")[0].rstrip(".")
    return name if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", name) else ""


def is_same(match: bytes, etag: bytes) -> bool:
    """Return whether an If-None-Match header names `etag`, compared weakly."""
    return any(part.strip() == b"*" or part.strip().removeprefix(b"W/") == etag for part in match.split(b","))


def ranges(header: bytes, length: int) -> list[range] | None:
    """Return the byte ranges that a Range header asks of `length` bytes; [] where none of them can be met.

    None where the header is to be ignored: another unit, wrong writing, too many ranges, or more bytes than the whole.
    """
    unit, _, listed = header.decode("latin-1").partition("=")
    parts = [part.strip() for part in listed.split(",")]
    if unit.strip().lower() != "bytes" or len(parts) > MOST_RANGES:
        return None
    found = []
    for part in parts:
        if not (match := re.fullmatch(r"([0-9]{0,18})-([0-9]{0,18})", part)) or part == "-":
            return None
        first, last = match.groups()
        if first and last and int(last) < int(first):
            return None
        start = int(first) if first else max(length - int(last), 0)
        stop = min(int(last) + 1, length) if first and last else length
        if start < stop:
            found.append(range(start, stop))
    return found if sum(map(len, found)) <= length else None


@lru_cache(maxsize=4096)
def is_robot(agent: bytes) -> bool:
    """Return whether a User-Agent header is that of a known robot or says nothing."""
    return not agent.strip() or bool(ROBOT.search(agent))


@lru_cache(maxsize=4096)
def referring_host(referrer: bytes) -> str:
    """Return the bare host of a Referer header, "-" where it has none."""
    match = re.match(rb"https?://(?:[^/@?#]*@)?([^/?#]+)", referrer, re.IGNORECASE)
    return (clean_host(match[1]) if match else "") or "-"
