"""The front in production: a real nginx with the configuration we generate, a small release tree, a tiny program behind it.

Most promises are checked against config/front as well: nginx and our own front answer alike.
"""

import asyncio
import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest

from config.front import addresses, app, files
from tools import nginx as real
from tools.postgresql import free_port
from tools.system import ROOT
from wangqun.websites import nginx

pytestmark = [pytest.mark.sqlite, pytest.mark.req("SCA-2")]  # knows no database: once is enough

TEMPLATE = (ROOT / "deploy" / "nginx" / "wangqun.conf.template").read_text(encoding="utf-8")
IS_STRICT = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
SITE = "zhengding.localhost"
PAGE = "<!doctype html><title>正定</title>" + "<p>石家庄市商务局关于做好申报工作的通知</p>" * 200
DEBIAN = "sendfile on; tcp_nopush on; types_hash_max_size 2048; gzip on; ssl_prefer_server_ciphers on; access_log off;"
"""What Debian's nginx.conf says inside `http { }` before it includes ours."""


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def read(connection: socket.socket, method: str = "GET") -> Answer:
    """Read one answer from a connection."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    return Answer(response.status, headers, response.read())


def ask(
    port: int, path: str, host: str = SITE, method: str = "GET", *, source: str = "127.0.0.1", body: bytes = b"",
    secure: str = "", **headers: str,
) -> Answer:  # fmt: skip
    """Ask for a path exactly as it is written; `source` is the reader's address, `secure` the name in the TLS greeting."""
    lines = {"Host": host, "Connection": "close", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body:
        lines["Content-Length"] = str(len(body))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)) as plain:
        connection = plain
        if secure:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = context.wrap_socket(plain, server_hostname=secure)
        connection.sendall(head.encode("latin-1") + body)
        return read(connection, method)


class Program(BaseHTTPRequestHandler):
    """Stands for the program: says what reached it."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "length": len(body),
        }
        content = json.dumps(seen).encode()
        self.send_response(299)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "private, no-store")
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


def write(path: Path, content: str | bytes, *, with_twins: bool = False) -> Path:
    """Put a file in place as publication does: written aside, renamed, the twins before it and of its time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    parts = {".gz": gzip.compress(data), ".br": brotli.compress(data, quality=4)} if with_twins else {}
    aside = path.parent / "aside.new"
    for suffix, part in {**parts, "": data}.items():
        aside.write_bytes(part)
        os.utime(aside, ns=(1_760_000_000_000_000_000, 1_760_000_000_000_000_000 + len(data)))
        aside.replace(f"{path}{suffix}")
    return path


@dataclass
class World:
    """A release tree and what serves it."""

    folder: Path
    setup: nginx.Setup
    port: int = 0

    @property
    def tree(self) -> Path:
        return self.folder / "release/trees" / SITE / "1"

    def ask(self, path: str, host: str = SITE, method: str = "GET", **more: Any) -> Answer:
        return ask(self.port, path, host, method, **more)

    def visits(self) -> list[list[str]]:
        return [line.split("\t") for line in (self.folder / "visits/access.log").read_text().splitlines()]


def make_world(folder: Path, upstream: str) -> World:
    """Write a release tree as publication does: a generation of links to trees."""
    world = World(
        folder,
        nginx.Setup(
            domain="localhost",
            admin_host="admin.localhost",
            release_root=folder / "release",
            static_root=folder / "static",
            hosts_file=folder / "hosts.map",
            visits_log=folder / "visits/access.log",
            upstream=upstream,
            public_scheme="http",
            access_log=str(folder / "public.log"),
            admin_log=str(folder / "admin.log"),
            has_brotli=real.brotli_module() is not None,
        ),
    )
    write(world.tree / "index.html", PAGE, with_twins=True)
    for name in ("zh-hant/index.html", "en/news/1/index.html", "news/1/index.html", "news/index.html"):
        write(world.tree / name, f"<p>{name}</p>", with_twins=True)
    write(world.tree / "news/2/gone.html", "<p>已撤下</p>" * 50, with_twins=True)
    write(world.tree / "withdrawn.xml/gone.html", "<p>已撤下</p>")
    write(world.tree / "news/1/表格.xlsx", b"PK" * 5000)
    write(world.tree / "news/1/picture.png", b"\x89PNG" * 5000)
    write(world.tree / "feed.xml", "<rss/>", with_twins=True)
    write(world.tree / ".secret", "never")
    write(world.tree / "half.html.new", "half")
    write(folder / "outside.txt", "outside")
    write(folder / "release/trees/portal.localhost/4/index.html", "<h1>门户</h1>", with_twins=True)
    write(folder / "release/trees/paused.localhost/1/index.html", "暂停前的内容")
    write(folder / "release/trees/building.localhost/1/index.html", "尚未开通的内容")
    generation = folder / "release/generations/7"
    generation.mkdir(parents=True)
    for host, number in ((SITE, 1), ("portal.localhost", 4), ("paused.localhost", 1), ("building.localhost", 1)):
        (generation / host).symlink_to(f"../../trees/{host}/{number}")
    (folder / "release/current").symlink_to("generations/7")
    states = [(SITE, "open"), ("portal.localhost", "open"), ("paused.localhost", "suspended"), ("shut.localhost", "closed")]
    (folder / "hosts.map").write_text(nginx.hosts_map(states))
    (folder / "release/hosts.json").write_text(json.dumps({"default": "portal.localhost", "hosts": [SITE]}))
    write(folder / "static/css/site.0123456789ab.css", "body{}" * 500)
    write(folder / "static/css/site.css", "body{}", with_twins=True)
    (folder / "visits").mkdir()
    return world


