"""The public front: what it serves, what it refuses, what it hands to Django. No network: an ASGI client in this process."""

import asyncio
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest

from config import front as module
from config.front import Front, accepted, clean_path
from wangqun.publication.tree import write as publish

pytestmark = pytest.mark.req("PUB-6")


class Answer:
    """What came back for one request."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    @property
    def text(self) -> str:
        return self.body.decode()


async def django(scope: Any, receive: Any, send: Any) -> None:
    """Stands for Django: says which address and headers reached it."""
    seen = json.dumps({"path": scope["path"], "headers": sorted(name.decode() for name, _ in scope["headers"])})
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": seen.encode()})


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A release tree of two sites in a generation of its own, and static files."""
    generation = tmp_path / "release" / "0001"
    write(generation / "portal.localhost/index.html", "<h1>门户</h1>")
    write(generation / "zhengding.localhost/index.html", "<h1>正定</h1>")
    write(generation / "zhengding.localhost/news/1/index.html", "<p>稿件</p>")
    write(generation / "zhengding.localhost/news/2/gone.html", "<p>已撤下</p>")
    write(generation / "zhengding.localhost/news/1/表格.xlsx", b"PK")
    write(generation / "zhengding.localhost/feed.xml", "<rss/>")
    write(generation / "zhengding.localhost/.secret", "never")
    write(tmp_path / "outside.txt", "outside")
    write(tmp_path / "static/css/site.0123456789ab.css", "body{}")
    write(tmp_path / "static/css/site.css", "body{}")
    (tmp_path / "release" / "current").symlink_to("0001")
    write(tmp_path / "release/hosts.json", json.dumps({"default": "portal.localhost", "hosts": ["zhengding.localhost"]}))
    return generation


@pytest.fixture
def front(tree: Path) -> Front:
    return Front(
        django,
        release_root=tree.parent,
        static_root=tree.parent.parent / "static",
        admin_hosts={"127.0.0.1", "localhost"},
    )


Get = Callable[..., Answer]


