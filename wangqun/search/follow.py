"""Keeps the index at the release records: reads those after its position, commits at once. One process does it.

What a record says is looked up anew: the page as it is public now is put in, or taken out. Doing it twice changes nothing, so
a follower may be killed anywhere. On PostgreSQL a record may become visible after one with a higher number: the last
`OVERLAP` numbers are looked at each time, and those done are remembered. Whatever should slip through all the same is found
by `compare`, at every start and each night.
"""

import logging
from collections.abc import Iterable

from django.db.models import Max

from wangqun.columns.models import PublicItem
from wangqun.publication.models import Release
from wangqun.search.documents import documents, stamp_of
from wangqun.search.engine import Engine, Position

logger = logging.getLogger(__name__)

OVERLAP = 1000  # numbers of records
AT_ONCE = 100  # records between two commits
MOST_LEFT_OUT = 5000


def step(engine: Engine) -> int:
    """Index the release records that are new, oldest first; returns how many. Builds an index that is missing."""
    position = engine.position()
    if position is None:
        rebuild(engine)
        return 0
    fresh = _unread(position)[:AT_ONCE]
    if not fresh:
        return 0
    pages = set(Release.objects.filter(pk__in=fresh).values_list("page_id", flat=True))
    _renew(engine, pages, _further(position, fresh))
    return len(fresh)


def _unread(position: Position) -> list[int]:
    after = Release.objects.filter(pk__gt=position.newest - OVERLAP).order_by("pk").values_list("pk", flat=True)
    return [number for number in after if number not in position.seen]


def _further(position: Position, done: Iterable[int]) -> Position:
    seen = position.seen | set(done)
    newest = max(seen, default=0)
    return Position(newest, frozenset(number for number in seen if number > newest - OVERLAP))


def _renew(engine: Engine, pages: Iterable[int], position: Position) -> None:
    """Put in each page as it is public now, take out those that are not, commit."""
    wanted = set(pages)
    found = list(documents(sorted(wanted)))
    engine.put(found)
    engine.remove(sorted(wanted - {one.page_id for one in found}))
    engine.commit(position)


def rebuild(engine: Engine) -> int:
    """Make the index afresh beside the one in use and switch; returns the number of documents.

    Records written while this runs are read again by the next steps.
    """
    newest = Release.objects.aggregate(newest=Max("pk"))["newest"] or 0
    seen = frozenset(Release.objects.filter(pk__gt=newest - OVERLAP, pk__lte=newest).values_list("pk", flat=True))
    pages = list(PublicItem.objects.order_by("pk").values_list("page_id", flat=True))
    count = engine.rebuild(documents(pages), Position(newest, seen))
    logger.info("search index made: %s documents", count)
    return count


def differences(engine: Engine) -> set[int]:
    """Return the pages whose document is missing, is of another state, or should not be there."""
    held = engine.stamps()
    public = {item.page_id: stamp_of(item) for item in PublicItem.objects.iterator(chunk_size=2000)}
    return {page for page in held.keys() | public.keys() if held.get(page) != public.get(page)}


def compare(engine: Engine) -> int:
    """Repair whatever differs between index and public rows; returns how many pages that was. 依据：沪27。"""
    position = engine.position()
    if position is None:
        return rebuild(engine)
    wrong = sorted(differences(engine))
    for start in range(0, len(wrong), AT_ONCE):
        _renew(engine, wrong[start : start + AT_ONCE], position)
    if wrong:
        logger.warning("search index differed from the public rows at %s pages, first %s", len(wrong), wrong[:5])
    return len(wrong)


def withdrawn_since(position: Position | None) -> tuple[int, ...]:
    """Return the pages withdrawn by records that the index has not read: they are in no answer from this moment on."""
    if position is None:
        return ()
    after = Release.objects.filter(pk__gt=position.newest - OVERLAP, kind=Release.Kind.WITHDRAWAL)
    rows = after.order_by("-pk").values_list("pk", "page_id")[:MOST_LEFT_OUT]
    return tuple({page for number, page in rows if number not in position.seen})
