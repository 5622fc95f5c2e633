"""The public front: released files from memory, everything else from Django.

What the public sees is only what lies in the release tree, `<root>/current/<host>/<path>`; publication writes it.
Knows nothing of Django, the database or sessions. Headers and bodies are prepared once per file and kept in memory.
"""

import asyncio
import json
import mimetypes
import os
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote_to_bytes

Scope = MutableMapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = list[tuple[bytes, bytes]]

RECHECK = 0.2  # seconds for which a file in memory is believed without a look at the disk
LARGEST_KEPT = 2 * 1024 * 1024  # bytes; a larger file is read from disk each time, piece by piece
PIECE = 256 * 1024  # bytes
TOTAL_KEPT = 64 * 1024 * 1024  # bytes of bodies in memory

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PROTECTION: Headers = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".txt": "text/plain",
    ".xml": "application/xml", ".rss": "application/rss+xml", ".atom": "application/atom+xml", ".json": "application/json",
    ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon", ".woff2": "font/woff2", ".woff": "font/woff",
    ".pdf": "application/pdf", ".webmanifest": "application/manifest+json",
}  # fmt: skip
"""What a browser may show. Any other kind of file is handed over to be saved."""
TEXTUAL = (
    "text/",
    "application/xml",
    "application/rss",
    "application/atom",
    "application/json",
    "image/svg",
    "application/manifest",
)
READING = frozenset({"GET", "HEAD"})
TWINS = (("br", ".br"), ("gzip", ".gz"))
HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")
REFUSED_IN_PATH = re.compile(r"[\x00-\x1f\x7f\\]|//|%2f|%5c|%00", re.IGNORECASE)

BAD_REQUEST, NOT_FOUND = "地址的写法不对，请检查后再试。", "没有这个文件。"
MISDIRECTED, NOT_ALLOWED = "本机没有这个网站。", "这个地址只能读取。"


@dataclass(slots=True)
class Reply:
    """One file ready to send: status, headers and, where small enough to keep, its bytes."""

    status: int
    path: str
    signature: tuple[int, int, int]
    body: bytes | None
    checked_at: float
    etag: bytes = b""
    headers: Headers = field(default_factory=list)
    unchanged: Headers = field(default_factory=list)


@dataclass(slots=True)
class Memory:
    """Replies by file and encoding, the least recently used dropped first; `held` is the size of their bodies."""

    limit: int = TOTAL_KEPT
    replies: OrderedDict[tuple[str, str], Reply] = field(default_factory=OrderedDict)
    held: int = 0

    def find(self, key: tuple[str, str]) -> Reply | None:
        reply = self.replies.get(key)
        if reply is not None:
            self.replies.move_to_end(key)
        return reply

    def keep(self, key: tuple[str, str], reply: Reply) -> None:
        self.drop(key)
        self.replies[key] = reply
        self.held += len(reply.body or b"")
        while self.held > self.limit or len(self.replies) > 50_000:
            self.drop(next(iter(self.replies)))

    def drop(self, key: tuple[str, str]) -> None:
        if (old := self.replies.pop(key, None)) is not None:
            self.held -= len(old.body or b"")


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
    return next((name for name, _ in TWINS if weights.get(name, anything) > 0), "")


def clean_path(raw: bytes) -> str | None:
    """Return the decoded path of a request, or None for one that no released file can have.

    Decoded once. Refused: control characters, backslashes, double slashes, encoded slashes, bad UTF-8, and any
    part that begins with a point (which covers `.` and `..`).
    """
    text = raw.decode("latin-1")
    if not text.startswith("/") or REFUSED_IN_PATH.search(text):
        return None
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if REFUSED_IN_PATH.search(path) or any(part.startswith(".") for part in path.split("/")):
        return None
    return path


def clean_host(raw: bytes) -> str:
    """Return a Host header as a bare lower-case name, or "" for an odd one."""
    name = raw.decode("latin-1").strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    name = name.partition(":")[0].rstrip(".")
    return name if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", name) else ""


class Hosts:
    """The sites that the release tree serves, from `hosts.json`: {"default": name, "hosts": [names]}."""

    def __init__(self, path: Path) -> None:
        self.path, self.default, self.names = path, "", frozenset[str]()
        self._checked_at, self._changed_at = -1.0, -1

    def refresh(self) -> None:
        now = time.monotonic()
        if now - self._checked_at < RECHECK:
            return
        self._checked_at = now
        try:
            changed_at = self.path.stat().st_mtime_ns
            if changed_at == self._changed_at:
                return
            listed = json.loads(self.path.read_text(encoding="utf-8"))
            self.default = str(listed.get("default", "")).lower()
            self.names = frozenset(str(name).lower() for name in listed.get("hosts", [])) | ({self.default} - {""})
            self._changed_at = changed_at
        except FileNotFoundError:
            self.default, self.names, self._changed_at = "", frozenset(), -1
        except (OSError, ValueError):
            pass  # half-written or unreadable: what was read last stays in force


