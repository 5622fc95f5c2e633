"""How the front passes requests on to Django: what Django gets, what the reader gets, and what neither of them gets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from config.front import django as module
from config.front.django import Django

pytestmark = [pytest.mark.sqlite, pytest.mark.req("SCA-2")]  # knows no database: once is enough

PAGE = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 4\r\n\r\npage"


class Behind:
    """A stand-in for Django's processes: keeps what came, answers with the bytes it is given."""

    def __init__(self, socket: Path, *answer: bytes) -> None:
        self.socket, self.answer = str(socket), answer
        self.requests: list[bytes] = []
        self.at_once = self.most_at_once = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"content-length: ")), 0)
        self.requests.append(head + await reader.readexactly(length))
        await self.may_answer.wait()
        for piece in self.answer:
            writer.write(piece)
            await writer.drain()
        self.at_once -= 1
        writer.close()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = await asyncio.start_unix_server(self.serve, self.socket)
        try:
            yield
        finally:
            server.close()


class Reader:
    """The reader's side: gives the body in pieces, keeps what is sent."""

    def __init__(self, *body: bytes, leaves: bool = False) -> None:
        self.body, self.leaves = list(body) or [b""], leaves
        self.messages: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if self.body:
            piece = self.body.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(self.body) or self.leaves}
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return self.messages[0]["headers"]

    @property
    def text(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def scope(method: str = "GET", path: bytes = b"/admin/", *headers: tuple[bytes, bytes], **more: Any) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "raw_path": path, "path": path.decode(), "query_string": b"", "scheme": "http",
        "client": ("203.0.113.7", 5000), "headers": [(b"host", b"a.localhost"), *headers], **more,
    }  # fmt: skip


@pytest.fixture
def behind(tmp_path: Path) -> Behind:
    return Behind(tmp_path / "s", PAGE)


Pass = Callable[..., Reader]


@pytest.fixture
def passed_on(behind: Behind) -> Pass:
    """Pass one request on; returns what the reader got."""

    def go(asked: dict[str, Any], *body: bytes, is_behind_proxy: bool = False, leaves: bool = False) -> Reader:
        async def run() -> Reader:
            reader = Reader(*body, leaves=leaves)
            async with behind.running():
                await Django(behind.socket, is_behind_proxy=is_behind_proxy)(asked, reader.receive, reader.send)
            return reader

        return asyncio.run(run())

    return go


def sent(behind: Behind) -> dict[str, list[str]]:
    """The headers that Django got."""
    head = behind.requests[0].partition(b"\r\n\r\n")[0].decode()
    found: dict[str, list[str]] = {}
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        found.setdefault(name, []).append(value)
    return found


def test_a_request_and_its_answer_pass_through(behind: Behind, passed_on: Pass) -> None:
    reader = passed_on(scope("POST", b"/admin/%E6%96%87/", (b"cookie", b"x=1"), query_string=b"q=%41&b"), b"ab", b"cd")
    assert behind.requests[0].startswith(b"POST /admin/%E6%96%87/?q=%41&b HTTP/1.1\r\nhost: a.localhost\r\ncookie: x=1\r\n")
    assert behind.requests[0].endswith(b"content-length: 4\r\n\r\nabcd")
    assert (reader.status, reader.text) == (200, b"page")
    assert [value for name, value in reader.headers if name == b"set-cookie"] == [b"a=1", b"b=2"]


def test_django_learns_the_address_that_the_front_saw_and_no_other(behind: Behind, passed_on: Pass) -> None:
    false = [(name, b"9.9.9.9") for name in (b"x-forwarded-for", b"x-real-ip", b"forwarded", b"x_forwarded_for", b"via")]
    passed_on(scope("GET", b"/", *false, (b"x-forwarded-proto", b"https"), (b"x-forwarded-host", b"evil.example")))
    headers = sent(behind)
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == (["203.0.113.7"], ["http"])
    assert "9.9.9.9" not in str(headers)
    assert "evil.example" not in str(headers)


