"""Fresh copies of whole sites, and which copies the public sees: switching is one rename, going back another. 依据：沪27。"""

import multiprocessing
from collections.abc import Callable, Collection, Iterator
from itertools import islice

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet

from wangqun.access.actions import require
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now
from wangqun.columns import actions as columns
from wangqun.people.actions import system_user
from wangqun.people.models import User
from wangqun.publication import manifest, tree
from wangqun.publication.models import File, Generation, Release, RenderRun, Tree
from wangqun.publication.render import make_page, newest_releases
from wangqun.publication.writing import write, write_new
from wangqun.websites import sources
from wangqun.websites.models import Website

SHOWN = (Website.State.OPEN, Website.State.BUILDING)
CHUNK = 100  # pages that a process makes at a time
KEPT = 2  # generations: the one shown and the one to go back to


def make_trees(websites: Collection[Website]) -> None:
    """Give every site that has none its first tree; the public sees it at once."""
    with_tree = set(Tree.objects.current().filter(website__in=websites).values_list("website_id", flat=True))
    fresh = [website for website in websites if website.pk not in with_tree and website.state != Website.State.CLOSED]
    if not fresh:
        return
    with transaction.atomic():
        _lock()
        for website in fresh:
            if not Tree.objects.current().filter(website=website).exists():
                _new_tree(website, Tree.State.CURRENT, run=0)
        _show(reason="新建网站", by=system_user())


def is_unsettled() -> bool:
    """Return whether the disk shows other trees than it should, as after a switch that was cut off."""
    return tree.shown() != dict(_shown_trees().values_list("host", "number"))


def settle() -> None:
    """Bring links and hosts on the disk in line with what holds: sites that opened or shut, a switch cut off half-way."""
    websites = list(Website.objects.filter(site__isnull=False).order_by("pk"))
    make_trees([one for one in websites if one.state in SHOWN])
    portal = next((one.domain for one in websites if one.is_portal and one.state == Website.State.OPEN), None)
    tree.write_hosts(portal, [one.domain for one in websites if one.state == Website.State.OPEN])
    closed = Tree.objects.current().filter(website__state=Website.State.CLOSED)
    if closed.exists():
        closed.update(state=Tree.State.FORMER)
    wanted = dict(_shown_trees().values_list("host", "number"))
    held = Generation.objects.filter(is_current=True).first()
    listed = dict(held.trees.values_list("host", "number")) if held else {}
    if wanted != listed:
        with transaction.atomic():
            _lock()
            _show(reason="网站开通、暂停或关闭", by=system_user())
    elif held is not None and tree.shown() != listed:
        tree.point(held.number, listed)


def _shown_trees() -> QuerySet[Tree]:
    return Tree.objects.current().filter(website__state__in=SHOWN)


def _lock() -> None:
    """Let one process at a time change what is shown."""
    list(Generation.objects.filter(is_current=True).select_for_update())


def _new_tree(website: Website, state: str, *, run: int) -> Tree:
    last = Tree.objects.filter(host=website.domain).aggregate(last=Max("number"))["last"] or 0
    return Tree.objects.create(
        website=website, host=website.domain, number=last + 1, state=state, made_at=now(), run=run
    )  # fmt: skip


def _show(*, reason: str, by: User) -> Generation:
    """Write a new generation of the current trees of all open sites, and switch to it; inside a transaction."""
    last = Generation.objects.aggregate(last=Max("number"))["last"] or 0
    Generation.objects.filter(is_current=True).update(is_current=False)
    made = Generation.objects.create(number=last + 1, reason=reason[:255], by=by, switched_at=now(), is_current=True)
    trees = list(_shown_trees())
    made.trees.set(trees)
    manifest.add_whole(made)
    record("publication.switch", made, by=by, data={"trees": {one.host: one.number for one in trees}, "reason": reason})
    tree.point(made.number, {one.host: one.number for one in trees})
    transaction.on_commit(manifest.export)
    return made


# -- republish -------------------------------------------------------------------------------------------------------------


