"""The short cut: most requests are answered in the server's protocol class, before there is an ASGI request at all.

What is not plain (ranges, bodies, other methods, large files, addresses of Django) takes uvicorn's usual way to
`Front.__call__`; both ask `Front.look_up`. Also here, because uvicorn has none of it: the largest head, the most
connections, and an end to connections that do not move.
"""

import asyncio
import logging
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from config.front.addresses import accepted, is_same
from config.front.app import BAD_REQUEST, LONGEST_ADDRESS, TOO_LONG, Front, Said
from config.front.files import Headers, Reply, on_the_wire

LARGEST_HEAD = 32 * 1024  # bytes
LARGEST_HEARD = 1024 * 1024  # bytes thrown away after a refusal
MOST_CONNECTIONS = 4000  # of one process
PATIENCE_IDLE = 15.0  # seconds without a whole request
PATIENCE_MOVING = 30.0  # seconds in which a body or an answer must move by LEAST_MOVED
LEAST_MOVED = 16 * 1024  # bytes
NOT_PLAIN = frozenset({b"content-length", b"transfer-encoding", b"range", b"if-range", b"upgrade", b"expect"})
HEAD_TOO_LARGE = Said(431, "请求的标头太大。")

log = logging.getLogger("wangqun.front")


class StatusLines:
    """Status lines with the date, which uvicorn makes anew each second."""

    def __init__(self) -> None:
        self.dated: Headers = []
        self.lines: dict[int, bytes] = {}

    def find(self, status: int, dated: Headers) -> bytes:
        if dated is not self.dated:
            self.dated, self.lines = dated, {}
        line = self.lines.get(status)
        if line is None:
            line = self.lines[status] = STATUS_LINE[status] + on_the_wire(dated)[:-2]
        return line


status_lines = StatusLines()


class FrontProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.front = cast(Front, self.app)
        self.is_answered = False  # the request that is being read has its answer already
        self.is_deaf, self.heard = False, 0  # refused: what still comes is not read; bytes of it
        self.is_reading_head = False
        self.head_size, self.chunk = 0, 0  # bytes of a head that came in earlier pieces; bytes of the newest piece
        self.since = self.loop.time()  # when the connection last did what it is for
        self.moved, self.left = 0, 0  # bytes since then; bytes waiting to be sent, at the last look

    @property
    def is_busy(self) -> bool:
        """Return whether a request on uvicorn's usual way is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def answer_at_once(self) -> bool:
        """Answer from memory if that can be done; returns whether it was."""
        if self.is_busy or self.flow.write_paused or not self.parser.should_keep_alive():
            return False
        method, headers = self.parser.get_method(), dict(self.headers)
        if (
            method not in {b"GET", b"HEAD"}
            or len(headers) != len(self.headers)
            or not NOT_PLAIN.isdisjoint(headers)
            or self.parser.get_http_version() != "1.1"
        ):
            return False
        encoding = accepted(headers.get(b"accept-encoding", b""))
        reply = self.front.look_up(headers.get(b"host", b""), self.url.partition(b"?")[0], encoding)
        if not isinstance(reply, Reply) or reply.wire is None:
            return False
        status, wire = reply.status, reply.wire
        match = headers.get(b"if-none-match")
        if match and status == 200 and is_same(match, reply.etag):
            status, wire = 304, reply.unchanged_wire
        elif method == b"HEAD":
            wire = wire[: reply.body_at]
        self.transport.writelines((status_lines.find(status, self.server_state.default_headers), wire))
        self.since, self.moved = self.loop.time(), 0
        if method == b"GET":
            self.front.note_visit(reply, status, headers.get(b"user-agent", b""), headers.get(b"referer", b""))
        return True

    def refuse(self, said: Said) -> None:
        """Answer in one sentence and end; without a word where an earlier request is not answered yet.

        What still comes is read and thrown away for a while: closing at once would take the answer away from the reader.
        """
        self.is_answered = self.is_deaf = True
        if self.is_busy:
            self.transport.close()
        else:
            body = said.sentence.encode()
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
            wire = on_the_wire([*headers, (b"connection", b"close"), *self.front.protection]) + body
            self.transport.writelines((status_lines.find(said.status, self.server_state.default_headers), wire))
            self.transport.write_eof()

    # What the server and the parser call

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.is_deaf:
            self.heard += len(data)
            return self.transport.close() if self.heard > LARGEST_HEARD else None
        before, self.chunk = self.headers if self.is_reading_head else None, len(data)
        super().data_received(data)
        if self.is_reading_head and before is self.headers:  # each request gets a list of its own
            self.head_size += len(data)
            if self.head_size > LARGEST_HEAD and not self.is_deaf:
                self.refuse(TOO_LONG if len(self.url) > LONGEST_ADDRESS else HEAD_TOO_LARGE)
        return None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.is_reading_head, self.is_answered, self.head_size = True, False, 0

    def on_headers_complete(self) -> None:
        self.is_reading_head = False
        if self.is_deaf or self.transport.is_closing():
            self.is_answered = True
        elif len(self.url) > LONGEST_ADDRESS:
            self.refuse(TOO_LONG)
        elif self.head_size + self.chunk > LARGEST_HEAD < sum(len(name) + len(value) + 4 for name, value in self.headers):
            self.refuse(HEAD_TOO_LARGE)
        else:
            try:
                self.is_answered = self.answer_at_once()
            except Exception:  # the parser would call it a bad request
                log.exception("the short cut failed for %r", self.url)
            if not self.is_answered:
                super().on_headers_complete()
                if self.parser.should_upgrade():  # nothing else can be read from this connection
                    self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        if not self.is_answered:
            self.moved += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.is_answered:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self.since, self.moved = self.loop.time(), 0
        super().on_response_complete()

    def resume_writing(self) -> None:
        self.moved += LEAST_MOVED
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        self.refuse(BAD_REQUEST)

    # Connections that do not move

    def end_if_stuck(self, now: float) -> None:
        """Close the connection where it has not moved for too long; `now` is the loop's time in seconds."""
        left = self.transport.get_write_buffer_size()
        self.moved += max(self.left - left, 0)
        self.left = left
        is_django_at_work = self.is_busy and not left and not self.cycle.more_body
        if self.moved >= LEAST_MOVED or is_django_at_work:
            self.since, self.moved = now, 0
        elif now - self.since > (PATIENCE_MOVING if left or self.is_busy else PATIENCE_IDLE):
            self.transport.abort()