@pytest.mark.parametrize(
    ("headers", "address", "scheme"),
    [
        ([], "203.0.113.7", "http"),
        ([(b"x-forwarded-for", b"9.9.9.9, 198.51.100.2"), (b"x-forwarded-proto", b"https")], "198.51.100.2", "https"),
        ([(b"x-forwarded-for", b"9.9.9.9"), (b"x-forwarded-for", b"198.51.100.2")], "198.51.100.2", "http"),
        ([(b"x-forwarded-proto", b"https, http")], "203.0.113.7", "http"),
    ],
)
def test_behind_a_proxy_of_ours_its_last_word_counts(
    behind: Behind, passed_on: Pass, headers: list[tuple[bytes, bytes]], address: str, scheme: str
) -> None:
    passed_on(scope("GET", b"/", *headers), is_behind_proxy=True)
    assert sent(behind)["x-forwarded-for"] == [address]
    assert sent(behind)["x-forwarded-proto"] == [scheme]


def test_an_ipv4_address_is_written_as_one(behind: Behind, passed_on: Pass) -> None:
    passed_on(scope(client=("::ffff:203.0.113.7", 1)))
    assert sent(behind)["x-forwarded-for"] == ["203.0.113.7"]


def test_headers_for_one_connection_stay_there(behind: Behind, passed_on: Pass) -> None:
    behind.answer = (
        b"HTTP/1.1 200 OK\r\nserver: granian\r\ndate: today\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        b"4\r\npage\r\n0\r\n\r\n",
    )
    reader = passed_on(
        scope("GET", b"/", (b"connection", b"close, X-Secret"), (b"x-secret", b"1"), (b"te", b"trailers"), (b"upgrade", b"h2c"))
    )
    assert sent(behind).keys() == {"host", "connection", "x-forwarded-for", "x-forwarded-proto"}
    assert (reader.headers, reader.text) == ([], b"page")


def test_django_sees_a_body_only_when_it_is_whole_and_knows_its_length(behind: Behind, passed_on: Pass) -> None:
    large = b"x" * 3_000_000
    passed_on(scope("POST", b"/", (b"transfer-encoding", b"chunked")), large, b"end")
    assert sent(behind)["content-length"] == ["3000003"]
    assert behind.requests[0].endswith(b"xxxend")


def test_a_sender_who_leaves_halfway_never_reaches_django(behind: Behind, passed_on: Pass) -> None:
    reader = passed_on(scope("POST", b"/", (b"content-length", b"10")), b"abc", leaves=True)
    assert behind.requests == []
    assert reader.messages == []


