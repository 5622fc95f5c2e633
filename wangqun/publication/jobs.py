"""Slow work after a release: making the files that were ordered. Safe to run twice and by two workers."""

import logging

from django_tasks import task

from wangqun.base.moments import now
from wangqun.publication import tree
from wangqun.publication.models import Alarm, RenderOrder
from wangqun.publication.render import Tampered, render_page
from wangqun.websites.models import Website

logger = logging.getLogger(__name__)


@task()
def render_pending() -> int:
    """Make all files that are ordered, pages before lists before whole sites; returns how many pages were made."""
    return work_off()


def enqueue_rendering() -> None:
    """Ask the worker to make what is ordered."""
    render_pending.enqueue()


def work_off() -> int:
    """Work off the waiting orders, one writer at a time; what a killed worker left is simply still waiting."""
    done = 0
    with tree.only_one_writer():
        while (order := RenderOrder.objects.filter(done_at__isnull=True).order_by("priority", "id").first()) is not None:
            if done == 0:
                write_hosts()
            try:
                render_page(order.page_id)
            except Tampered as broken:
                logger.error("content of released page differs from its record: %s", broken)
                Alarm.objects.get_or_create(
                    kind=Alarm.Kind.CONTENT_DIFFERS, what=str(broken)[:500], cleared_at=None, defaults={"found_at": now()}
                )
            # An order renewed while its page was made stays waiting; it counts as done only as it was seen.
            RenderOrder.objects.filter(pk=order.pk, ordered_at=order.ordered_at).update(done_at=now())
            done += 1
    return done


def write_hosts() -> None:
    """Tell the front which sites are open."""
    websites = Website.objects.open().values_list("domain", "kind")
    portal = next((domain for domain, kind in websites if kind == Website.Kind.PORTAL), None)
    tree.write_hosts(portal, [domain for domain, _kind in websites])
