"""The look from outside: what a reader is given must be what was released, in every encoding; withdrawn pages answer 410."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.timezone import localtime

from wangqun.publication import actions as publication
from wangqun.publication import manifest, proof, served, upkeep
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Alarm, File, Manifest

pytestmark = pytest.mark.req("SEC-1")
HOST = "zhengding.localhost"


class Front(BaseHTTPRequestHandler):
    """A server that answers from the tree, and for some addresses something else."""

    protocol_version = "HTTP/1.1"
    wrong: dict = {}  # noqa: RUF012 - shared with the test on purpose
    seen: list = []  # noqa: RUF012

    def do_GET(self):
        host, encoding = self.headers["Host"].partition(":")[0], self.headers["Accept-Encoding"]
        self.seen.append((host, self.path, encoding))
        folder = settings.RELEASE_ROOT / "current" / host / self.path.strip("/")
        place = folder / "index.html" if folder.is_dir() else folder
        status = 200
        if not place.exists():
            place, status = folder / "gone.html", 410
        suffix = {"gzip": ".gz", "br": ".br"}.get(encoding, "")
        packed = place.with_name(place.name + suffix)
        is_packed = bool(suffix) and packed.exists()
        body = (packed if is_packed else place).read_bytes() if place.exists() else b"nothing"
        status, body = self.wrong.get((host, self.path, encoding), (status, body))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if is_packed:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def front(world, monkeypatch):
    """The world's tree behind a server; `front.base` is its address."""
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    world.article, other = world.released(title="正定夜市开张"), world.released(title="有误的稿件")
    publication.order_all()
    work_off()
    publication.withdraw(other, by=world.liu, reason="wrong")
    work_off()
    world.withdrawn = other.public_path
    monkeypatch.setattr(served, "PAUSE", 0.0)
    monkeypatch.setattr(Front, "wrong", {})
    monkeypatch.setattr(Front, "seen", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    world.base = f"http://127.0.0.1:{server.server_port}"
    yield world
    server.shutdown()
    server.server_close()


def test_all_that_is_public_is_fetched_plain_gzip_and_brotli_and_agrees(front):
    asked, alarms = served.refetch(base=front.base, rate=10_000)
    assert alarms == [] and asked == File.objects.public().count()
    assert {(HOST, front.article.public_path, encoding) for encoding in ("identity", "gzip", "br")} <= set(Front.seen)
    assert (HOST, front.withdrawn, "identity") in Front.seen


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_what_is_served_otherwise_raises_an_alarm(front, encoding):
    path = front.article.public_path
    packed = {"gzip": ".gz", "br": ".br"}.get(encoding, "")
    other = settings.RELEASE_ROOT / "current" / HOST / f"index.html{packed}"
    Front.wrong[HOST, path, encoding] = 200, other.read_bytes()
    _asked, alarms = served.refetch(base=front.base, rate=10_000, host=HOST)
    assert [(alarm.kind, alarm.what) for alarm in alarms] == [("served_differs", f"{HOST}{path}")]
    assert alarms[0].cleared_at is None and encoding in alarms[0].details[0]["why"]
    assert front.zhou.notices.filter(topic="alarm").count() == 1
    served.refetch(base=front.base, rate=10_000, host=HOST)
    assert Alarm.objects.count() == 1, "told once while it is open"


def test_a_withdrawn_page_that_is_still_served_raises_an_alarm(front):
    Front.wrong[HOST, front.withdrawn, "identity"] = 200, b"still here"
    _asked, alarms = served.refetch(base=front.base, rate=10_000, host=HOST)
    assert [alarm.details[0]["why"] for alarm in alarms] == ["返回 200，应为 410"]


def test_a_server_that_does_not_answer_raises_an_alarm(front):
    _asked, alarms = served.refetch(base="http://127.0.0.1:9", sample=2, rate=10_000)
    assert alarms and "没有应答" in alarms[0].details[0]["why"]


def test_a_release_between_row_and_answer_is_no_difference(front, monkeypatch):
    original, asked = served._difference, []

    def late(answer, row, encoding):
        asked.append(row.path)
        return "内容与已发布的不同" if len(asked) == 1 else original(answer, row, encoding)

    monkeypatch.setattr(served, "_difference", late)
    assert served.refetch(base=front.base, rate=10_000, host=HOST)[1] == []


def test_a_sample_holds_notices_of_what_was_withdrawn_too(front):
    asked, alarms = served.refetch(base=front.base, sample=8, rate=10_000)
    assert asked == 8 and alarms == []
    assert {path for _host, path, _encoding in Front.seen if front.withdrawn in path}


def test_questions_are_asked_no_faster_than_allowed(front, monkeypatch):
    pauses = []
    monkeypatch.setattr(served.time, "sleep", pauses.append)
    served.refetch(base=front.base, sample=2, rate=1)
    assert sum(pauses) > 4


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("index.html", "/"),
        ("gzdt/index.html", "/gzdt/"),
        ("a/gone.html", "/a/"),
        ("feed.xml", "/feed.xml"),
        ("a/名.pdf", "/a/%E5%90%8D.pdf"),
    ],
)
def test_each_file_has_its_address(path, address):
    assert served.address_of(path) == address


# Upkeep of the manifest


def test_a_long_chain_becomes_one_whole_sheet_and_old_sheets_go(front, monkeypatch, travel, django_capture_on_commit_callbacks):
    monkeypatch.setattr(upkeep, "LONGEST", 3)
    travel("2026-09-10 09:00")
    with django_capture_on_commit_callbacks(execute=True):
        done = upkeep.tidy(days=90)
    assert done.is_whole and not done.faults
    assert manifest.newest().kind == "whole"
    assert [place.stem for place in manifest.sheet_place(1).parent.glob("*.json")] == [str(manifest.newest().number)]
    assert Manifest.objects.count() > 1, "their rows stay"
    assert proof.faults() == []
    assert not upkeep.tidy(days=90).is_whole


def test_what_does_not_agree_with_the_chain_is_not_signed_unless_people_accept_it(front):
    File.objects.filter(path="gzdt/index.html", tree__host=HOST).update(sha256="0" * 64)
    before = manifest.newest().number
    with pytest.raises(CommandError, match="1 处不符"):
        call_command("sign_files", "--whole")
    assert manifest.newest().number == before
    call_command("sign_files", "--whole", "--accept")
    assert manifest.newest().number == before + 1


def test_the_key_is_changed_by_a_command_and_the_log_knows(front, django_capture_on_commit_callbacks):
    before = manifest.signing_key().public_key()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("sign_files", "--change-key")
    assert manifest.key_id(manifest.signing_key().public_key()) != manifest.key_id(before)
    assert proof.faults() == []
    assert localtime() >= manifest.newest().at
