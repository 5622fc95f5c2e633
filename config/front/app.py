"""The front as an ASGI application: it serves behind any ASGI server. `protocol` is the short cut through uvicorn."""

import asyncio
import math
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from config.front.addresses import accepted, clean_host, clean_path, is_robot, is_same, ranges, referring_host
from config.front.files import (
    PROTECTION,
    STATIC,
    TOTAL_KEPT,
    Files,
    Headers,
    Redirect,
    Reply,
    Sites,
    open_released,
    signature_of,
)
from config.front.visits import Visits

Scope = MutableMapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Application = Callable[..., Awaitable[None]]

PIECE = 256 * 1024  # bytes
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Said:
    """A status and one sentence, as plain text."""

    status: int
    sentence: str


BAD_REQUEST = Said(400, "地址的写法不对，请检查后再试。")
NOT_FOUND = Said(404, "没有这个文件。")
NOT_ALLOWED = Said(405, "这个地址只能读取。")
MISDIRECTED = Said(421, "本机没有这个网站。")
NOT_SATISFIABLE = Said(416, "没有所要的这一段。")
TOO_LONG = Said(414, "地址太长。")
LONGEST_ADDRESS = 8192  # bytes


class Front:
    """The application. `django` answers what no released file answers.

    Arguments: `release_root` holds `current/` and `hosts.json`; `static_root` the collected static files;
    `admin_hosts` the names under which the back office is reached and the portal is shown;
    `strict_transport` the seconds of HSTS, 0 for none; `visits` the log of visits, if there is to be one.
    """

    def __init__(
        self, django: Application, *, release_root: Path, static_root: Path, admin_hosts: Iterable[str],
        strict_transport: int = 0, kept: int = TOTAL_KEPT, visits: Visits | None = None,
    ) -> None:  # fmt: skip
        self.django, self.visits = django, visits
        self.protection = list(PROTECTION)
        if strict_transport:
            self.protection.append((b"strict-transport-security", b"max-age=%d; includeSubDomains" % strict_transport))
        self.sites = Sites(release_root, static_root)
        self.files = Files(self.sites, self.protection, kept)
        self.admin_hosts = frozenset(name.lower() for name in admin_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.live(receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1000})
        raw = (scope.get("raw_path") or quote(scope["path"]).encode()).partition(b"?")[0]
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        found = self.look_up(hosts[0] if len(hosts) == 1 else b"", raw, accepted(header(scope, b"accept-encoding")))
        is_reading = scope["method"] in READING
        if isinstance(found, Said):
            await self.say(send, scope, found)
        elif isinstance(found, Reply) and is_reading:
            await self.give(found, scope, receive, send)
        elif isinstance(found, Reply):
            await self.say(send, scope, NOT_ALLOWED, [(b"allow", b"GET, HEAD")])
        elif isinstance(found, Redirect) and is_reading:
            query = scope.get("query_string", b"")
            location = quote(found.target).encode() + (b"?" + query if query else b"")
            await self.say(send, scope, Said(301, ""), [(b"location", location)])
        else:
            await self.hand_over(scope, receive, send)
        return None

    def look_up(self, host: bytes, raw: bytes, encoding: str) -> Reply | Redirect | Said | None:
        """Return the answer to an address; None where Django is to answer.

        Arguments: `host` the Host header; `raw` the path as it was sent, without its query; `encoding` what the reader takes.
        """
        now = time.monotonic()
        self.sites.refresh(now)
        name = clean_host(host)
        if name in self.sites.names:
            site = name
        elif name in self.admin_hosts:
            site = self.sites.default
        else:
            return MISDIRECTED
        if raw.startswith(b"/admin") and raw[6:7] in {b"", b"/"}:
            return None
        if len(raw) > LONGEST_ADDRESS:
            return TOO_LONG
        path = clean_path(raw)
        if path is None:
            return BAD_REQUEST
        if path.startswith("/static/"):
            return self.files.find(STATIC, path, encoding, now) or NOT_FOUND
        return self.files.find(site, path, encoding, now) if site else None

    async def give(self, reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a reply: whole, in parts, its headers alone, or 304 where the reader has it already."""
        is_read = scope["method"] == "GET"
        match = header(scope, b"if-none-match")
        if match and reply.status == 200 and is_same(match, reply.etag):
            self.note(reply, 304, scope)
            return await answer(send, 304, reply.unchanged)
        asked = None
        if is_read and reply.status == 200 and (wanted := header(scope, b"range")):
            condition = header(scope, b"if-range")
            asked = ranges(wanted, reply.length) if not condition or condition == reply.etag else None
        if asked == []:
            return await self.say(send, scope, NOT_SATISFIABLE, [(b"content-range", b"bytes */%d" % reply.length)])
        if not is_read:
            return await answer(send, reply.status, reply.headers)
        status, headers, segments = partial(reply, asked) if asked else (reply.status, reply.headers, [range(reply.length)])
        if reply.wire is not None:
            self.note(reply, status, scope)
            whole = memoryview(reply.wire)[reply.body_at :]
            pieces = [part if isinstance(part, bytes) else whole[part.start : part.stop] for part in segments]
            return await answer(send, status, headers, b"".join(pieces))
        if (file := open_same(reply)) is None:  # replaced or taken away just now
            reply.checked_at = -math.inf
            return await self(scope, receive, send)
        with file as opened:
            self.note(reply, status, scope)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            for segment in segments:
                await self.stream(segment, opened, send)
        return await send({"type": "http.response.body", "body": b""})

    async def stream(self, segment: bytes | range, opened: BinaryIO, send: Send) -> None:
        """Send bytes, or a range of an open file piece by piece; never more than announced, also when it has grown."""
        if isinstance(segment, bytes):
            return await send({"type": "http.response.body", "body": segment, "more_body": True})
        position = segment.start
        while position < segment.stop:
            size = min(PIECE, segment.stop - position)
            if not (piece := await asyncio.to_thread(os.pread, opened.fileno(), size, position)):
                raise OSError(f"{opened.name} was cut short while it was sent")
            position += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        return None

    def note(self, reply: Reply, status: int, scope: Scope) -> None:
        """Remember that a page was shown, whole or known already."""
        if status in {200, 304} and scope["method"] == "GET":
            self.note_visit(reply, status, header(scope, b"user-agent"), header(scope, b"referer"))

    def note_visit(self, reply: Reply, status: int, agent: bytes, referrer: bytes) -> None:
        """Remember a visit where the reply is a page, and visits are counted."""
        if reply.is_page and self.visits is not None:
            robot, host = is_robot(agent), referring_host(referrer)
            self.visits.note(reply.site, reply.path, status, is_robot=robot, referrer=host)

    async def say(self, send: Send, scope: Scope, said: Said, headers: Headers | None = None) -> None:
        """Answer with a status and one sentence as plain text."""
        body = said.sentence.encode()
        await answer(
            send,
            said.status,
            [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-cache"),
                *(headers or []),
                *self.protection,
            ],
            b"" if scope["method"] == "HEAD" else body,
        )

    async def hand_over(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer, without headers whose names hide behind an underscore."""
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        await self.django({**scope, "headers": headers}, receive, send)

    async def live(self, receive: Receive, send: Send) -> None:
        """Answer the server's start and stop; the last visits are written before it ends."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and self.visits is not None:
                self.visits.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


async def answer(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def open_same(reply: Reply) -> BinaryIO | None:
    """Open the file of a reply; returns None where it is no longer the one for which the headers were made."""
    try:
        opened = open_released(reply.file)
    except OSError:
        return None
    if signature_of(os.fstat(opened.fileno())) == reply.signature:
        return opened
    opened.close()
    return None


def header(scope: Scope, wanted: bytes) -> bytes:
    """Return a header of the request, b"" where it has none."""
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def partial(reply: Reply, asked: list[range]) -> tuple[int, Headers, list[bytes | range]]:
    """Return status, headers and what to send for some ranges of a reply; several come as multipart/byteranges."""
    kind = dict(reply.headers)[b"content-type"]
    positions = [b"bytes %d-%d/%d" % (part.start, part.stop - 1, reply.length) for part in asked]
    if len(asked) == 1:
        segments: list[bytes | range] = [asked[0]]
        added = [(b"content-range", positions[0])]
    else:
        boundary = secrets.token_hex(16).encode()
        segments = []
        for part, position in zip(asked, positions, strict=True):
            segments += [
                b"\r\n--%b\r\ncontent-type: %b\r\ncontent-range: %b\r\n\r\n" % (boundary, kind, position),
                part,
            ]
        segments.append(b"\r\n--%b--\r\n" % boundary)
        kind, added = b"multipart/byteranges; boundary=" + boundary, []
    length = str(sum(map(len, segments))).encode()
    kept = [pair for pair in reply.headers if pair[0] not in {b"content-type", b"content-length"}]
    return 206, [(b"content-type", kind), (b"content-length", length), *kept, *added], segments
