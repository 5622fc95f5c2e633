"""The front over real connections: uvicorn, uvloop and our protocol class in a thread, asked in raw bytes."""

import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from config.front import protocol as module
from config.front import serve
from config.front.app import Front
from config.front.visits import Visits
from tests.release_tree import make, write

pytestmark = [pytest.mark.sqlite, pytest.mark.req("PUB-6", "SCA-2")]  # knows no database: once is enough

HOST = b"Host: zhengding.localhost\r\n"
CLOSE = b"Connection: close\r\n"


async def django(scope: Any, receive: Any, send: Any) -> None:
    """Stands for Django: reads the body and says what it saw."""
    length, is_more = 0, True
    while is_more:
        message = await receive()
        length, is_more = length + len(message.get("body", b"")), message.get("more_body", False)
    body = json.dumps({"path": scope["path"], "method": scope["method"], "length": length}).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 299, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Answer:
    """One answer as it came over the wire."""

    def __init__(self, head: bytes, body: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        self.body = body


def answers(data: bytes, *, bodiless: int = 0) -> list[Answer]:
    """Take the answers of one connection apart; the first `bodiless` of them are to HEAD."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        length = int((re.search(rb"(?i)content-length: (\d+)", head) or [0, 0])[1])
        if len(found) < bodiless or head.startswith((b"HTTP/1.1 304", b"HTTP/1.1 100")):
            length = 0
        assert len(data) >= length, "an answer was cut short"
        found.append(Answer(head, data[:length]))
        data = data[length:]
    return found


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make(tmp_path)


@pytest.fixture
def visits(tmp_path: Path) -> Visits:
    return Visits(tmp_path / "visits/access.log")


Stop = Callable[[], None]


@pytest.fixture
def started(tree: Path, visits: Visits) -> Iterator[tuple[int, Stop]]:
    """The port of a front that serves the tree, and how to stop it."""
    static = tree.parent.parent / "static"
    front = Front(django, release_root=tree.parent, static_root=static, admin_hosts={"127.0.0.1"}, visits=visits)
    listening = serve.listen("127.0.0.1", 0)
    listening.listen()
    server = serve.server(front)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive()

    yield listening.getsockname()[1], stop
    stop()


@pytest.fixture
def port(started: tuple[int, Stop]) -> int:
    return started[0]


@pytest.fixture
def stop(started: tuple[int, Stop]) -> Stop:
    return started[1]


Connect = Callable[[], socket.socket]


@pytest.fixture
def connect(port: int) -> Iterator[Connect]:
    """Open a connection; all are closed at the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))


Ask = Callable[..., list[Answer]]


@pytest.fixture
def ask(connect: Connect) -> Ask:
    """Send raw pieces over one connection and return all answers until the front closes it."""

    def send(*pieces: bytes, bodiless: int = 0) -> list[Answer]:
        connection = connect()
        for piece in pieces:
            connection.sendall(piece)
        return answers(read_all(connection), bodiless=bodiless)

    return send


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def get(path: bytes, *headers: bytes, method: bytes = b"GET", host: bytes = HOST) -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\n" + host + b"".join(headers) + b"\r\n"


def test_a_page_comes_with_date_length_and_strict_headers(ask: Ask) -> None:
    [answer] = ask(get(b"/news/1/", CLOSE))
    assert (answer.status, answer.body.decode()) == (200, "<p>稿件</p>")
    assert answer.headers["date"].endswith("GMT")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_the_short_cut_and_the_usual_way_give_the_same_answer(ask: Ask) -> None:
    """Connection: close and an odd header twice take the usual way."""
    for request in (b"/", b"/news/2/", b"/feed.xml", b"/static/css/site.css"):
        quick, usual = ask(get(request), get(request, CLOSE))
        assert (quick.status, quick.body) == (usual.status, usual.body)
        usual.headers.pop("connection")
        assert quick.headers.keys() == usual.headers.keys()
        assert {k: v for k, v in quick.headers.items() if k != "date"} == {
            k: v for k, v in usual.headers.items() if k != "date"
        }