@pytest.mark.parametrize("declared", [b"99", b"99999999999999999999", b"-1", b"abc"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    behind: Behind, passed_on: Pass, monkeypatch: pytest.MonkeyPatch, declared: bytes
) -> None:
    monkeypatch.setattr(module, "LARGEST_BODY", 50)
    assert passed_on(scope("POST", b"/", (b"content-length", declared)), b"x").status == 413
    assert behind.requests == []


def test_a_body_of_unknown_length_that_becomes_too_large_is_refused(
    behind: Behind, passed_on: Pass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_BODY", 50)
    reader = passed_on(scope("POST", b"/", (b"transfer-encoding", b"chunked")), b"x" * 40, b"x" * 40)
    assert (reader.status, dict(reader.headers)[b"connection"]) == (413, b"close")


def test_head_gets_the_headers_alone(behind: Behind, passed_on: Pass) -> None:
    behind.answer = (PAGE.removesuffix(b"page"),)
    reader = passed_on(scope("HEAD", b"/"))
    assert (reader.status, reader.text) == (200, b"")
    assert (b"content-length", b"4") in reader.headers


def test_answers_without_a_body_end_with_their_headers(behind: Behind, passed_on: Pass) -> None:
    behind.answer = (b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n",)
    assert passed_on(scope()).status == 304


def test_a_long_answer_is_sent_on_as_it_comes(behind: Behind, passed_on: Pass) -> None:
    behind.answer = (b"HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\n\r\n", *[b"x" * 50_000] * 100)
    reader = passed_on(scope())
    assert len(reader.text) == 5_000_000
    assert max(len(message.get("body", b"")) for message in reader.messages) <= module.PIECE


def test_an_answer_that_breaks_off_is_an_error_and_never_a_short_answer(behind: Behind, passed_on: Pass) -> None:
    behind.answer = (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",)
    with pytest.raises(ConnectionError):
        passed_on(scope())


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nconte"])
def test_no_proper_answer_is_told_in_a_sentence(behind: Behind, passed_on: Pass, answer: bytes) -> None:
    behind.answer = (answer,)
    reader = passed_on(scope())
    assert (reader.status, dict(reader.headers)[b"retry-after"]) == (503, b"5")
    assert reader.text.decode() == "系统正忙，请稍后再试。"


def test_an_answer_that_comes_before_the_body_was_read_is_sent_on(tmp_path: Path) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno")
        await writer.drain()
        writer.close()

    async def run() -> Reader:
        reader = Reader(b"x" * 5_000_000)
        async with await asyncio.start_unix_server(refuse, str(tmp_path / "s")):
            await Django(str(tmp_path / "s"))(scope("POST", b"/"), reader.receive, reader.send)
        return reader

    assert asyncio.run(run()).status == 403


def test_requests_wait_while_django_starts_and_not_for_ever(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> tuple[Reader, Reader]:
        early, late = Reader(), Reader()
        django = Django(behind.socket)
        waiting = asyncio.create_task(django(scope(), early.receive, early.send))
        await asyncio.sleep(0)
        async with behind.running():
            await waiting
        Path(behind.socket).unlink(missing_ok=True)
        monkeypatch.setattr(module, "PATIENCE_FOR_START", 0.0)
        await django(scope(), late.receive, late.send)
        return early, late

    early, late = asyncio.run(run())
    assert (early.status, late.status) == (200, 503)


def test_only_so_many_requests_are_given_to_django_at_once(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)

    async def run(patience: float) -> list[int]:
        monkeypatch.setattr(module, "PATIENCE_FOR_PLACE", patience)
        behind.may_answer = asyncio.Event()
        readers = [Reader() for _ in range(9)]
        django = Django(behind.socket)
        async with behind.running():
            tasks: list[Awaitable[None]] = [asyncio.create_task(django(scope(), each.receive, each.send)) for each in readers]
            while behind.at_once < 3 or (patience == 0 and sum(bool(each.messages) for each in readers) < 6):
                await asyncio.sleep(0)
            behind.may_answer.set()
            await asyncio.gather(*tasks)
        return sorted(each.status for each in readers)

    assert asyncio.run(run(30.0)) == [200] * 9
    assert asyncio.run(run(0.0)) == [200] * 3 + [503] * 6
    assert behind.most_at_once == 3


def test_django_believes_the_front_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a socket file there is no address of a peer: only the front can come that way."""
    from config import wsgi

    monkeypatch.setattr(wsgi, "django", lambda environ, start: [environ["REMOTE_ADDR"].encode()])
    start = lambda status, headers: None  # noqa: E731
    said = {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}
    assert wsgi.application({"REMOTE_ADDR": "", **said}, start) == [b"203.0.113.7"]
    assert wsgi.application({**said}, start) == [b"203.0.113.7"]
    assert wsgi.application({"HTTP_X_FORWARDED_FOR": "9.9.9.9, 203.0.113.7"}, start) == [b"203.0.113.7"]
    assert wsgi.application({"REMOTE_ADDR": ""}, start) == [b""]
    assert wsgi.application({"REMOTE_ADDR": "198.51.100.1", **said}, start) == [b"198.51.100.1"]
    assert wsgi.application({"REMOTE_ADDR": "::1", **said}, start) == [b"::1"]
