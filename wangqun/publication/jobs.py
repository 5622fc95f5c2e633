"""Making the files that are ordered: pages before lists before wide changes. Safe to run twice, by two workers, and to kill.

A worker takes orders under a run of its own; a run begins before it reads anything, and `writing.write` never lets an
earlier run overwrite a later one. What a dead worker had taken is given back by the next one. 依据：沪23。
"""

import errno
import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q

from wangqun.base.moments import now
from wangqun.publication import dependents, generations, manifest, tree
from wangqun.publication.models import Alarm, RenderOrder, RenderRun
from wangqun.publication.render import MadePage, Tampered, make_page, newest_releases
from wangqun.publication.writing import write
from wangqun.websites import sources

logger = logging.getLogger(__name__)

LOOKED_AT = 500  # waiting orders looked at in one go
FILES_AT_ONCE = {RenderOrder.Priority.PAGE: 8, RenderOrder.Priority.LISTS: 24, RenderOrder.Priority.WIDE: 64}
LONGEST = 0.25  # seconds after which a go is written, so that a release never waits long behind a wide change
RETRY = timedelta(seconds=15)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def work_off(*, may_go_on: Callable[[], bool] = lambda: True, looks_at_disk: bool = True) -> int:
    """Do everything that waits and can be done now; returns how many orders were done.

    Looking when nothing waits is cheap: the publisher looks ten times a second. `may_go_on` is asked between two goes;
    `looks_at_disk` says whether the links on the disk are compared too.
    """
    if not is_work_waiting() and not (looks_at_disk and generations.is_unsettled()):
        return 0
    done = 0
    with tree.worker() as name:
        generations.settle()
        give_back(name)
        while may_go_on() and (made := one_go(name)) is not None:
            done += made
    if done and not RenderOrder.objects.open().exclude(failure="").exists():
        Alarm.objects.filter(kind=Alarm.Kind.RENDER_FAILED, cleared_at__isnull=True).update(cleared_at=now())
    return done


def is_work_waiting() -> bool:
    """Return whether anything has to be done: orders, a wide change, changes in the log, a dead worker's leavings."""
    return (
        RenderOrder.objects.open().exclude(retry_at__gt=now()).exists() or dependents.is_behind() or generations.is_unsettled()
    )


def one_go(name: str) -> int | None:
    """Take some orders of the highest rank, make and write them; None where nothing waits."""
    dependents.follow_log()
    run, orders = _take(name)
    if run is None:
        return 0 if dependents.next_chunk() else None
    try:
        return _perform(run, orders)
    finally:
        tree.forget_aside(run.pk)
        RenderRun.objects.filter(pk=run.pk).update(finished_at=now())
        RenderOrder.objects.filter(run=run, done_at__isnull=True).update(run=None)


def give_back(name: str) -> None:
    """Give back what dead workers had taken."""
    for run in RenderRun.objects.filter(finished_at__isnull=True).exclude(worker=name):
        if not tree.is_alive(run.worker):
            tree.forget_aside(run.pk)
            with transaction.atomic():
                RenderOrder.objects.filter(run=run, done_at__isnull=True).update(run=None)
                RenderRun.objects.filter(pk=run.pk).update(finished_at=now())


def _take(name: str) -> tuple[RenderRun | None, list[RenderOrder]]:
    """Take the next orders for a new run, all that wait for the same file together."""
    waiting = RenderOrder.objects.waiting().order_by("priority", "id")
    if not waiting.exists():
        return None, []
    with transaction.atomic():
        is_able = connection.features.has_select_for_update_skip_locked
        seen = list(waiting.select_for_update(skip_locked=is_able)[:LOOKED_AT])
        if not seen:
            return None, []
        first = RenderOrder.Priority(seen[0].priority)
        targets: dict[tuple[int, str], None] = {}
        for order in seen:
            if order.priority == first and len(targets) < FILES_AT_ONCE[first]:
                targets[order.page_id, order.path] = None
        taken = [order for order in seen if (order.page_id, order.path) in targets]
        run = RenderRun.objects.create(started_at=now(), worker=name)
        RenderOrder.objects.filter(pk__in=[order.pk for order in taken]).update(run=run)
    return run, taken


def _perform(run: RenderRun, orders: list[RenderOrder]) -> int:
    """Make and write what a run has taken; orders that could not be done say why and wait."""
    wanted: dict[int, set[str]] = {}
    for order in orders:
        wanted.setdefault(order.page_id, set()).add(order.path)
    by_page = {page_id: [order for order in orders if order.page_id == page_id] for page_id in wanted}
    releases = newest_releases(wanted)
    generations.make_trees({release.website for release in releases.values()})
    pages: list[MadePage] = []
    until = time.monotonic() + LONGEST
    with sources.one_reading():
        for page_id, paths in wanted.items():
            if pages and time.monotonic() > until:
                break
            try:
                pages.append(make_page(page_id, releases.get(page_id), () if "" in paths else paths))
            except Tampered as broken:
                logger.error("content of released page differs from its record: %s", broken)
                _alarm(Alarm.Kind.CONTENT_DIFFERS, str(broken))
                _done(by_page[page_id])
            except Exception as fault:
                logger.exception("page %s could not be made", page_id)
                _failed(by_page[page_id], f"页面未能生成：{type(fault).__name__}")
                _alarm(Alarm.Kind.RENDER_FAILED, f"{page_id} {type(fault).__name__}: {fault}")
    made = [order for page in pages for order in by_page[page.page_id]]
    try:
        with transaction.atomic():
            write(run, pages, reason="；".join(dict.fromkeys(order.reason for order in made)))
            _done(made)
    except OSError as fault:
        if fault.errno not in FULL:
            raise
        logger.error("the disk takes no more: %s", fault)
        _failed(made, "磁盘空间不足，腾出空间后自动补做")
        _alarm(Alarm.Kind.RENDER_FAILED, "磁盘空间不足，已发布的内容未能全部生成文件")
        return 0
    manifest.export()
    dependents.after_writing(pages)
    return len(made)


def _done(orders: Iterable[RenderOrder]) -> None:
    RenderOrder.objects.filter(pk__in=[order.pk for order in orders]).update(done_at=now(), failure="")


def _failed(orders: Iterable[RenderOrder], why: str) -> None:
    keys = [order.pk for order in orders]
    RenderOrder.objects.filter(pk__in=keys).update(failure=why[:255], retry_at=now() + RETRY, run=None)


def _alarm(kind: Alarm.Kind, what: str) -> None:
    Alarm.objects.get_or_create(kind=kind, what=what[:500], cleared_at=None, defaults={"found_at": now()})


def prune(*, days: int) -> int:
    """Forget orders and runs done more than `days` days ago; returns how many orders."""
    before = now() - timedelta(days=days)
    gone, _ = RenderOrder.objects.filter(done_at__lt=before).delete()
    RenderRun.objects.filter(Q(finished_at__lt=before), orders__isnull=True).delete()
    return gone
