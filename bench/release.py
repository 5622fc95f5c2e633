"""From the last signature to the reader: `python -m bench release`.

The publisher (`manage.py publish_files`) runs and has nothing to do; articles wait for their last signature. The time runs
from the call of the final approval until the address answers with the article through our own front. Then the publisher
works off the lists and home pages, and the files that changed are counted. The peer is Wagtail itself: it saves and publishes
the same texts, and the page counts as visible when a plain Wagtail has rendered it once.
"""

import http.client
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.common import Installation, Row, at_most, installation, percentile, running, serve_plainly
from bench.corpus import texts
from tools.postgresql import free_port

MEDIAN, SLOWEST, MOST_FILES = 0.5, 1.5, 40  # seconds, seconds, files
AMOUNT = {False: 20, True: 120}
"""Releases that are measured."""
PLAIN = 20  # releases of the peer
WARM = 3  # releases before the first that counts
LOOK, PATIENCE = 0.002, 60.0  # seconds


@dataclass
class Waiting:
    """An article before its last signature."""

    host: str
    address: str
    title: str
    approve: Callable[[], Any]


@dataclass(frozen=True)
class Seen:
    """One release: seconds until the signature was given, the file stood, the front answered; files changed, with twins."""

    signed: float
    standing: float
    visible: float
    files: int
    with_twins: int


def rows(full: bool) -> list[Row]:
    """Release articles one by one; return how soon they are visible and how many files each changed."""
    where = installation(full)
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up now

    if not where.tree.exists():
        call_command("republish", processes=2, verbosity=0)
    waiting = prepare(AMOUNT[full] + WARM, start=where.articles)
    port = free_port()
    front = ["-m", "config.front.serve", "127.0.0.1", str(port), str(where.data / "django")]
    with running("manage.py", "publish_files"), running(*front):
        settle()
        seen = [watch(where, one, port) for one in waiting][WARM:]
        check_count(where, seen[-1])
    plain = [plainly(number) for number in range(PLAIN)]
    name = f"（{len(seen)} 次，{where.size}）"
    visible, files = [one.visible for one in seen], [one.files for one in seen]
    return [
        at_most(
            f"从终审签署到读者可见，中位数；对照为普通 Wagtail 保存并发布{name}", percentile(visible, 0.5), "秒", MEDIAN,
            percentile(plain, 0.5),
        ),
        at_most(f"从终审签署到读者可见，99%{name}", percentile(visible, 0.99), "秒", SLOWEST, percentile(plain, 0.99)),
        at_most(f"其中终审签署本身，中位数{name}", percentile([one.signed for one in seen], 0.5), "秒", MEDIAN),
        at_most(f"一次发布改动的文件，最多，含繁体，不计压缩副本{name}", max(files), "个", MOST_FILES),
        at_most(f"一次发布改动的文件，平均，含繁体，不计压缩副本{name}", statistics.mean(files), "个", MOST_FILES),
        at_most(
            f"一次发布改动的文件，最多，含繁体和压缩副本{name}", max(one.with_twins for one in seen), "个", 3 * MOST_FILES
        ),
    ]  # fmt: skip


def prepare(amount: int, *, start: int) -> list[Waiting]:
    """Write articles in the busiest columns of all sites in turn, signed by all but the last who must."""
    from bench.filling import sign, write  # noqa: PLC0415

    desks = busy_desks()
    made = []
    for number, text in enumerate(texts(amount, start=start)):
        article = write(desks[number % len(desks)], text, None)
        made.append(Waiting(article.website.domain, article.public_path, text.title, sign(article, but_last=True)))
    return made