def republish(
    websites: Collection[Website], *, by: User, reason: str, processes: int = 1, say: Callable[[str], None] = lambda text: None
) -> Generation:
    """Make all files of `websites` afresh in new trees and switch to them at once; releases go on meanwhile.

    `processes` make files side by side; `say` is told the progress. Killed at any point, the public sees what it saw before.
    Raises Refused where another republish runs. 依据：沪27。
    """
    require(by, "publication.structure")
    scope = [website for website in websites if website.site_id and website.state != Website.State.CLOSED]
    with tree.worker() as name:
        _remove_unfinished()
        run = RenderRun.objects.create(started_at=now(), worker=name)
        for website in scope:
            columns.seal_all(website)
        into = {website.pk: _new_tree(website, Tree.State.BUILDING, run=run.pk) for website in scope}
        total = _build(run, into, processes, reason, say)
        tree.settle()
        made = _switch(run, into, by=by, reason=reason)
        RenderRun.objects.filter(pk=run.pk).update(finished_at=now())
    say(f"已生成 {total} 个页面，切换到第 {made.number} 版。")
    settle()
    forget_old()
    return made


def _remove_unfinished() -> None:
    """Take away what a republish that was cut off left; refuse where one still runs."""
    for left in Tree.objects.filter(state=Tree.State.BUILDING):
        owner = RenderRun.objects.filter(pk=left.run).first()
        if owner is not None and owner.finished_at is None and tree.is_alive(owner.worker):
            raise Refused("正在重新生成网站文件，请等它完成后再试。")
        _remove(left)


def _remove(one: Tree) -> None:
    Tree.objects.filter(pk=one.pk).update(state=Tree.State.REMOVED)
    tree.remove_tree(one.host, one.number)
    while File.objects.filter(pk__in=list(File.objects.filter(tree=one).values_list("pk", flat=True)[:5000])).delete()[0]:
        pass


def _build(run: RenderRun, into: dict[int, Tree], processes: int, reason: str, say: Callable[[str], None]) -> int:
    """Make all pages of the new trees; returns how many."""
    chunks = list(_chunks(into))
    total = sum(len(pages) for _tree, pages in chunks)
    tasks = [(run.pk, one.pk, pages, reason) for one, pages in chunks]
    done = 0
    for count in _each(tasks, processes):
        done += count
        say(f"{done}/{total}")
    return done


def _chunks(into: dict[int, Tree]) -> Iterator[tuple[Tree, list[int]]]:
    for website_id, one in into.items():
        pages = iter(
            Release.objects.filter(website_id=website_id).order_by("page_id").values_list("page_id", flat=True).distinct()
        )
        while chunk := list(islice(pages, CHUNK)):
            yield one, chunk


def _each(tasks: list[tuple[int, int, list[int], str]], processes: int) -> Iterator[int]:
    if processes == 1 or len(tasks) == 1:
        yield from map(_build_chunk, tasks)
        return
    connection.close()  # the children open their own
    with multiprocessing.get_context("fork").Pool(processes, maxtasksperchild=50) as pool:
        yield from pool.imap_unordered(_build_chunk, tasks)


def _build_chunk(task: tuple[int, int, list[int], str]) -> int:
    """Make some pages of a tree that nobody reads yet; runs in a process of its own."""
    run_id, tree_id, page_ids, reason = task
    run, into = RenderRun.objects.get(pk=run_id), Tree.objects.get(pk=tree_id)
    releases = newest_releases(page_ids)
    with sources.one_reading():
        pages = [make_page(page_id, release) for page_id, release in releases.items() if release.website_id == into.website_id]
        write_new(run, into, pages, reason=reason)
    return len(page_ids)


