"""Passes requests on to Django, which runs in processes of its own behind a socket that only this installation reaches.

A request is passed on when all of it has come, so that a slow sender never holds a process of Django. Each goes over a
connection of its own: opening one costs less than a twentieth of a millisecond, and none can be stale. What the outside says
about where a request came from is dropped; Django gets the address and the scheme that the front saw.
"""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import IO, Any

import httptools

Scope = MutableMapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = list[tuple[bytes, bytes]]

PIECE = 64 * 1024  # bytes
KEPT_IN_MEMORY = 1024 * 1024  # bytes of a request's body; a longer one is put into a file meanwhile
LARGEST_BODY = 64 * 1024 * 1024  # bytes
AT_ONCE = 64  # requests of one front process that Django is given at a time; others wait
PATIENCE_FOR_PLACE = 20.0  # seconds that a request waits for its turn
PATIENCE_FOR_START = 20.0  # seconds that Django may take to start
PATIENCE_FOR_ANSWER = 120.0  # seconds without a single byte
FOR_ONE_CONNECTION = {
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade", b"http2-settings", b"expect",
}  # fmt: skip
ABOUT_ORIGIN = {b"forwarded", b"x-real-ip", b"x-client-ip", b"true-client-ip", b"cf-connecting-ip", b"via"}


class Disconnected(Exception):
    """The reader went away before the request was whole."""


class TooLarge(Exception):
    """The body is longer than we take."""


class Unavailable(Exception):
    """Django does not answer."""


class Answer:
    """What httptools finds in the answer: status, headers, pieces of the body."""

    def __init__(self) -> None:
        self.headers: Headers = []
        self.pieces: list[bytes] = []
        self.has_headers = self.is_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.has_headers = True

    def on_body(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def on_message_complete(self) -> None:
        self.is_whole = True


class Django:
    """An ASGI application that lets the Django behind the socket file `address` answer.

    `is_behind_proxy` says that every request comes from a proxy of ours, so that the last X-Forwarded-For and
    X-Forwarded-Proto are its words.
    """

    def __init__(self, address: str, *, is_behind_proxy: bool = False) -> None:
        self.address, self.is_behind_proxy = address, is_behind_proxy
        self.places = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as body:
                length = await gather(scope, receive, body)
                body.seek(0)
                async with self.place():
                    await self.pass_on(scope, body, length, send)
        except Disconnected:
            return
        except TooLarge:
            await refuse(send, 413, "要上传的内容太大，最多 64 MB。")
        except Unavailable:
            await refuse(send, 503, "系统正忙，请稍后再试。")

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a turn; raises Unavailable after a while."""
        try:
            async with asyncio.timeout(PATIENCE_FOR_PLACE):
                await self.places.acquire()
        except TimeoutError:
            raise Unavailable from None
        try:
            yield
        finally:
            self.places.release()

    async def pass_on(self, scope: Scope, body: IO[bytes], length: int, send: Send) -> None:
        """Send the request to Django and its answer to the reader; raises Unavailable where Django gives none."""
        with await self.connect() as connection:
            # At the same time, because an answer may come without everything having been read.
            sending = asyncio.create_task(ask(connection, self.head(scope, length), body))
            try:
                await relay(connection, send, is_head=scope["method"] == "HEAD")
            finally:
                sending.cancel()
                with suppress(asyncio.CancelledError, OSError):
                    await sending

    async def connect(self) -> socket.socket:
        """Open a connection; waits while Django is still starting."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_FOR_START
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.setblocking(False)
            try:
                await loop.sock_connect(connection, self.address)
                return connection
            except OSError:
                connection.close()
                if loop.time() > until:
                    raise Unavailable from None
            await asyncio.sleep(0.1)

    def head(self, scope: Scope, length: int) -> bytes:
        """Return the request line and headers for Django."""
        given: Headers = scope["headers"]
        named = {word.strip().lower() for name, value in given if name == b"connection" for word in value.split(b",")}
        dropped = FOR_ONE_CONNECTION | ABOUT_ORIGIN | named | {b"content-length"}
        headers = [
            (name, value)
            for name, value in given
            if name not in dropped and not name.startswith(b"x-forwarded-") and b"_" not in name
        ]
        address, scheme = self.origin(scope)
        headers += [(b"connection", b"close"), (b"x-forwarded-for", address), (b"x-forwarded-proto", scheme)]
        if length or scope["method"] in {"POST", "PUT", "PATCH"}:
            headers.append((b"content-length", str(length).encode()))
        query = scope.get("query_string", b"")
        target = scope["raw_path"] + (b"?" + query if query else b"")
        lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
        return b"%b %b HTTP/1.1\r\n%b\r\n" % (scope["method"].encode(), target, lines)

    def origin(self, scope: Scope) -> tuple[bytes, bytes]:
        """Return address and scheme of the reader."""
        address = (scope["client"][0] if scope.get("client") else "").removeprefix("::ffff:").encode()
        scheme = scope.get("scheme", "http").encode()
        if self.is_behind_proxy:
            said = dict(scope["headers"])  # the last of several headers counts
            address = said.get(b"x-forwarded-for", b"").rpartition(b",")[2].strip() or address
            scheme = b"https" if said.get(b"x-forwarded-proto") == b"https" else b"http"
        return address, scheme


async def gather(scope: Scope, receive: Receive, body: IO[bytes]) -> int:
    """Put the whole body of a request into `body`; returns its length in bytes. Raises Disconnected, TooLarge."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > LARGEST_BODY:
        raise TooLarge
    length, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        length += len(message.get("body", b""))
        if length > LARGEST_BODY:
            raise TooLarge
        body.write(message.get("body", b""))
        is_more = message.get("more_body", False)
    return length


async def ask(connection: socket.socket, head: bytes, body: IO[bytes]) -> None:
    """Write the request, no faster than it is taken."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, head + body.read(PIECE))
    while piece := body.read(PIECE):
        await loop.sock_sendall(connection, piece)


async def relay(connection: socket.socket, send: Send, *, is_head: bool) -> None:
    """Send Django's answer on as it comes; raises Unavailable where none comes, ConnectionError where it breaks off."""
    loop, found = asyncio.get_running_loop(), Answer()
    parser = httptools.HttpResponseParser(found)
    is_begun = False
    while not (found.is_whole or (is_head and found.has_headers)):
        try:
            async with asyncio.timeout(PATIENCE_FOR_ANSWER):
                data = await loop.sock_recv(connection, PIECE)
            parser.feed_data(data)
        except (OSError, httptools.HttpParserError):
            data = b""
        if not data:
            if is_begun:
                raise ConnectionError("Django's answer broke off")
            raise Unavailable
        if found.has_headers and not is_begun:
            is_begun = True
            headers = [pair for pair in found.headers if pair[0] not in FOR_ONE_CONNECTION | {b"server", b"date"}]
            await send({"type": "http.response.start", "status": parser.get_status_code(), "headers": headers})
        if found.pieces and not is_head:
            piece = b"".join(found.pieces)
            found.pieces.clear()
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def refuse(send: Send, status: int, sentence: str) -> None:
    """Answer in one sentence, and close: what is left of the request is not wanted."""
    body = sentence.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
        *([(b"retry-after", b"5")] if status == 503 else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