class Front:
    """The ASGI application. `django` answers what no released file answers.

    Arguments: `release_root` holds `current/` and `hosts.json`; `static_root` the collected static files;
    `admin_hosts` the names under which the back office is reached and the portal is shown;
    `strict_transport` the seconds of HSTS, 0 for none.
    """

    def __init__(
        self, django: Callable[..., Awaitable[None]], *, release_root: Path, static_root: Path,
        admin_hosts: Iterable[str], strict_transport: int = 0, kept: int = TOTAL_KEPT,
    ) -> None:  # fmt: skip
        self.django = django
        self.tree = str(release_root / "current")
        self.static = str(static_root)
        self.hosts = Hosts(release_root / "hosts.json")
        self.admin_hosts = frozenset(name.lower() for name in admin_hosts)
        self.memory = Memory(kept)
        self.protection = list(PROTECTION)
        if strict_transport:
            self.protection.append((b"strict-transport-security", b"max-age=%d; includeSubDomains" % strict_transport))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif (site := self.site(scope)) is None:
            await self.say(send, scope, 421, MISDIRECTED)
        else:
            await self.answer(site, scope, receive, send)

    def site(self, scope: Scope) -> str | None:
        """Return whose tree answers: a site's host name, "" where there is none yet, None for a host not served here."""
        self.hosts.refresh()
        named = [value for name, value in scope["headers"] if name == b"host"]
        host = clean_host(named[0]) if len(named) == 1 else ""
        if host in self.hosts.names:
            return host
        return self.hosts.default if host in self.admin_hosts else None

    async def answer(self, site: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the file that the address names, or hand the request to Django."""
        raw = (scope.get("raw_path") or quote(scope["path"]).encode()).partition(b"?")[0]
        if raw == b"/admin" or raw.startswith(b"/admin/"):
            return await self.hand_over(scope, receive, send)
        if (path := clean_path(raw)) is None:
            return await self.say(send, scope, 400, BAD_REQUEST)
        if path.startswith("/static/"):
            reply = self.read(self.static + path[7:], accepted(header(scope, b"accept-encoding")), 200, is_static=True)
            return await (self.say(send, scope, 404, NOT_FOUND) if reply is None else self.give(reply, scope, send))
        files, target = self.find(site, path) if site else ([], "")
        if target and scope["method"] in READING:
            query = scope.get("query_string", b"")
            location = quote(target).encode() + (b"?" + query if query else b"")
            return await self.say(send, scope, 301, "", [(b"location", location)])
        for file, status in files:
            reply = self.read(file, accepted(header(scope, b"accept-encoding")), status)
            if reply is not None:
                return await self.give(reply, scope, send)
        return await self.hand_over(scope, receive, send)

    def find(self, site: str, path: str) -> tuple[list[tuple[str, int]], str]:
        """Return (files to try with their status, redirect target) for a path of a site; ([], "") where none can be."""
        base = f"{self.tree}/{site}{path}"
        last = path.rpartition("/")[2]
        if not last:
            return [(base + "index.html", 200), (base + "gone.html", 410)], ""
        if last == "index.html":
            return [], path.removesuffix("index.html") if os.path.isfile(base) else ""
        if last == "gone.html" or any(
            last.endswith(suffix) and os.path.exists(base.removesuffix(suffix)) for _, suffix in TWINS
        ):
            return [], ""
        if "." in last:
            return [(base, 200), (base + "/gone.html", 410)], ""
        is_known = os.path.isfile(base + "/index.html") or os.path.isfile(base + "/gone.html")
        return [], path + "/" if is_known else ""

    def read(self, file: str, encoding: str, status: int, *, is_static: bool = False) -> Reply | None:
        """Return the reply for a file in an encoding, from memory where it is fresh; None where there is no such file."""
        key = (file, encoding)
        now = time.monotonic()
        known = self.memory.find(key)
        if known is not None and now - known.checked_at < RECHECK:
            return known
        try:
            plain = os.stat(file)
            path, used, info = file, "", plain
            suffix = dict(TWINS).get(encoding)
            if suffix:
                try:
                    twin = os.stat(file + suffix)
                    # A twin carries the time of its file (publication/tree.py); another one belongs to another text.
                    if twin.st_mtime_ns == plain.st_mtime_ns:
                        path, used, info = file + suffix, encoding, twin
                except FileNotFoundError:
                    pass
            signature = (info.st_mtime_ns, info.st_size, info.st_ino)
            if known is not None and known.path == path and known.signature == signature:
                known.checked_at = now
                return known
            body = None
            with open_released(path) as opened:
                info = os.fstat(opened.fileno())
                signature = (info.st_mtime_ns, info.st_size, info.st_ino)
                if info.st_size <= LARGEST_KEPT:
                    body = opened.read()
        except OSError:
            self.memory.drop(key)
            return None
        reply = self.prepare(file, Reply(status, path, signature, body, checked_at=now), used, is_static=is_static)
        self.memory.keep(key, reply)
        return reply

    def prepare(self, file: str, reply: Reply, used: str, *, is_static: bool) -> Reply:
        """Give a reply all its headers; `used` is the encoding of its bytes, "" for none."""
        extension = os.path.splitext(file)[1].lower()
        shown = TYPES.get(extension)
        kind = shown or mimetypes.guess_type(file)[0] or "application/octet-stream"
        if kind.startswith("text/") and not shown:
            kind = "application/octet-stream"
        is_textual = kind.startswith(TEXTUAL)
        length = reply.signature[1] if reply.body is None else len(reply.body)
        reply.etag = f'"{reply.signature[0]:x}-{length:x}{"-" + used if used else ""}"'.encode()
        is_immutable = is_static and HASHED.search(file)
        lasting: Headers = [
            (b"etag", reply.etag),
            (b"cache-control", b"public, max-age=31536000, immutable" if is_immutable else b"no-cache"),
            *self.protection,
        ]
        if is_textual:
            lasting.append((b"vary", b"accept-encoding"))
        headers: Headers = [
            (b"content-type", (kind + ("; charset=utf-8" if is_textual else "")).encode()),
            (b"content-length", str(length).encode()),
            *lasting,
        ]
        if used:
            headers.append((b"content-encoding", used.encode()))
        if not shown and not is_static:
            name = quote(os.path.basename(file), safe="")
            headers.append((b"content-disposition", f"attachment; filename*=UTF-8''{name}".encode()))
        reply.headers, reply.unchanged = headers, lasting
        return reply

    async def give(self, reply: Reply, scope: Scope, send: Send) -> None:
        """Send a prepared reply: whole, its headers alone, or 304 where the reader has it already."""
        if scope["method"] not in READING:
            return await self.say(send, scope, 405, NOT_ALLOWED, [(b"allow", b"GET, HEAD")])
        match = header(scope, b"if-none-match")
        if match and reply.status == 200 and is_same(match, reply.etag):
            await send({"type": "http.response.start", "status": 304, "headers": reply.unchanged})
            return await send({"type": "http.response.body", "body": b""})
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        if scope["method"] == "HEAD" or reply.body is not None:
            return await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})
        with open_released(reply.path) as opened:
            left = reply.signature[1]  # never more than the announced length, also when the file has grown
            while left > 0 and (piece := await asyncio.to_thread(opened.read, min(PIECE, left))):
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        if left:
            raise OSError(f"{reply.path} was cut short while it was sent")
        return None

    async def say(self, send: Send, scope: Scope, status: int, sentence: str, headers: Headers | None = None) -> None:
        """Answer with a status and one sentence as plain text."""
        body = sentence.encode()
        listed = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-cache"),
            *(headers or []),
            *self.protection,
        ]
        await send({"type": "http.response.start", "status": status, "headers": listed})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def hand_over(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer, without headers whose names hide behind an underscore."""
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        await self.django({**scope, "headers": headers}, receive, send)

    async def live(self, receive: Receive, send: Send) -> None:
        """Answer the server's start and stop: there is nothing to open or close."""
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


def header(scope: Scope, wanted: bytes) -> bytes:
    """Return a header of the request, b"" where it has none."""
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def is_same(match: bytes, etag: bytes) -> bool:
    """Return whether an If-None-Match header names `etag`, compared weakly."""
    return any(part.strip() == b"*" or part.strip().removeprefix(b"W/") == etag for part in match.split(b","))


def open_released(path: str) -> BinaryIO:
    """Open a file for reading; a symbolic link in its place is refused, and so is what is no plain file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.fdopen(descriptor, "rb")  # refuses a folder
    except BaseException:
        os.close(descriptor)
        raise