def test_a_connection_serves_many_requests_in_their_order(ask: Ask) -> None:
    """Quick ones and slow ones, sent all at once."""
    requests = [get(b"/"), get(b"/nowhere/"), get(b"/news/1/"), get(b"/nowhere/2/"), get(b"/feed.xml", b"Range: bytes=0-1\r\n")]
    found = ask(b"".join(requests * 20) + get(b"/feed.xml", CLOSE))
    assert [answer.status for answer in found] == [200, 299, 200, 299, 206] * 20 + [200]
    assert found[2].body.decode() == "<p>稿件</p>"
    assert json.loads(found[3].body)["path"] == "/nowhere/2/"


def test_a_request_may_come_byte_by_byte(ask: Ask) -> None:
    request = get(b"/news/1/", CLOSE)
    [answer] = ask(*(request[at : at + 1] for at in range(len(request))))
    assert answer.status == 200


def test_head_sends_no_body(ask: Ask) -> None:
    head, page = ask(get(b"/", method=b"HEAD"), get(b"/", CLOSE), bodiless=1)
    assert head.headers["content-length"] == page.headers["content-length"]


def test_an_unchanged_page_is_not_sent_again(ask: Ask) -> None:
    etag = ask(get(b"/", CLOSE))[0].headers["etag"].encode()
    quick, usual = ask(get(b"/", b'If-None-Match: "a", W/' + etag + b"\r\n"), get(b"/", b"If-None-Match: *\r\n", CLOSE))
    assert (quick.status, usual.status) == (304, 304)
    assert quick.headers["etag"].encode() == etag
    assert "content-length" not in quick.headers


@pytest.mark.parametrize("host", [b"Host: evil.example\r\n", b"", b"Host: \r\n", b"Host: zhengding.localhost\r\nHost: x\r\n"])
def test_an_unknown_host_learns_nothing(ask: Ask, host: bytes) -> None:
    for path in (b"/", b"/news/2/", b"/admin/", b"/nowhere/", b"/static/css/site.css", b"/.."):
        [answer] = ask(get(path, CLOSE, host=host))
        assert (answer.status, answer.body.decode()) == (421, "本机没有这个网站。")


@pytest.mark.parametrize(
    "path",
    [
        b"/../outside.txt", b"/%2e%2e/outside.txt", b"/%2E%2E%2Foutside.txt", b"/..%5coutside.txt", b"/news/..;/outside.txt/..",
        b"/%00", b"/index.html%00.png", b"//outside.txt", b"/news/./1/", b"/%c0%ae%c0%ae/outside.txt", b"/%ff", b"/%0d%0aa:b",
    ],
)  # fmt: skip
def test_a_path_that_no_file_can_have_is_refused(ask: Ask, path: bytes) -> None:
    [answer] = ask(get(path, CLOSE))
    assert answer.status == 400
    assert b"outside" not in answer.body


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /\xe6\xad\xa3 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : zhengding.localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b" folded: 1\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\n" + b"Host: zhengding.localhost\n\n",
        b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_proper_http_is_refused_and_the_connection_closed(ask: Ask, request_bytes: bytes) -> None:
    [answer] = ask(request_bytes)
    assert (answer.status, answer.headers["connection"]) == (400, "close")


def test_nothing_after_a_refused_request_is_answered(ask: Ask) -> None:
    """Otherwise two servers in a row could differ about where a request ends."""
    assert [answer.status for answer in ask(b"GET /\x00 HTTP/1.1\r\n\r\n" + get(b"/"))] == [400]
    assert [answer.status for answer in ask(get(b"/", CLOSE) + get(b"/news/1/"))] == [200]
    body = b"POST /nowhere/ HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Length: 5\r\n\r\n" + get(b"/")
    assert [answer.status for answer in ask(body)] == [299]


def test_a_body_is_no_request(ask: Ask) -> None:
    hidden = get(b"/news/1/")
    post = b"POST /nowhere/ HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden
    chunked = (
        b"POST /nowhere/ HTTP/1.1\r\n"
        + HOST
        + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(hidden), hidden)
    )
    bodied = b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden
    found = ask(post + chunked + bodied + get(b"/feed.xml", CLOSE))
    assert [answer.status for answer in found] == [299, 299, 200, 200]
    assert [json.loads(answer.body)["length"] for answer in found[:2]] == [len(hidden)] * 2


