"""Fetches public pages as readers do and compares what is really served with what was released. 依据：沪27。

What stands between the tree and the reader (nginx, a cache, a proxy, DNS) may be altered as well as the tree.
"""

import contextlib
import gzip
import hashlib
import http.client
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import brotli
from django.conf import settings
from django.db.models import Q

from wangqun.publication.models import Alarm, File
from wangqun.publication.verification import Outcome, pages_waiting, report

PATIENCE = 15.0  # seconds for one answer
LARGEST = 64 << 20  # bytes of an answer that are read
TRIES = 3  # looks before something counts as wrong: a release may come between row and answer
PAUSE = 1.0  # seconds between two looks
ENCODINGS = ("identity", "gzip", "br")
GONE = "gone.html"
PARTS = 4  # every fourth file of a sample, where there are so many, is the notice of something withdrawn


class Answer(NamedTuple):
    """What a server said: status 0 where nobody answered."""

    status: int
    body: bytes
    encoding: str
    why: str = ""


class Line:
    """One connection to the server of one host, kept open between questions."""

    def __init__(self, host: str, base: str = "") -> None:
        parts = urlsplit(base or f"{settings.PUBLIC_SCHEME}://{host}:{settings.PUBLIC_PORT}")
        self.host = host
        is_secure = parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        self.name = host if port in {80, 443} else f"{host}:{port}"
        address = parts.hostname or host
        is_local = address == "localhost" or address.endswith(".localhost")
        self.address = ("127.0.0.1" if is_local else address, port)
        self.context = ssl.create_default_context() if is_secure else None
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, encoding: str) -> Answer:
        """Return the answer, decoded; a connection that the server closed meanwhile is opened anew once."""
        for is_last in (False, True):
            try:
                return self._ask(path, encoding)
            except (OSError, http.client.HTTPException, EOFError, brotli.error, ssl.SSLError) as fault:
                self.close()
                if is_last:
                    return Answer(0, b"", "", f"{type(fault).__name__}: {fault}"[:200])
        raise AssertionError

    def _ask(self, path: str, encoding: str) -> Answer:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
            opened = socket.create_connection(self.address, timeout=PATIENCE)
            # The name in the certificate is that of the site, wherever its address leads.
            self.connection.sock = self.context.wrap_socket(opened, server_hostname=self.host) if self.context else opened
        self.connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
        for name, value in (("Host", self.name), ("Accept-Encoding", encoding), ("User-Agent", "wangqun-refetch (robot)")):
            self.connection.putheader(name, value)
        self.connection.endheaders()
        answer = self.connection.getresponse()
        body, used = answer.read(LARGEST), answer.headers.get("Content-Encoding", "")
        unpack: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress}
        return Answer(answer.status, unpack[used](body) if used in unpack else body, used)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def address_of(path: str) -> str:
    """Return the address at which readers find a file of the tree."""
    folder, _, name = path.rpartition("/")
    if name in {"index.html", GONE}:
        return quote(f"/{folder}/" if folder else "/")
    return quote(f"/{path}")


def refetch(*, sample: int = 0, host: str = "", base: str = "", rate: float = 20.0) -> tuple[int, list[Alarm]]:
    """Fetch files of the public trees, plain, gzip and brotli, and compare them with their rows; withdrawn pages answer 410.

    `sample` files chosen by chance (0: all), of one `host` where given; `base` a server to ask instead of each site's own
    address; `rate` questions per second at most. Returns how many files were fetched, and the alarms. 依据：沪27。
    """
    asked, outcomes = 0, []
    line: Line | None = None
    until = time.monotonic()
    for row in _chosen(sample, host):
        if line is None or line.host != row.tree.host:
            if line is not None:
                line.close()
            line = Line(row.tree.host, base)
        asked += 1
        for encoding in ENCODINGS:
            until = max(until, time.monotonic()) + 1 / rate
            time.sleep(max(0.0, until - time.monotonic() - 1 / rate))
            if why := _fault(line, row, encoding):
                what = f"{row.tree.host}{address_of(row.path)}"
                outcomes.append(Outcome(Alarm.Kind.SERVED_DIFFERS, what, why, "待查", row.page_id))
                break
    if line is not None:
        line.close()
    return asked, report(outcomes, where="从外部核对", is_open=True)


def _chosen(sample: int, host: str) -> Iterator[File]:
    """Yield the files to fetch, host by host: nobody can know beforehand which they are."""
    rows = File.objects.public().filter(tree__generations__is_current=True).select_related("tree")
    if host:
        rows = rows.filter(tree__host=host)
    ordered = rows.order_by("tree__host", "pk")
    if not sample:
        yield from ordered.iterator(chunk_size=1000)
        return
    is_notice = Q(path=GONE) | Q(path__endswith=f"/{GONE}")
    notices = _some(list(rows.filter(is_notice).values_list("pk", flat=True)), sample // PARTS)
    others = _some(list(rows.exclude(is_notice).values_list("pk", flat=True)), sample - len(notices))
    yield from ordered.filter(pk__in=[*notices, *others])


def _some(keys: Sequence[int], amount: int) -> list[int]:
    return secrets.SystemRandom().sample(keys, min(amount, len(keys)))


def _fault(line: Line, row: File, encoding: str) -> str:
    """Return what is wrong with the answer, "" for nothing; looks again, at the row too, before it says so."""
    why = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
            with contextlib.suppress(File.DoesNotExist):
                row = File.objects.select_related("tree").get(tree__host=row.tree.host, tree__state="current", path=row.path)
            if not File.objects.filter(pk=row.pk).exists() or pages_waiting([row.page_id]):
                return ""  # gone or being made afresh meanwhile
        why = _difference(line.ask(address_of(row.path), encoding), row, encoding)
        if not why:
            return ""
    return why


def _difference(answer: Answer, row: File, encoding: str) -> str:
    wanted = 410 if row.path.rpartition("/")[2] == GONE else 200
    if answer.status == 0:
        return f"没有应答：{answer.why}"
    if answer.status != wanted:
        return f"返回 {answer.status}，应为 {wanted}"
    if hashlib.sha256(answer.body).hexdigest() != row.sha256:
        return f"内容与已发布的不同（{encoding}）"
    return ""