def _switch(run: RenderRun, into: dict[int, Tree], *, by: User, reason: str) -> Generation:
    """Bring the new trees up to what was released while they were made, then show them in place of the old ones."""
    at_work = RenderRun.objects.filter(finished_at__isnull=True).exclude(pk=run.pk).aggregate(first=Min("pk"))["first"]
    until = at_work - 1 if at_work else RenderRun.objects.latest("pk").pk  # runs that may still write are looked at again
    _catch_up(into, _changed_since(into, run.pk), reason)  # most of it, before anybody has to wait
    with transaction.atomic():
        # First the trees, then the generation: in the order in which those who write files take them.
        old = list(Tree.objects.current().filter(website_id__in=into).order_by("pk").select_for_update())
        _lock()
        _catch_up(into, _changed_since(into, until), reason)
        Tree.objects.filter(pk__in=[one.pk for one in old]).update(state=Tree.State.FORMER)
        Tree.objects.filter(pk__in=[one.pk for one in into.values()]).update(state=Tree.State.CURRENT)
        return _show(reason=reason, by=by)


def _changed_since(into: dict[int, Tree], run_id: int) -> dict[int, set[int]]:
    """Return, by site, the pages whose shown files were made by a later run than `run_id`, or are no longer there."""
    changed: dict[int, set[int]] = {website_id: set() for website_id in into}
    later = File.objects.public().filter(tree__website_id__in=into, run__gt=run_id)
    for website_id, page_id in later.values_list("tree__website_id", "page_id").distinct():
        changed[website_id].add(page_id)
    return changed


def _catch_up(into: dict[int, Tree], changed: dict[int, set[int]], reason: str) -> None:
    for website_id, page_ids in changed.items():
        for start in range(0, len(page_ids), CHUNK):
            some = sorted(page_ids)[start : start + CHUNK]
            run = RenderRun.objects.create(started_at=now(), worker="")
            releases = newest_releases(some)
            with sources.one_reading():
                pages = [make_page(page_id, releases.get(page_id)) for page_id in some]
                write(run, pages, reason=reason, trees={website_id: into[website_id]})
            tree.forget_aside(run.pk)
            RenderRun.objects.filter(pk=run.pk).update(finished_at=now())


def rollback(*, by: User, reason: str) -> Generation:
    """Show the trees of the generation before again, brought up to every release and withdrawal made since. 依据：沪27。

    Raises Refused where there is none to go back to.
    """
    require(by, "publication.structure")
    with transaction.atomic():
        states = [Tree.State.CURRENT, Tree.State.FORMER]
        trees = list(Tree.objects.filter(state__in=states).order_by("pk").select_for_update())
        _lock()
        current = {one.website_id: one for one in trees if one.state == Tree.State.CURRENT}
        former = {one.website_id: one for one in trees if one.state == Tree.State.FORMER and one.website_id in current}
        if not former:
            raise Refused("没有可以退回的上一版，只有重新生成过的网站才能退回。")
        for website_id, one in former.items():
            _catch_up({website_id: one}, {website_id: _differing(one, current[website_id])}, reason)
        shown = [current[website_id].pk for website_id in former]
        Tree.objects.filter(pk__in=shown).update(state=Tree.State.FORMER)
        Tree.objects.filter(pk__in=[one.pk for one in former.values()]).update(state=Tree.State.CURRENT)
        return _show(reason=reason, by=by)


def _differing(former: Tree, current: Tree) -> set[int]:
    """Return the pages that changed since `current` took the place of `former`, and those that only one of them has."""
    later = set(File.objects.filter(tree=current, run__gt=current.run).values_list("page_id", flat=True).distinct())
    have = [set(File.objects.filter(tree=one).values_list("page_id", flat=True).distinct()) for one in (former, current)]
    return later | (have[0] ^ have[1])


def forget_old() -> None:
    """Remove trees and links that no kept generation shows: the newest former tree of each site stays to go back to."""
    kept: set[str] = set()
    for one in Tree.objects.filter(state=Tree.State.FORMER).order_by("host", "-number"):
        if one.host in kept or one.website.state == Website.State.CLOSED:
            _remove(one)
        kept.add(one.host)
    numbers = list(Generation.objects.order_by("-number").values_list("number", flat=True))
    for number in numbers[KEPT:]:
        tree.forget_generation(number)