def test_an_address_that_is_too_long_is_refused(ask: Ask) -> None:
    assert [answer.status for answer in ask(get(b"/" + b"a" * 9000))] == [414]
    assert [answer.status for answer in ask(b"GET /" + b"a" * 300_000, b"b" * 40_000)] == [414]
    assert [answer.status for answer in ask(get(b"/" + b"a" * 8000, CLOSE))] == [400]


def test_headers_that_are_too_large_are_refused_also_if_they_never_end(ask: Ask) -> None:
    assert [answer.status for answer in ask(get(b"/", b"X: " + b"a" * 40_000 + b"\r\n"))] == [431]
    assert [answer.status for answer in ask(get(b"/", b"X: a\r\n" * 8000))] == [431]
    assert [answer.status for answer in ask(b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000, b"a" * 40_000)] == [431]


def test_many_requests_in_one_piece_are_no_large_head(ask: Ask) -> None:
    found = ask(get(b"/", b"X: " + b"a" * 20_000 + b"\r\n") * 20 + get(b"/", CLOSE))
    assert [answer.status for answer in found] == [200] * 21


def test_http_1_0_is_understood(ask: Ask) -> None:
    [answer] = ask(b"GET / HTTP/1.0\r\n" + HOST + b"\r\n")
    assert (answer.status, answer.body.decode()) == (200, "<h1>正定</h1>")


def test_a_wish_for_another_protocol_is_answered_in_this_one(ask: Ask) -> None:
    wish = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    [answer] = ask(get(b"/", wish))
    assert (answer.status, answer.body.decode()) == (200, "<h1>正定</h1>")


def test_other_methods_and_a_wish_to_continue(ask: Ask) -> None:
    post = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc"
    waiting = b"POST /nowhere/ HTTP/1.1\r\n" + HOST + CLOSE + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
    assert [answer.status for answer in ask(post + waiting)] in ([405, 299], [405, 100, 299])


def test_a_large_file_and_a_part_of_it_come_whole(ask: Ask, tree: Path) -> None:
    content = bytes(range(256)) * 12_000
    write(tree / "zhengding.localhost/large.zip", content)
    whole, part = ask(get(b"/large.zip"), get(b"/large.zip", b"Range: bytes=-1000000\r\n", CLOSE))
    assert whole.body == content
    assert (part.status, part.body) == (206, content[-1_000_000:])


def test_the_twin_that_the_reader_takes_is_sent(ask: Ask, tree: Path) -> None:
    page = tree / "zhengding.localhost/index.html"
    for path in (page, write(page.with_name("index.html.br"), b"brotli")):
        os.utime(path, ns=(1, 1))
    quick, odd = ask(get(b"/", b"Accept-Encoding: gzip, br\r\n"), get(b"/", b"Accept-Encoding: \xff;;q=\r\n", CLOSE))
    assert (quick.headers["content-encoding"], quick.body) == ("br", b"brotli")
    assert odd.body.decode() == "<h1>正定</h1>"


# Slow clients