def start(world: World, stack: ExitStack, name: str = "nginx", **changes: Any) -> World:
    """Run nginx over a tree; `changes` are those of its setup."""
    port = free_port()
    runtime = world.folder / name
    runtime.mkdir()
    setup = replace(world.setup, **{"listen": (f"127.0.0.1:{port}",), **changes})
    inside = nginx.configuration(setup, TEMPLATE)
    stack.enter_context(real.running(runtime, real.whole(runtime, inside, http=DEBIAN)))
    return replace(world, setup=setup, port=port)


@pytest.fixture(scope="module")
def installed() -> None:
    """Nothing is left out in silence: where there is no nginx this fails under CI, and says so elsewhere."""
    if not real.find() or not shutil.which("openssl"):
        lacking(real.MISSING)


def lacking(sentence: str) -> None:
    """Fail under CI, leave the test out with a word about it elsewhere."""
    (pytest.fail if IS_STRICT else pytest.skip)(sentence)


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Program) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def web(installed: None, upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Plain HTTP, for all tests of this file together; tests that change the tree use addresses of their own."""
    with ExitStack() as stack:
        yield start(make_world(tmp_path_factory.mktemp("web"), upstream), stack)


@pytest.fixture(scope="module")
def secure(installed: None, upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """TLS with a certificate of our own; `port` is that of https, the plain one stands in `listen`."""
    folder = tmp_path_factory.mktemp("secure")
    world = make_world(folder, upstream)
    names = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"), "-subj", "/CN=localhost"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", *names],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    with ExitStack() as stack:
        started = start(
            world,
            stack,
            listen_tls=(f"127.0.0.1:{port}",),
            certificate=str(folder / "certificate.pem"),
            key=str(folder / "key.pem"),
            public_scheme="https",
            strict_transport=31_536_000,
        )
        yield replace(started, port=port)


Twin = Callable[..., Answer]


@pytest.fixture(scope="module")
def front(web: World) -> Twin:
    """Ask config/front over the same tree; what it hands to Django comes back with 299."""

    async def program(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    served = app.Front(program, release_root=web.folder / "release", static_root=web.folder / "static", admin_hosts=())

    def get(path: str, host: str = SITE, method: str = "GET", **headers: str) -> Answer:
        raw, _, query = path.partition("?")
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        scope = {
            "type": "http",
            "method": method,
            "path": raw,
            "raw_path": raw.encode("latin-1"),
            "query_string": query.encode(),
            "headers": [(b"host", host.encode())]
            + [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        asyncio.run(served(scope, receive, send))
        sent = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        return Answer(messages[0]["status"], sent, b"".join(message.get("body", b"") for message in messages[1:]))

    return get


COMPARED = (
    "content-type", "content-encoding", "content-disposition", "cache-control", "location", "allow",
    *(name.decode() for name, _ in files.PROTECTION),
)  # fmt: skip


def alike(one: Answer, other: Answer) -> None:
    """Hold two answers together: status, the headers that matter, body. What the program answers is its own affair."""
    assert one.status == other.status
    if one.status == 299:
        return
    names = COMPARED[1:] if one.status == 301 else COMPARED  # nginx adds a few words to a redirect
    assert {name: one.headers.get(name) for name in names} == {name: other.headers.get(name) for name in names}
    assert one.status == 301 or one.body == other.body


# -- what is served ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["", "gzip", "gzip, deflate, br", "br;q=0, gzip", "gzip;q=0", "identity", "nonsense;;q=x"])
@pytest.mark.parametrize(
    "path",
    [
        "/", "/news/", "/news/1/", "/zh-hant/", "/en/news/1/", "/feed.xml", "/static/css/site.css", "/news/1/picture.png",
        "/news/1/%E8%A1%A8%E6%A0%BC.xlsx", "/?a=b", "/n%65ws/1/", "/news/2/", "/news/2/attachment.pdf", "/withdrawn.xml",
    ],
)  # fmt: skip
def test_files_are_served_as_by_our_own_front(web: World, front: Twin, path: str, encoding: str) -> None:
    if "br" in encoding and not web.setup.has_brotli:
        lacking("没有 nginx 的 brotli 模块：apt-get install libnginx-mod-http-brotli-static")
    served = web.ask(path, accept_encoding=encoding)
    assert served.status in {200, 410}
    alike(served, front(path, accept_encoding=encoding))


@pytest.mark.parametrize(
    "path",
    [
        "/news", "/news?page=2", "/news/1", "/news/2", "/zh-hant", "/news/1/index.html", "/index.html?a=b", "/gone.html",
        "/news/2/gone.html", "/index.html.gz", "/index.html.br", "/feed.xml.gz", "/half.html.new", "/nothing", "/nothing/",
        "/nothing.xml", "/nothing/index.html", "/News/", "/static/none.css", "/static/css/site.0123456789ab.css",
        "/search/?q=%E5%95%86%E5%8A%A1", "/zh-hant/search/", "/en/live/visits/1/", "/news/1/index.html/", "/feed.xml/",
    ],
)  # fmt: skip
def test_other_addresses_are_answered_as_by_our_own_front(web: World, front: Twin, path: str) -> None:
    alike(web.ask(path, source="127.0.1.1"), front(path))


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/..", "//evil.example", "/news//1/", "/../outside.txt", "/news/../../../outside.txt", "/./news/",
        "/%2e%2e/outside.txt", "/..%2foutside.txt", "/%2e%2e%2f%2e%2e%2foutside.txt", "/news%2f1/", "/news%5c1/",
        "/news\\1/", "/.secret", "/%2esecret", "/news/1/%00", "/news/1/index.html%00.png", "/news/%0d%0aset-cookie:x",
        "/static/../../outside.txt", "/static/%2e%2e/outside.txt", "/static/.secret", "/%252f/", "news", "*",
    ],
)  # fmt: skip
@pytest.mark.req("PUB-6")
def test_a_path_that_no_file_can_have_is_refused(web: World, front: Twin, path: str) -> None:
    answer = web.ask(path)
    assert answer.status == front(path).status == 400
    assert "location" not in answer.headers
    assert b"outside" not in answer.body
    assert b"never" not in answer.body


def test_an_over_long_address_is_refused_and_the_next_one_answered(web: World) -> None:
    assert web.ask("/" + "a" * 9000).status == 414
    assert web.ask("/" + "a" * 7000 + "/", source="127.0.1.2").status == 299
    assert web.ask("/").status == 200


def test_every_answer_about_files_carries_the_headers_of_our_own_front(web: World) -> None:
    wanted = {name.decode(): value.decode() for name, value in files.PROTECTION}
    for path, host, method in (
        ("/", SITE, "GET"), ("/news", SITE, "GET"), ("/news/2/", SITE, "GET"), ("/feed.xml", SITE, "GET"),
        ("/static/css/site.css", SITE, "GET"), ("/static/no.css", SITE, "GET"), ("/.secret", SITE, "GET"),
        ("/", SITE, "POST"), ("/", "unknown.example", "GET"), ("/admin/", SITE, "GET"), ("/", "shut.localhost", "GET"),
    ):  # fmt: skip
        answer = web.ask(path, host, method)
        assert {name: answer.headers.get(name) for name in wanted} == wanted, path
        assert answer.headers["server"] == "nginx"
        assert "set-cookie" not in answer.headers


def test_generator_and_front_say_the_same() -> None:
    assert {name.lower().encode(): value.encode() for name, value in nginx.PROTECTION.items()} == dict(files.PROTECTION)
    assert {f".{ending}": kind for ending, kind in nginx.SHOWN.items()} == files.TYPES
    assert nginx.TEXTUAL == files.TEXTUAL
    assert addresses.ROBOT.pattern.decode() == nginx.ROBOTS
    sentences = (app.BAD_REQUEST, app.NOT_FOUND, app.NOT_ALLOWED, app.MISDIRECTED, app.NOT_SATISFIABLE)
    assert [said.sentence for said in sentences] == [
        nginx.BAD_REQUEST,
        nginx.NOT_FOUND,
        nginx.NOT_ALLOWED,
        nginx.MISDIRECTED,
        nginx.NOT_SATISFIABLE,
    ]


def test_the_twin_that_the_reader_takes_is_sent(web: World) -> None:
    plain, packed = web.ask("/"), web.ask("/", accept_encoding="gzip")
    assert gzip.decompress(packed.body).decode() == plain.text == PAGE
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != packed.headers["etag"]
    if web.setup.has_brotli:
        assert brotli.decompress(web.ask("/", accept_encoding="br, gzip").body).decode() == PAGE


def test_head_sends_the_headers_alone(web: World) -> None:
    answer = web.ask("/", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len(PAGE.encode())


def test_a_part_of_a_file_is_sent_where_it_is_asked_for(web: World) -> None:
    part = web.ask("/news/1/picture.png", range="bytes=1-3")
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"PNG", "bytes 1-3/20000")
    assert web.ask("/news/1/picture.png", range="bytes=99999-").status == 416
    assert len(web.ask("/news/1/picture.png", range="bytes=1-3", if_range='"other"').body) == 20000


def test_an_unchanged_page_is_not_sent_again(web: World) -> None:
    for encoding in ("", "gzip"):
        etag = web.ask("/", accept_encoding=encoding).headers["etag"]
        again = web.ask("/", accept_encoding=encoding, if_none_match=f'"other", {etag}')
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
        assert web.ask("/", accept_encoding=encoding, if_none_match='"other"').status == 200


def test_pages_are_asked_for_again_and_hashed_static_files_kept_for_a_year(web: World) -> None:
    assert web.ask("/").headers["cache-control"] == "no-cache"
    assert web.ask("/static/css/site.css").headers["cache-control"] == "no-cache"
    assert web.ask("/static/css/site.0123456789ab.css").headers["cache-control"] == "public, max-age=31536000, immutable"


def test_static_files_without_twins_are_compressed_on_the_way(web: World) -> None:
    answer = web.ask("/static/css/site.0123456789ab.css", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b"body{}" * 500


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_on_a_released_file_are_refused(web: World, method: str) -> None:
    for path in ("/", "/feed.xml", "/static/css/site.css"):
        answer = web.ask(path, method=method, body=b"x")
        assert (answer.status, answer.headers["allow"], answer.text) == (405, "GET, HEAD", nginx.NOT_ALLOWED)


# -- sites -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost", "building.localhost", "a.zhengding.localhost", "_"])
def test_a_host_that_is_not_registered_is_misdirected_and_told_nothing(web: World, host: str) -> None:
    for path in ("/", "/admin/", "/static/css/site.css", "/search/", "/.secret"):
        answer = web.ask(path, host)
        assert (answer.status, answer.text) == (421, nginx.MISDIRECTED)


@pytest.mark.parametrize("host", ["", "..", "zhengding.localhost/x", "zhengding localhost", "zhengding.localhost/../x"])
def test_an_odd_host_gets_nothing(web: World, host: str) -> None:
    assert web.ask("/", host).status in {400, 421}


def test_two_hosts_are_refused(web: World) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {SITE}\r\nHost: portal.localhost\r\n\r\n".encode())
        assert read(connection).status == 400


def test_without_a_host_nothing_is_told(web: World) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert read(connection).status == 421


def test_host_names_are_compared_without_case_port_and_closing_point(web: World) -> None:
    for host in ("ZhengDing.LocalHost", "zhengding.localhost:80", "zhengding.localhost."):
        assert web.ask("/", host).text == PAGE


def test_each_site_shows_its_own_tree(web: World) -> None:
    assert web.ask("/", "portal.localhost").text == "<h1>门户</h1>"
    assert web.ask("/news/1/", "portal.localhost", source="127.0.1.3").status == 299


def test_a_suspended_site_says_so_and_a_closed_one_is_gone(web: World) -> None:
    paused, closed = web.ask("/", "paused.localhost"), web.ask("/", "shut.localhost")
    assert (paused.status, paused.text) == (503, nginx.SUSPENDED)
    assert (closed.status, closed.text) == (410, nginx.CLOSED)
    assert web.ask("/search/", "paused.localhost").status == 503


def test_the_back_office_is_not_to_be_found_on_a_public_site(web: World) -> None:
    for path in ("/admin", "/admin/", "/admin/login/", "/admin/pages/", "/%61dmin/"):
        assert web.ask(path).status == 404


def test_the_back_office_has_a_host_of_its_own(web: World) -> None:
    assert web.ask("/", "admin.localhost").headers["location"] == "/admin/"
    answer = web.ask("/admin/pages/?p=1", "admin.localhost")
    assert (answer.status, json.loads(answer.text)["path"]) == (299, "/admin/pages/?p=1")
    assert web.ask("/static/css/site.css", "admin.localhost").status == 200
    assert web.ask("/news/", "admin.localhost").status == 404


# -- change ------------------------------------------------------------------------------------------------------------


def soon(question: Callable[[], bool], within: float) -> float:
    """Wait until the answer is yes; returns how many seconds that took, fails after `within` seconds."""
    started = time.monotonic()
    while not question():
        assert time.monotonic() - started < within
        time.sleep(0.02)
    return time.monotonic() - started


@pytest.mark.req("PUB-6")
def test_what_is_new_is_seen_at_once_and_what_changed_or_was_withdrawn_after_a_second_at_most(web: World) -> None:
    page, other = web.tree / "new/1/index.html", web.tree / "new/2/index.html"
    assert web.ask("/new/1/", source="127.0.1.4").status == 299
    for path in (page, other):
        write(path, "<p>第一版</p>", with_twins=True)
    assert {web.ask(f"/new/{number}/", accept_encoding=name).status for number in (1, 2) for name in ("", "gzip", "br")} == {
        200
    }
    write(page, "<p>第二版，改正了一处</p>", with_twins=True)
    write(other.with_name("gone.html"), "已撤下")
    for suffix in ("", ".gz", ".br"):
        Path(f"{other}{suffix}").unlink()

    def is_seen() -> bool:
        answers = [web.ask("/new/1/", accept_encoding=name) for name in ("", "gzip")]
        return answers[0].text == gzip.decompress(answers[1].body).decode() == "<p>第二版，改正了一处</p>"

    def is_gone() -> bool:
        return {web.ask("/new/2/", accept_encoding=name).status for name in ("", "gzip", "br")} == {410}

    soon(lambda: is_seen() and is_gone(), 1.3)


def test_a_new_generation_is_seen_after_a_second_at_most(web: World) -> None:
    write(web.folder / "release/trees/portal.localhost/5/index.html", "<h1>第二代</h1>", with_twins=True)
    links = web.folder / "release/generations/8"
    shutil.copytree(web.folder / "release/generations/7", links, symlinks=True)
    (links / "portal.localhost").unlink()
    (links / "portal.localhost").symlink_to("../../trees/portal.localhost/5")
    assert web.ask("/", "portal.localhost").text == "<h1>门户</h1>"
    try:
        (web.folder / "release/next").symlink_to("generations/8")
        (web.folder / "release/next").rename(web.folder / "release/current")
        soon(lambda: web.ask("/", "portal.localhost").text == "<h1>第二代</h1>", 1.3)
    finally:
        (web.folder / "release/next").symlink_to("generations/7")
        (web.folder / "release/next").rename(web.folder / "release/current")
        soon(lambda: web.ask("/", "portal.localhost").text == "<h1>门户</h1>", 1.3)


def test_a_site_that_is_opened_is_served_after_nginx_was_told(installed: None, upstream: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        web = start(make_world(tmp_path, upstream), stack)
        assert web.ask("/", "building.localhost").status == 421
        web.setup.hosts_file.write_text(nginx.hosts_map([("building.localhost", "open")]))
        os.kill(int((tmp_path / "nginx/nginx.pid").read_text()), signal.SIGHUP)
        soon(lambda: (web.ask("/", "building.localhost").status, web.ask("/").status) == (200, 421), 3)


@pytest.mark.req("SEC-1")
def test_nginx_itself_may_refuse_links_below_a_site(installed: None, upstream: str, tmp_path: Path) -> None:
    world = make_world(tmp_path, upstream)
    (world.tree / "leak.txt").symlink_to(tmp_path / "outside.txt")
    (world.tree / "leak").symlink_to(tmp_path)
    with ExitStack() as stack:
        web = start(world, stack, refuses_links=True)
        assert web.ask("/").text == PAGE  # the links of the tree itself, current and the sites, are followed
        assert web.ask("/leak.txt").status == web.ask("/leak/outside.txt").status == 299


# -- the program behind ------------------------------------------------------------------------------------------------


def seen(answer: Answer) -> dict[str, Any]:
    """Return what the program saw."""
    assert answer.status == 299
    return json.loads(answer.body)


def test_the_program_is_told_who_asks_by_nginx_alone(web: World) -> None:
    lies = {
        "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "1.2.3.4", "Forwarded": "for=1.2.3.4", "Proxy": "evil:80", "X_Forwarded_For": "1.2.3.4",
    }  # fmt: skip
    headers = seen(web.ask("/search/", source="127.0.2.1", **lies))["headers"]
    assert headers["x-forwarded-for"] == "127.0.2.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["host"] == f"{SITE}:{web.port}"
    assert "1.2.3.4" not in json.dumps(headers)
    assert "evil" not in json.dumps(headers)


def test_the_address_goes_to_the_program_as_it_was_sent(web: World) -> None:
    for path in ("/search/?q=%22%00&x=%2e%2e//", "/search/%252e%252e/x", "/nowhere/%E5%95%86/?a=%2F", "/nowhere%20x/"):
        assert seen(web.ask(path, source="127.0.2.2"))["path"] == path


def test_what_the_program_answers_keeps_its_own_headers_and_is_kept_by_nobody(web: World) -> None:
    answer = web.ask("/search/", source="127.0.2.3")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_form_reaches_the_program_and_one_too_large_does_not(web: World) -> None:
    assert seen(web.ask("/letters/", method="POST", body=b"x" * 1000, source="127.0.2.4"))["length"] == 1000
    answer = web.ask("/letters/", method="POST", source="127.0.2.4", Content_Length=str(2 * 1024 * 1024))
    assert (answer.status, answer.text) == (413, nginx.TOO_LARGE)
    upload = b"x" * (2 * 1024 * 1024)
    assert seen(web.ask("/admin/images/", "admin.localhost", "POST", body=upload))["length"] == len(upload)


@pytest.mark.parametrize(
    ("path", "host", "method", "allowed"),
    [
        ("/search/suggestions/", SITE, "GET", 21),
        ("/zh-hant/search/", SITE, "GET", 21),
        ("/letters/", SITE, "POST", 11),
        ("/nowhere/", SITE, "GET", 41),
        ("/admin/login/", "admin.localhost", "POST", 6),
    ],
)
def test_who_asks_the_program_too_often_is_told_to_wait(web: World, path: str, host: str, method: str, allowed: int) -> None:
    source = f"127.0.3.{allowed}" if path != "/zh-hant/search/" else "127.0.3.99"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: web.ask(path, host, method, source=source), range(allowed + 15)))
    passed, refused = [answer for answer in answers if answer.status == 299], [one for one in answers if one.status == 429]
    assert len(passed) + len(refused) == len(answers)
    assert allowed <= len(passed) < len(answers)
    assert (refused[0].text, refused[0].headers["retry-after"]) == (nginx.TOO_MANY, "10")
    assert refused[0].headers["content-type"] == "text/plain; charset=utf-8"
    assert web.ask("/", source=source).status == 200  # files are not limited
    assert web.ask(path, host, method, source="127.0.3.200").status == 299  # nor are others


def test_looking_at_the_sign_in_form_is_not_limited(web: World) -> None:
    answers = [web.ask("/admin/login/", "admin.localhost", source="127.0.3.201").status for _ in range(20)]
    assert set(answers) == {299}


def test_public_files_are_served_while_the_program_is_away(installed: None, tmp_path: Path) -> None:
    with ExitStack() as stack:
        web = start(make_world(tmp_path, f"127.0.0.1:{free_port()}"), stack)
        assert web.ask("/").status == 200
        assert web.ask("/news/1").status == 301
        assert web.ask("/news/2/").status == 410
        away = web.ask("/search/")
        assert (away.status, away.text, away.headers["retry-after"]) == (503, nginx.AWAY, "60")


def test_twenty_slow_clients_do_not_slow_the_others(web: World) -> None:
    with ExitStack() as stack:
        for number in range(20):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", web.port), timeout=10))
            head = f"GET / HTTP/1.1\r\nHost: {SITE}\r\n" if number % 2 else f"POST /letters/ HTTP/1.1\r\nHost: {SITE}\r\n"
            slow.sendall(head.encode() + (b"" if number % 2 else b"Content-Length: 1000\r\n\r\nx"))
        started = time.monotonic()
        for _ in range(50):
            assert web.ask("/").status == 200
        assert seen(web.ask("/search/", source="127.0.2.5"))["path"] == "/search/"
        assert time.monotonic() - started < 1.0


def test_patience_with_slow_clients_ends() -> None:
    inside = nginx.configuration(example(), TEMPLATE)
    for name, longest in (("client_header_timeout", 10), ("client_body_timeout", 15), ("send_timeout", 15)):
        found = [int(value) for value in re.findall(rf"{name} (\d+)s;", inside)]
        assert found
        assert max(found) <= longest


# -- visits ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("ASM-5")
def test_a_visit_is_one_line_that_tells_nothing_of_the_reader(installed: None, upstream: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        web = start(make_world(tmp_path, upstream), stack)
        browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Cookie": "secret=1", "source": "127.0.4.1"}
        etag = web.ask("/news/1/?from=me", Referer="https://www.gov.cn/search?q=secret", **browser).headers["etag"]
        web.ask("/", "portal.localhost", accept_encoding="gzip", user_agent="Baiduspider/2.0")
        web.ask("/news/1/", if_none_match=etag, Referer="https://user:word@Example.CN:8443/x", **browser)
        web.ask("/zh-hant/", Referer="javascript:alert(1)\t", user_agent="")
        web.ask("/news/", method="HEAD", **browser)
        for path in (
            "/news/2/",
            "/news",
            "/feed.xml",
            "/static/css/site.css",
            "/nowhere/",
            "/search/",
            "/.secret",
            "/index.html",
        ):
            web.ask(path, **browser)
        web.ask("/news/", method="POST", **browser)
        web.ask("/", "unknown.example", **browser)
        soon(lambda: len(web.visits()) >= 4, 3)
        os.kill(int((tmp_path / "nginx/nginx.pid").read_text()), signal.SIGUSR1)  # writes what is still held back
        soon((tmp_path / "visits/access.log").exists, 3)
        lines = web.visits()
    assert [line[1:] for line in lines] == [
        [SITE, "/news/1/", "200", "0", "www.gov.cn"],
        ["portal.localhost", "/", "200", "1", "-"],
        [SITE, "/news/1/", "304", "0", "Example.CN"],
        [SITE, "/zh-hant/", "200", "1", "-"],
    ]
    assert all(datetime.fromisoformat(line[0]).tzinfo for line in lines)
    written = (tmp_path / "visits/access.log").read_text()
    assert not any(word in written for word in ("127.0.4.1", "secret", "Mozilla", "from=me", "user"))


@pytest.mark.req("ASM-5")
def test_the_log_of_visits_may_be_renamed_and_no_visit_is_lost(installed: None, upstream: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        web = start(make_world(tmp_path, upstream), stack)
        log = tmp_path / "visits/access.log"
        web.ask("/news/")
        log.rename(log.with_name("access-1.log"))
        web.ask("/news/1/")
        os.kill(int((tmp_path / "nginx/nginx.pid").read_text()), signal.SIGUSR1)
        soon(log.exists, 3)
        web.ask("/zh-hant/")
    paths = [
        [line.split("\t")[2] for line in (tmp_path / "visits" / name).read_text().splitlines()]
        for name in ("access-1.log", "access.log")
    ]
    assert sum(paths, []) == ["/news/", "/news/1/", "/zh-hant/"]
    assert paths[0][0] == "/news/"


@pytest.mark.req("ASM-5")
@pytest.mark.parametrize(
    "agent", ["Mozilla/5.0 (Linux; CUBOT X18)", "Mozilla/5.0 (iPhone)", "Googlebot/2.1", "curl/8.0", "YisouSpider"]
)
def test_robots_are_known_as_by_our_own_front(agent: str) -> None:
    assert bool(re.search(nginx.ROBOTS, agent, re.IGNORECASE)) == addresses.is_robot(agent.encode())


# -- TLS ---------------------------------------------------------------------------------------------------------------


def test_pages_are_served_over_tls_with_strict_transport(secure: World) -> None:
    answer = secure.ask("/", secure=SITE)
    assert (answer.status, answer.text) == (200, PAGE)
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    headers = seen(secure.ask("/search/", secure=SITE, X_Forwarded_Proto="http"))["headers"]
    assert headers["x-forwarded-proto"] == "https"


def test_plain_http_leads_to_https_and_unknown_hosts_nowhere(secure: World) -> None:
    port = int(secure.setup.listen[0].rpartition(":")[2])
    for host in (SITE, "admin.localhost"):
        answer = ask(port, "/news/1/?a=b", host)
        assert (answer.status, answer.headers["location"]) == (301, f"https://{host}:{secure.port}/news/1/?a=b")
    for host in ("evil.example", "building.localhost", "paused.localhost.evil"):
        assert ask(port, "/", host).status == 421


def test_an_unknown_name_is_not_even_shown_a_certificate(secure: World) -> None:
    with pytest.raises(ssl.SSLError):
        secure.ask("/", "evil.example", secure="evil.example")
    assert secure.ask("/", "evil.example", secure=SITE).status == 421


def test_old_versions_of_tls_are_refused(secure: World) -> None:
    inside = nginx.configuration(secure.setup, TEMPLATE)
    assert set(re.findall(r"ssl_protocols (.+);", inside)) == {"TLSv1.2 TLSv1.3"}
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with socket.create_connection(("127.0.0.1", secure.port)) as plain, context.wrap_socket(plain, server_hostname=SITE) as one:
        assert one.version() == "TLSv1.3"


# -- the generator -----------------------------------------------------------------------------------------------------


def example(**changes: Any) -> nginx.Setup:
    """An installation as the documents describe it."""
    data = Path("/var/lib/wangqun")
    setup = nginx.Setup(
        "sjz.gov.cn",
        "admin.sjz.gov.cn",
        data / "release",
        data / "static",
        data / "nginx/hosts.map",
        data / "visits/access.log",
    )
    return replace(setup, **changes)


@pytest.mark.parametrize("has_brotli", [False, True])
@pytest.mark.parametrize("has_logs", [False, True])
def test_every_form_of_the_configuration_is_taken_by_nginx_without_a_word(
    installed: None, upstream: str, tmp_path: Path, has_brotli: bool, has_logs: bool
) -> None:
    if has_brotli and not real.brotli_module():
        lacking("没有 nginx 的 brotli 模块：apt-get install libnginx-mod-http-brotli-static")
    setup = replace(
        make_world(tmp_path, upstream).setup,
        listen=(f"127.0.0.1:{free_port()}", f"[::]:{free_port()}"),
        upstream="unix:/run/wangqun/django.sock",
        has_brotli=has_brotli,
        access_log=str(tmp_path / "a.log") if has_logs else "",
        admin_log="",
        trusted_proxies=("10.0.0.0/8", "fd00::/8"),
        admin_networks=("10.1.0.0/16", "192.168.0.0/16"),
    )
    inside = nginx.configuration(setup, TEMPLATE)
    (tmp_path / "nginx.conf").write_text(real.whole(tmp_path, inside, http=DEBIAN))
    assert real.complaint(tmp_path) == ""
    assert ("brotli" in inside) == has_brotli
    assert "{{" not in inside
    assert "{%" not in inside


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "sjz.gov.cn; }"}, {"admin_host": ""}, {"release_root": Path("relative")}, {"upstream": "a b"},
        {"static_root": Path("/a b")}, {"visits_log": Path("/a;b")}, {"certificate": "/a.pem"}, {"admin_networks": ("10/8;",)},
        {"trusted_proxies": ("nowhere",)}, {"listen": ("80; }",)}, {"languages": ("en/..",)},
    ],
)  # fmt: skip
def test_nothing_odd_gets_into_the_configuration(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="。"):
        nginx.configuration(example(**changes), TEMPLATE)


def test_the_list_of_sites_holds_names_and_states_only() -> None:
    assert nginx.hosts_map([("b.cn", "open"), ("a.cn", "closed")]) == '"a.cn" closed;\n"b.cn" open;\n'
    for odd in (("a.cn; include /etc/passwd", "open"), ("", "open"), ("a.cn", "building"), ('a"b', "open"), ("-a", "open")):
        with pytest.raises(ValueError, match="not a site"):
            nginx.hosts_map([odd])


def test_the_true_address_of_a_reader_is_told_by_trusted_machines_only(installed: None, upstream: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        web = start(make_world(tmp_path, upstream), stack, trusted_proxies=("127.0.5.0/24",))
        told = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
        assert seen(web.ask("/search/", source="127.0.5.1", **told))["headers"]["x-forwarded-for"] == "203.0.113.9"
        assert seen(web.ask("/search/", source="127.0.6.1", **told))["headers"]["x-forwarded-for"] == "127.0.6.1"


def test_the_back_office_may_be_closed_to_the_outside(installed: None, upstream: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        web = start(make_world(tmp_path, upstream), stack, admin_networks=("127.0.5.0/24",))
        assert web.ask("/admin/", "admin.localhost", source="127.0.5.1").status == 299
        assert web.ask("/admin/", "admin.localhost", source="127.0.6.1").status == 403
        assert web.ask("/", source="127.0.6.1").status == 200
