"""The public front: what it serves, what it refuses, what it hands to Django. No network: an ASGI client in this process."""

import asyncio
import gzip
import json
import os
import unicodedata
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import quote

import brotli
import pytest

from config.front import files as module
from config.front.addresses import accepted, clean_path
from config.front.app import Front
from tests.release_tree import make, replace, show, write
from wangqun.publication import tree as publication

pytestmark = [pytest.mark.sqlite, pytest.mark.req("PUB-6")]  # knows no database: once is enough


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


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A release tree of two sites, and static files; the folder whose children are the hosts."""
    return make(tmp_path)


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


def test_an_attachment_of_a_withdrawn_page_is_gone_with_it(get: Get, tree: Path) -> None:
    assert get("/news/2/%E8%A1%A8%E6%A0%BC.xlsx").status == 410
    write(tree / "zhengding.localhost/news/2/kept.txt", "kept")
    assert get("/news/2/kept.txt").status == 200
    assert get("/news/1/none.txt").status == 299


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
    outside = tree.parent.parent
    (tree / "zhengding.localhost/leak.txt").symlink_to(outside / "outside.txt")
    (tree / "zhengding.localhost/folder").symlink_to(outside)
    assert get("/leak.txt").status == 299
    assert get("/folder/outside.txt").status == 299


def test_what_is_no_plain_file_is_not_opened(get: Get, tree: Path) -> None:
    os.mkfifo(tree / "zhengding.localhost/pipe.txt")
    (tree / "zhengding.localhost/folder.txt").mkdir()
    assert get("/pipe.txt").status == 299
    assert get("/folder.txt").status == 299


def test_a_file_that_is_still_being_written_is_not_served(get: Get, tree: Path) -> None:
    write(tree / "zhengding.localhost/index.html.new", "half")
    assert get("/index.html.new").status == 299


@pytest.mark.parametrize("path", ["/News/1/", "/NEWS/1/", "/news/1/INDEX.HTML", "/feed.XML"])
def test_a_path_of_another_case_is_another_path(get: Get, path: str) -> None:
    assert get(path).status == 299


def test_a_path_in_another_unicode_form_is_another_path(get: Get, tree: Path) -> None:
    write(tree / "zhengding.localhost" / unicodedata.normalize("NFC", "café.txt"), "one")
    assert get("/" + quote(unicodedata.normalize("NFC", "café.txt"))).text == "one"
    assert get("/" + quote(unicodedata.normalize("NFD", "café.txt"))).status == 299


@pytest.mark.parametrize("path", ["/" + "a" * 300 + ".txt", "/" + "a" * 300 + "/", "/" + "a/" * 2500, "/" + "%E6" * 100])
def test_a_path_too_long_for_any_file_is_refused(get: Get, path: str) -> None:
    assert get(path).status == 400


def test_an_address_of_more_than_8192_bytes_is_too_long(get: Get) -> None:
    assert get("/" + "a" * 8192).status == 414


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
    for run, text in enumerate(("第一版" * 100, "第二版" * 100)):
        packed = publication.pack(text.encode(), "text/html")
        publication.put(publication.write_aside(run, 1, packed), "zhengding.localhost", 1, "index.html", packed)
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
        (b"BR", "br"),
        (b"gzip;q=0", ""),
        (b"gzip ; q=1", "gzip"),
        (b"gzip;q=-1", ""),
        (b"gzip;q=nan", ""),
        (b"gzip;q=1e9999", "gzip"),
        (b"gzip;q=", ""),
        (b";;;,,,q=1", ""),
        (b"deflate, compress, zstd", ""),
        (b"identity;q=0", ""),
        (b"\xff\xfe", ""),
        (b"x" * 9000, ""),
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


def test_the_same_text_written_again_is_still_the_same_for_readers(get: Get, tree: Path, impatient: None) -> None:
    page = tree / "zhengding.localhost/index.html"
    etag = get("/").headers["etag"]
    replace(page, page.read_bytes())
    assert get("/", if_none_match=etag).status == 304


@pytest.mark.parametrize("moment", [0, 1, 4_000_000_000])
def test_a_clock_set_back_or_ahead_hides_no_change(get: Get, tree: Path, moment: int, impatient: None) -> None:
    """Old and new text have the same length and claim the same time."""
    page = tree / "zhengding.localhost/index.html"
    os.utime(page, (moment, moment))
    first = get("/")
    os.utime(replace(page, "<h1>定正</h1>"), (moment, moment))
    second = get("/", if_none_match=first.headers["etag"])
    assert (second.status, second.text) == (200, "<h1>定正</h1>")


@pytest.mark.parametrize("value", ["*", '"x", "y",{}', "W/{}", "{}", ' {} , "z"'])
def test_every_writing_of_if_none_match_is_understood(get: Get, value: str) -> None:
    etag = get("/").headers["etag"]
    assert get("/", if_none_match=value.replace("{}", etag)).status == 304
    assert get("/", if_none_match=value.replace("{}", etag), method="HEAD").status == 304


@pytest.mark.parametrize("value", ["", "x", '"', ",,,", "W/", '""', "\xff" * 100])
def test_a_wrong_if_none_match_gets_the_page(get: Get, value: str) -> None:
    assert get("/", if_none_match=value).status == 200


def test_a_changed_page_is_seen_after_a_fifth_of_a_second_at_most(get: Get, tree: Path, impatient: None) -> None:
    first = get("/").headers["etag"]
    replace(tree / "zhengding.localhost/index.html", "<h1>新</h1>")
    second = get("/")
    assert second.text == "<h1>新</h1>"
    assert second.headers["etag"] != first


def test_a_new_generation_is_seen(get: Get, tree: Path, impatient: None) -> None:
    assert get("/").text == "<h1>正定</h1>"
    write(tree.parent / "trees/zhengding.localhost/2/index.html", "第二代")
    show(tree.parent, 2, tree=2)
    assert get("/").text == "第二代"
    show(tree.parent, 3, tree=1)
    assert get("/").text == "<h1>正定</h1>"


def test_what_only_the_new_generation_has_is_found_at_once(get: Get, tree: Path) -> None:
    assert get("/new/").status == 299
    write(tree.parent / "trees/zhengding.localhost/2/new/index.html", "第二代")
    show(tree.parent, 2, tree=2)
    assert get("/new/").text == "第二代"


def test_a_page_and_its_twin_always_come_from_one_generation(get: Get, front: Front, tree: Path, monkeypatch) -> None:
    """The switch happens between the two looks at the disk; both generations have files of the same time."""
    for number in (1, 2):
        for name in ("index.html", "index.html.br"):
            made = write(tree.parent / f"trees/zhengding.localhost/{number}/{name}", f"{name} {number}")
            os.utime(made, ns=(1, 1))
    look = os.stat

    def switch(path: Any, *arguments: Any, **keywords: Any) -> os.stat_result:
        found = look(path, *arguments, **keywords)
        if str(path).endswith("/1/index.html"):
            monkeypatch.setattr(module.os, "stat", look)
            show(tree.parent, 2, tree=2)
        return found

    monkeypatch.setattr(module.os, "stat", switch)
    assert get("/", accept_encoding="br").text == "index.html.br 1"
    monkeypatch.setattr(module, "RECHECK", 0.0)
    assert get("/", accept_encoding="br").text == "index.html.br 2"


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
    assert front.files.memory.held == 0


@pytest.mark.parametrize("size", [1000, 3 * 1024 * 1024])
@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("0-99", 0, 100), ("990-", 990, None), ("-10", -10, None), ("0-999999999999", 0, None), (" 5-5 ", 5, 6)],
)
def test_a_part_of_a_file_is_sent(get: Get, tree: Path, size: int, asked: str, start: int, stop: int | None) -> None:
    content = os.urandom(size)
    write(tree / "zhengding.localhost/a.pdf", content)
    answer = get("/a.pdf", range=f"bytes={asked}")
    assert (answer.status, answer.body) == (206, content[start:stop])
    first = start % size
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.body) - 1}/{size}"
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize("size", [1000, 3 * 1024 * 1024])
def test_several_parts_come_in_one_answer(get: Get, tree: Path, size: int) -> None:
    content = bytes(range(250)) * (size // 250 + 1)
    write(tree / "zhengding.localhost/a.pdf", content)
    answer = get("/a.pdf", range="bytes=0-9, 500-509, -5")
    kind = answer.headers["content-type"]
    assert (answer.status, int(answer.headers["content-length"])) == (206, len(answer.body))
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + answer.body)
    parts = [(part["content-range"], part["content-type"], part.get_payload(decode=True)) for part in message.get_payload()]
    assert parts == [
        (f"bytes 0-9/{len(content)}", "application/pdf", content[:10]),
        (f"bytes 500-509/{len(content)}", "application/pdf", content[500:510]),
        (f"bytes {len(content) - 5}-{len(content) - 1}/{len(content)}", "application/pdf", content[-5:]),
    ]


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=5000-6000", "bytes=-0", "bytes=1000-, 2000-3000"])
def test_a_part_beyond_the_end_cannot_be_sent(get: Get, tree: Path, asked: str) -> None:
    write(tree / "zhengding.localhost/a.pdf", b"x" * 1000)
    answer = get("/a.pdf", range=asked)
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */1000")


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=",
        "bytes=-",
        "bytes=9-5",
        "bytes=a-b",
        "bytes=1-2-3",
        "items=0-1",
        "0-1",
        "bytes=" + "0-0," * 20,
        "bytes=0-,0-,0-",
    ],
)
def test_a_range_written_wrong_or_greedily_is_not_minded(get: Get, tree: Path, asked: str) -> None:
    write(tree / "zhengding.localhost/a.pdf", b"x" * 1000)
    answer = get("/a.pdf", range=asked)
    assert (answer.status, len(answer.body)) == (200, 1000)


def test_a_part_is_sent_only_of_the_text_that_the_reader_has(get: Get) -> None:
    etag = get("/feed.xml").headers["etag"]
    assert get("/feed.xml", range="bytes=0-1", if_range=etag).status == 206
    for other in ('"other"', f"W/{etag}", "Mon, 09 Mar 2026 01:00:00 GMT"):
        assert get("/feed.xml", range="bytes=0-1", if_range=other).status == 200
    assert get("/feed.xml", range="bytes=0-1", if_none_match=etag).status == 304


def test_a_part_of_the_compressed_twin_is_a_part_of_its_bytes(get: Get, tree: Path) -> None:
    page = tree / "zhengding.localhost/index.html"
    twin = write(page.with_name("index.html.gz"), gzip.compress(page.read_bytes()))
    for path in (page, twin):
        os.utime(path, ns=(1, 1))
    answer = get("/", accept_encoding="gzip", range="bytes=2-9")
    assert (answer.status, answer.headers["content-encoding"], answer.body) == (206, "gzip", twin.read_bytes()[2:10])


def test_head_and_a_withdrawn_page_know_no_parts(get: Get) -> None:
    assert get("/", range="bytes=0-1", method="HEAD").status == 200
    gone = get("/news/2/", range="bytes=0-1")
    assert gone.status == 410
    assert "accept-ranges" not in gone.headers


def test_a_large_file_replaced_at_this_moment_is_sent_anew(get: Get, front: Front, tree: Path) -> None:
    """What lies in memory is its head alone; that of the old file never goes with bytes of the new one."""
    file = tree / "zhengding.localhost/large.pdf"
    write(file, b"1" * 3_000_000)
    assert len(get("/large.pdf").body) == 3_000_000
    replace(file, b"2" * 2_500_000)
    answer = get("/large.pdf")
    assert (answer.body, int(answer.headers["content-length"])) == (b"2" * 2_500_000, 2_500_000)
    file.unlink()
    assert get("/large.pdf").status == 299


def test_a_large_file_cut_short_while_it_is_sent_is_an_error_and_never_a_short_answer(
    get: Get, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tree / "zhengding.localhost/large.pdf", b"1" * 3_000_000)
    read = os.pread

    def cut(descriptor: int, size: int, position: int) -> bytes:
        os.truncate(file, 1_000_000)
        return read(descriptor, size, position)

    monkeypatch.setattr(os, "pread", cut)
    with pytest.raises(OSError, match="cut short"):
        get("/large.pdf")


def test_memory_is_bounded_and_drops_what_was_used_longest_ago(get: Get, front: Front, tree: Path) -> None:
    front.files.memory.limit = 4500
    for name in ("a", "b", "c"):
        write(tree / f"zhengding.localhost/{name}.txt", name * 1000)
        get(f"/{name}.txt")
    assert 2000 <= front.files.memory.held <= 4000
    assert [Path(file).name for _, file, _ in front.files.memory.replies] == ["b.txt", "c.txt"]


def test_the_server_may_start_and_stop_it(front: Front) -> None:
    sent: list[str] = []
    asked = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, Any]:
        return {"type": next(asked)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(front({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