def busy_desks() -> list[Any]:
    """Return the column with the most articles of each site, with its editor."""
    from django.db.models import Count  # noqa: PLC0415

    from wangqun.base.moments import today  # noqa: PLC0415
    from wangqun.columns.models import ColumnPage, PublicItem  # noqa: PLC0415
    from wangqun.demo.build import Desk  # noqa: PLC0415

    busiest: dict[int, int] = {}
    counted = (
        PublicItem.objects.articles().values("website", "column").annotate(amount=Count("pk")).order_by("-amount", "column")
    )
    for entry in counted:
        busiest.setdefault(entry["website"], entry["column"])
    columns = ColumnPage.objects.filter(pk__in=busiest.values()).order_by("pk")
    return [Desk(column, column.duty_on(today()).people("editor")[0], "") for column in columns]


def watch(where: Installation, one: Waiting, port: int) -> Seen:
    """Sign, and wait until the article is visible and everything that follows from it is done."""
    from wangqun.base.moments import now  # noqa: PLC0415
    from wangqun.publication.models import File  # noqa: PLC0415

    began = now()
    started = time.perf_counter()
    one.approve()
    signed = time.perf_counter() - started
    target = where.tree / one.host / one.address.strip("/") / "index.html"
    wait(target.exists, one.title)
    standing = time.perf_counter() - started
    wait(lambda: one.title in ask(port, one.host, one.address), one.title)
    visible = time.perf_counter() - started
    settle()
    changed = File.objects.public().filter(built_at__gte=began)
    twins = changed.exclude(gzip_sha256="").count() + changed.exclude(brotli_sha256="").count()
    return Seen(signed, standing, visible, changed.count(), changed.count() + twins)


def wait(is_done: Callable[[], bool], what: str) -> None:
    """Look again and again until something is done. Raises RuntimeError after a minute."""
    until = time.monotonic() + PATIENCE
    while not is_done():
        if time.monotonic() > until:
            raise RuntimeError(f"waited in vain: {what}")
        time.sleep(LOOK)


def ask(port: int, host: str, address: str) -> str:
    """Return what the front answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", address, headers={"Host": host})
        return connection.getresponse().read().decode(errors="replace")
    except ConnectionRefusedError:  # it is still starting
        return ""
    finally:
        connection.close()


def settle() -> None:
    """Wait until the publisher has nothing to do."""
    from wangqun.publication import jobs  # noqa: PLC0415
    from wangqun.publication.models import RenderRun  # noqa: PLC0415

    wait(
        lambda: not jobs.is_work_waiting() and not RenderRun.objects.filter(finished_at__isnull=True).exists(), "idle publisher"
    )


def check_count(where: Installation, last: Seen) -> None:
    """Compare the number of files of the last release with the disk: rows and files must tell the same."""
    from wangqun.publication.models import File  # noqa: PLC0415

    newest = list(File.objects.public().order_by("-built_at").values_list("tree__host", "path", "built_at")[: last.files])
    since = newest[-1][2].timestamp() - 1
    hosts = {host for host, _path, _at in newest}
    found = sum(
        1
        for host in hosts
        for path in (where.tree / host).resolve().rglob("*")
        if path.suffix not in {".gz", ".br"} and path.is_file() and path.stat().st_mtime >= since
    )
    if found < last.files:
        raise RuntimeError(f"{last.files} files were counted, {found} changed on the disk")


def plainly(number: int) -> float:
    """Save and publish a text by Wagtail alone; returns the seconds until it has been rendered once."""
    from bench.filling import body_of  # noqa: PLC0415
    from wangqun.articles.models import ArticlePage  # noqa: PLC0415

    desk = busy_desks()[0]
    text = next(texts(1, start=number, of=1_000_000))
    article = ArticlePage(title=text.title, slug=f"t19990101_{number:04d}", live=False, owner=desk.editor, body=[])
    desk.column.add_child(instance=article)
    article.body = ArticlePage.body.field.stream_block.to_python(body_of(text))
    started = time.perf_counter()
    article.save_revision(user=desk.editor).publish(skip_permission_checks=True)
    content = serve_plainly(desk.column.website.domain, f"/{desk.column.slug}/{article.slug}/")
    took = time.perf_counter() - started
    if text.title not in content.decode():
        raise RuntimeError("another page was rendered")
    article.delete()
    return took