def test_twenty_slow_readers_and_twenty_slow_senders_stop_nobody(connect: Connect, ask: Ask, tree: Path) -> None:
    write(tree / "zhengding.localhost/large.zip", b"x" * 20_000_000)
    write(tree / "zhengding.localhost/kept.pdf", b"x" * 2_000_000)
    for _ in range(20):
        reading = connect()
        reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reading.sendall(get(b"/large.zip") + get(b"/kept.pdf") * 100)
        connect().sendall(b"GET / HTTP/1.1\r\n")
        connect().sendall(b"POST /nowhere/ HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nabc")
    found = ask(get(b"/") + get(b"/nowhere/") + get(b"/news/1/", CLOSE))
    assert [answer.status for answer in found] == [200, 299, 200]


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HTTP/1.1\r\n", b"POST /nowhere/ HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n", get(b"/") + b"GET"],
)
def test_a_client_that_never_ends_its_request_is_cut_off(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(module, "PATIENCE_IDLE", 0.1)
    monkeypatch.setattr(module, "PATIENCE_MOVING", 0.1)
    connection = connect()
    connection.sendall(begun)
    with suppress(ConnectionResetError):
        read_all(connection)  # ends when the front closes


def test_there_are_only_so_many_connections(connect: Connect, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    first = connect()
    first.sendall(get(b"/"))
    assert first.recv(65536).startswith(b"HTTP/1.1 200")
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 1)
    with suppress(ConnectionResetError):  # or closed without a word, where our words came later than the refusal
        assert ask(get(b"/")) == []
    first.sendall(get(b"/"))
    assert first.recv(65536).startswith(b"HTTP/1.1 200")


class Still:
    """A transport whose reader takes what the test says."""

    def __init__(self) -> None:
        self.waiting, self.is_ended = 0, False

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.is_ended = True


@pytest.fixture
def moving(tree: Path) -> Callable[..., bool]:
    """Say whether a connection is ended whose buffer has these sizes at looks ten seconds apart."""

    def look(*sizes: int, is_busy: bool = False, is_sending: bool = False) -> bool:
        connection = module.FrontProtocol.__new__(module.FrontProtocol)
        connection.transport = transport = Still()  # type: ignore[assignment]
        connection.since, connection.moved, connection.left = 0.0, 0, 0
        connection.cycle = type("Cycle", (), {"response_complete": not is_busy, "more_body": is_sending})() if is_busy else None
        for number, size in enumerate(sizes, 1):
            transport.waiting = size
            connection.end_if_stuck(number * 10.0)
        return transport.is_ended

    return look


def test_a_reader_who_takes_nothing_for_half_a_minute_is_given_up(moving: Callable[..., bool]) -> None:
    assert moving(900_000, 900_000, 900_000, 900_000)
    assert moving(900_000, 899_000, 898_000, 897_000)


def test_a_slow_reader_who_does_take_something_is_not_given_up(moving: Callable[..., bool]) -> None:
    assert not moving(*range(900_000, 0, -20_000))


def test_a_request_that_django_is_working_on_is_not_given_up(moving: Callable[..., bool]) -> None:
    assert not moving(*[0] * 30, is_busy=True)
    assert moving(*[0] * 30, is_busy=True, is_sending=True)


def test_a_connection_without_a_request_is_closed_after_a_quarter_of_a_minute(moving: Callable[..., bool]) -> None:
    assert not moving(0)
    assert moving(0, 0)


# Visits


def test_each_page_shown_is_noted_once_and_nothing_that_tells_who_read_it(ask: Ask, visits: Visits) -> None:
    person, robot = b"User-Agent: Mozilla/5.0 (CUBOT)\r\n", b"User-Agent: Baiduspider/2.0\r\n"
    [page] = ask(get(b"/?a=1", person, b"Referer: https://u:p@www.sjz.gov.cn:8443/x?y=z\r\n", CLOSE))
    known = b"If-None-Match: " + page.headers["etag"].encode() + b"\r\n"
    ask(get(b"/news/1/", robot) + get(b"/", known, person) + get(b"/", known, person, CLOSE))
    visits.flush()
    lines = [line.split("\t") for line in visits.path.read_text().splitlines()]
    assert [line[1:] for line in lines] == [
        ["zhengding.localhost", "/", "200", "0", "www.sjz.gov.cn"],
        ["zhengding.localhost", "/news/1/", "200", "1", "-"],
        ["zhengding.localhost", "/", "304", "0", "-"],
        ["zhengding.localhost", "/", "304", "0", "-"],
    ]
    assert all(datetime.fromisoformat(line[0]).utcoffset() for line in lines)


def test_what_is_no_page_shown_is_not_noted(ask: Ask, visits: Visits) -> None:
    ask(get(b"/", method=b"HEAD"), get(b"/", CLOSE, method=b"HEAD"), bodiless=2)
    others = (b"/news/2/", b"/news/1", b"/feed.xml", b"/static/css/site.css", b"/nowhere/", b"/admin/", b"/..")
    ask(*(get(path) for path in others), get(b"/", b"Range: bytes=0-1\r\n", CLOSE))
    ask(get(b"/", CLOSE, host=b"Host: evil.example\r\n"))
    visits.flush()
    assert not visits.path.exists()


def test_the_last_visits_are_written_before_the_front_ends(tree: Path, visits: Visits, port: int, ask: Ask, stop: Stop) -> None:
    ask(get(b"/") * 50 + get(b"/", CLOSE))
    stop()
    assert len(visits.path.read_text().splitlines()) == 51