@pytest.fixture
def get(front: Front) -> Get:
    """Ask the front for a raw path on a host."""

    def ask(path: str, host: str = "zhengding.localhost:8000", method: str = "GET", **headers: str) -> Answer:
        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "headers": [(b"host", host.encode())]
            + [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        asyncio.run(front(scope, receive, send))
        return Answer(messages)

    return ask


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the disk on every request."""
    monkeypatch.setattr(module, "RECHECK", 0.0)


def test_a_released_page_is_served_on_its_own_site(get: Get) -> None:
    answer = get("/news/1/")
    assert (answer.status, answer.text) == (200, "<p>稿件</p>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert get("/news/1/", host="portal.localhost").status == 299


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1"])
def test_the_plain_address_shows_the_portal(get: Get, host: str) -> None:
    assert get("/", host=host).text == "<h1>门户</h1>"


@pytest.mark.parametrize(
    "host", ["evil.example", "", "zhengding.localhost.evil", "portal localhost", "..", "portal.localhost/x"]
)
def test_an_unknown_host_is_misdirected_and_never_gets_the_default_site(get: Get, host: str) -> None:
    assert get("/", host=host).status == 421
    assert get("/admin/", host=host).status == 421


def test_two_host_headers_are_refused(front: Front) -> None:
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    headers = [(b"host", b"portal.localhost"), (b"host", b"zhengding.localhost")]
    scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers}
    asyncio.run(front(scope, None, send))  # type: ignore[arg-type]
    assert messages[0]["status"] == 421


def test_host_names_are_compared_without_case_port_and_closing_point(get: Get) -> None:
    assert get("/", host="ZhengDing.LocalHost.:80").text == "<h1>正定</h1>"


def test_a_withdrawn_page_is_gone(get: Get) -> None:
    answer = get("/news/2/")
    assert (answer.status, answer.text) == (410, "<p>已撤下</p>")


def test_a_page_withdrawn_while_it_is_in_memory_is_gone_at_once(get: Get, tree: Path, impatient: None) -> None:
    assert get("/news/1/").status == 200
    (tree / "zhengding.localhost/news/1/index.html").unlink()
    write(tree / "zhengding.localhost/news/1/gone.html", "已撤下")
    assert get("/news/1/").status == 410


def test_a_folder_without_its_slash_is_redirected_within_the_site(get: Get) -> None:
    answer = get("/news/1?page=2")
    assert (answer.status, answer.headers["location"]) == (301, "/news/1/?page=2")
    assert get("/news/2").headers["location"] == "/news/2/"
    assert get("/news/1/index.html").headers["location"] == "/news/1/"
    assert get("/nothing").status == 299


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/..",
        "//evil.example",
        "/news//1/",
        "/../outside.txt",
        "/news/../../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e%2f%2e%2e%2foutside.txt",
        "/news%2f1/",
        "/news%5c1/",
        "/news\\1/",
        "/.secret",
        "/%2esecret",
        "/news/1/%00",
        "/news/1/index.html%00.png",
        "/%ff",
        "/news/%0d%0aset-cookie:x",
        "/static/../../outside.txt",
        "/static/%2e%2e/outside.txt",
        "news",
        "*",
    ],
)
def test_a_path_that_no_file_can_have_is_refused(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status == 400
    assert "location" not in answer.headers
    assert "outside" not in answer.text


def test_a_path_is_decoded_only_once(get: Get) -> None:
    assert get("/%252e%252e/outside.txt").status == 299
    assert clean_path(b"/%252e%252e/a") == "/%2e%2e/a"


def test_a_symbolic_link_in_the_tree_is_not_followed(get: Get, tree: Path) -> None:
    (tree / "zhengding.localhost/leak.txt").symlink_to(tree.parent.parent / "outside.txt")
    assert get("/leak.txt").status == 299


def test_an_attachment_is_handed_over_to_be_saved(get: Get) -> None:
    answer = get("/news/1/%E8%A1%A8%E6%A0%BC.xlsx")
    assert answer.status == 200
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%E8%A1%A8%E6%A0%BC.xlsx"
    assert "content-disposition" not in get("/feed.xml").headers


def test_public_files_carry_strict_headers(get: Get) -> None:
    headers = get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]
    assert headers["permissions-policy"]
    assert "set-cookie" not in headers


def test_the_twin_that_the_reader_takes_is_chosen(get: Get, tree: Path) -> None:
    page = tree / "zhengding.localhost/index.html"
    write(page.with_name("index.html.gz"), gzip.compress(page.read_bytes()))
    write(page.with_name("index.html.br"), b"brotli")
    for name in ("index.html", "index.html.gz", "index.html.br"):
        os.utime(page.with_name(name), ns=(1, 1))
    best, second, plain = get("/", accept_encoding="gzip, deflate, br"), get("/", accept_encoding="gzip"), get("/")
    assert (best.headers["content-encoding"], best.body) == ("br", b"brotli")
    assert gzip.decompress(second.body) == page.read_bytes()
    assert "content-encoding" not in plain.headers
    assert {answer.headers["vary"] for answer in (best, second, plain)} == {"accept-encoding"}
    assert len({answer.headers["etag"] for answer in (best, second, plain)}) == 3
    assert get("/index.html.gz").status == 299


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_twin_of_another_time_than_its_page_is_not_shown(get: Get, tree: Path, difference: int) -> None:
    page = tree / "zhengding.localhost/index.html"
    other = page.stat().st_mtime_ns + difference
    os.utime(write(page.with_name("index.html.br"), b"of another text"), ns=(other, other))
    assert get("/", accept_encoding="br").text == "<h1>正定</h1>"


def test_what_publication_writes_is_served_compressed(get: Get, front: Front, tree: Path, settings, impatient: None) -> None:
    settings.RELEASE_ROOT = tree.parent
    for text in ("第一版" * 100, "第二版" * 100):
        publish("zhengding.localhost", "index.html", text.encode(), "text/html")
        answers = [get("/", accept_encoding=name) for name in ("br", "gzip", "")]
        assert [answer.headers.get("content-encoding") for answer in answers] == ["br", "gzip", None]
        unpacked = [brotli.decompress(answers[0].body), gzip.decompress(answers[1].body), answers[2].body]
        assert {body.decode() for body in unpacked} == {text}


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (b"", ""),
        (b"br;q=0, gzip", "gzip"),
        (b"gzip;q=0.5,br;q=0.1", "br"),
        (b"*", "br"),
        (b"identity", ""),
        (b"br;q=x", ""),
        (b"*;q=0", ""),
    ],
)
def test_accept_encoding_is_read_with_its_weights(header: bytes, chosen: str) -> None:
    assert accepted(header) == chosen


def test_an_unchanged_page_is_not_sent_again(get: Get) -> None:
    etag = get("/").headers["etag"]
    again = get("/", if_none_match=f'"other", W/{etag}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == etag
    assert get("/", if_none_match='"other"').status == 200


def test_a_changed_page_is_seen_after_a_fifth_of_a_second_at_most(get: Get, tree: Path, impatient: None) -> None:
    first = get("/").headers["etag"]
    page = tree / "zhengding.localhost/index.html"
    write(page.with_suffix(".new"), "<h1>新</h1>").rename(page)
    second = get("/")
    assert second.text == "<h1>新</h1>"
    assert second.headers["etag"] != first


def test_a_new_generation_is_seen(get: Get, tree: Path, impatient: None) -> None:
    assert get("/").text == "<h1>正定</h1>"
    write(tree.parent / "0002/zhengding.localhost/index.html", "第二代")
    (tree.parent / "next").symlink_to("0002")
    (tree.parent / "next").rename(tree.parent / "current")
    assert get("/").text == "第二代"


def test_hashed_static_files_may_be_kept_for_a_year_and_others_not(get: Get) -> None:
    assert "immutable" in get("/static/css/site.0123456789ab.css").headers["cache-control"]
    assert get("/static/css/site.css").headers["cache-control"] == "no-cache"
    assert get("/static/none.css").status == 404


def test_head_sends_the_headers_alone(get: Get) -> None:
    answer = get("/", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len("<h1>正定</h1>".encode())


def test_other_methods_on_a_released_file_are_refused(get: Get) -> None:
    answer = get("/", method="POST")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_back_office_and_what_is_not_released_go_to_django(get: Get) -> None:
    assert get("/admin/pages/").status == 299
    assert get("/admin/", host="127.0.0.1:8000").status == 299
    assert get("/nowhere/", method="POST").status == 299


def test_headers_with_an_underscore_do_not_reach_django(front: Front) -> None:
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    headers = [(b"host", b"portal.localhost"), (b"x_forwarded_proto", b"https")]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/admin/",
        "raw_path": b"/admin/",
        "query_string": b"",
        "headers": headers,
    }
    asyncio.run(front(scope, None, send))  # type: ignore[arg-type]
    assert json.loads(messages[1]["body"])["headers"] == ["host"]


def test_before_anything_is_released_only_the_admin_host_answers(get: Get, tree: Path, impatient: None) -> None:
    (tree.parent / "hosts.json").unlink()
    assert get("/", host="127.0.0.1").status == 299
    assert get("/").status == 421


def test_a_damaged_list_of_hosts_leaves_the_last_good_one_in_force(get: Get, tree: Path, impatient: None) -> None:
    assert get("/").status == 200
    write(tree.parent / "hosts.json", '{"hosts": [')
    assert get("/").status == 200


def test_a_large_file_is_sent_whole_and_not_kept(get: Get, front: Front, tree: Path) -> None:
    content = os.urandom(3 * 1024 * 1024)
    write(tree / "zhengding.localhost/large.pdf", content)
    assert get("/large.pdf").body == content
    assert front.memory.held == 0


def test_memory_is_bounded_and_drops_what_was_used_longest_ago(get: Get, front: Front, tree: Path) -> None:
    front.memory.limit = 2500
    for name in ("a", "b", "c"):
        write(tree / f"zhengding.localhost/{name}.txt", name * 1000)
        get(f"/{name}.txt")
    assert front.memory.held == 2000
    assert [Path(file).name for file, _ in front.memory.replies] == ["b.txt", "c.txt"]


def test_the_server_may_start_and_stop_it(front: Front) -> None:
    sent: list[str] = []
    asked = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, Any]:
        return {"type": next(asked)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(front({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
