"""Which files a change touches, and the orders that follow from it. 依据：沪23。

Every file notes what it was made from (`FileSource`, websites/sources.py). A change names the sources that it changed;
the files that noted one of them are made again. What stands on every page of a site is not noted page by page.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from wagtail.models import Page

from wangqun.articles.models import ArticlePage
from wangqun.audit.models import ChainHead, Entry
from wangqun.base.moments import now
from wangqun.base.tree_paths import paths_above
from wangqun.columns.models import PublicItem
from wangqun.people.models import Organisation, User
from wangqun.publication import generations
from wangqun.publication.models import File, FollowedLog, Rebuild, RenderOrder
from wangqun.publication.render import TRADITIONAL, MadePage
from wangqun.websites.models import Website
from wangqun.websites.pages import CHINESE

WIDE_FROM = 200  # files; a change that touches more is worked off in chunks behind everything else
IN_NAVIGATION = ("title", "address", "position")
CHUNK = 64  # files ordered at a time
EVERYWHERE = {"portal", "protected_words"}

# Verbs of apps below this one whose effect readers see: verb -> sources, {id} is the subject's number.
FOLLOWED: dict[str, tuple[str, ...]] = {
    "websites.open": ("websites", "network", "website:{id}"),
    "websites.resume": ("websites", "network", "website:{id}"),
    "websites.suspend": ("websites", "network"),
    "websites.close": ("websites", "network"),
    "websites.register": ("website:{id}", "websites"),
    "people.change_organisation": ("organisation:{id}",),
    "people.found_group": ("leading_group",),
    "people.seat": ("leading_group",),
    "languages.save_name": ("names:{id}",),
    "languages.save_word": ("protected_words",),
    "languages.remove_word": ("protected_words",),
}
NAMES = {
    "item": "页面", "within": "栏目或网站内的最新稿件", "columns": "网站的全部栏目", "navigation": "网站的导航",
    "map": "网站地图分册",
    "website": "网站登记", "organisation": "单位资料", "websites": "各网站名录", "portal": "门户的名称和域名",
    "network": "各站最新稿件", "leading_group": "领导小组", "protected_words": "繁体专名",
    "names": "网站的外文栏目和名称",
}  # fmt: skip
LIFE = {"websites.open", "websites.resume", "websites.suspend", "websites.close"}


def files_of(source: str) -> QuerySet[File]:
    """Return the public files that show `source`; the traditional sibling of a file is always made with it."""
    files = File.objects.public().exclude(path__startswith=TRADITIONAL)
    kind, _, number = source.partition(":")
    text = Q(content_type__startswith="text/html") | Q(content_type__contains="xml") | Q(path="robots.txt")
    if source in EVERYWHERE:
        return files.filter(text)
    noted = files.filter(pk__in=File.objects.filter(sources__key=source).values("pk"))
    if kind in {"website", "navigation"}:
        return files.filter(text & Q(tree__website_id=number)) | noted
    if kind == "organisation":
        return files.filter(text & Q(tree__website__organisation_id=number)) | noted
    return noted


def order_page(page: Page, *, reason: str) -> None:
    """Order all files of one page, before everything else."""
    RenderOrder.objects.create(page_id=page.pk, priority=RenderOrder.Priority.PAGE, reason=reason[:255], ordered_at=now())


def order_files(page: Page, paths: Iterable[str], *, reason: str) -> None:
    """Order some files of one page, which need not exist yet, with the lists."""
    _order([(page.pk, path) for path in paths], RenderOrder.Priority.LISTS, reason)


def order_sources(keys: Iterable[str], *, reason: str, by: User | None = None, but: Page | None = None) -> None:
    """Order the files that show one of `keys`; a source shown by very many becomes a `Rebuild`. `but` is ordered already."""
    targets: dict[tuple[int, str], None] = {}
    for key in sorted(set(keys)):
        shown = files_of(key)
        if but is not None:
            shown = shown.exclude(page_id=but.pk)
        found = list(shown.values_list("page_id", "path")[: WIDE_FROM + 1])
        if len(found) > WIDE_FROM:
            start_rebuild(key, reason=reason, by=by)
        else:
            targets |= dict.fromkeys(found)
    _order(list(targets), RenderOrder.Priority.LISTS, reason)


def _order(targets: list[tuple[int, str]], priority: RenderOrder.Priority, reason: str) -> None:
    RenderOrder.objects.bulk_create(
        RenderOrder(page_id=page_id, path=path, priority=priority, reason=reason[:255], ordered_at=now())
        for page_id, path in targets
    )


def start_rebuild(source: str, *, reason: str, by: User | None) -> Rebuild:
    """Begin a wide change; one of the same source that still runs starts over."""
    Rebuild.objects.running().filter(source=source).update(finished_at=now())
    return Rebuild.objects.create(source=source, reason=reason[:255], by=by, ordered_at=now(), total=files_of(source).count())


def next_chunk() -> bool:
    """Order the next files of the oldest wide change that runs; returns whether there was one."""
    with transaction.atomic():
        rebuild = Rebuild.objects.running().order_by("id").select_for_update().first()
        if rebuild is None:
            return False
        rows = files_of(rebuild.source).filter(pk__gt=rebuild.position).order_by("pk")
        chunk = list(rows.values_list("pk", "page_id", "path")[:CHUNK])
        _order([(page_id, path) for _pk, page_id, path in chunk], RenderOrder.Priority.WIDE, rebuild.reason)
        rebuild.done += len(chunk)
        if chunk:
            rebuild.position = chunk[-1][0]
        else:
            rebuild.finished_at = now()
        rebuild.save(update_fields=["done", "position", "finished_at"])
    return True


def follow_log() -> None:
    """Order what changes of apps below this one touch; they know nothing of files, but every change stands in the log.

    The log's numbers grow in the order of commits (audit/models.py), so none is ever passed over.
    """
    head, place = _places()
    if place is None:
        FollowedLog.objects.create(pk=1, entry_number=head)
    elif place < head:
        _follow(head)


def _places() -> tuple[int, int | None]:
    """Return where the log ends, and how far it has been read; None before the first reading."""
    head = ChainHead.objects.filter(stream="main").values_list("sequence", flat=True).first() or 0
    return head, FollowedLog.objects.order_by("pk").values_list("entry_number", flat=True).first()


def is_behind() -> bool:
    """Return whether the log holds entries not looked at yet, or a wide change is not finished."""
    head, place = _places()
    return place is None or place < head or Rebuild.objects.running().exists()


@transaction.atomic
def _follow(head: int) -> None:
    place = FollowedLog.objects.select_for_update().get(pk=1)
    entries = Entry.objects.filter(stream="main", sequence__gt=place.entry_number, sequence__lte=head, verb__in=FOLLOWED)
    for entry in entries.order_by("sequence"):
        keys = [key.format(id=entry.subject_id) for key in FOLLOWED[entry.verb]]
        order_sources(keys, reason=f"{entry.verb_name}：{entry.subject_label}")
        if entry.verb in LIFE:
            transaction.on_commit(generations.settle)
    FollowedLog.objects.filter(pk=1).update(entry_number=head)


def after_writing(pages: list[MadePage]) -> None:
    """Order again the lists that show an article whose cover's address is known only since its files stand."""
    changed = [f"item:{page.page_id}" for page in pages if page.is_whole and page.has_new_cover]
    if changed:
        order_sources(changed, reason="封面图片")


# -- questions -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Impact:
    """What a change of some sources would make again: files by site, and whether that is a wide change."""

    by_site: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_site.values())

    @property
    def is_wide(self) -> bool:
        return self.total > WIDE_FROM


def impact(*keys: str) -> Impact:
    """Return what a change of these sources will touch, by site; traditional siblings are not counted apart."""
    files = File.objects.none()
    for key in keys:
        files = files | files_of(key)
    rows = files.values("tree__website__name").annotate(number=Count("pk", distinct=True)).order_by("-number")
    return Impact({row["tree__website__name"]: row["number"] for row in rows})


def name_of(key: str) -> str:
    """Return in words what a source is."""
    kind, _, number = key.partition(":")
    words = NAMES.get(kind, kind)
    if kind in {"item", "within"}:
        number = number.partition(":")[0]
        return f"{words}“{Page.objects.filter(pk=number).values_list('title', flat=True).first() or number}”"
    if kind in {"columns", "navigation", "website", "map", "names"}:
        site = Website.objects.filter(pk=number.partition(":")[0]).first()
        return f"{words}“{site or number}”"
    if kind == "organisation":
        return f"{words}“{Organisation.objects.filter(pk=number).first() or number}”"
    return words


def _of_a_translation(page: Page, item: PublicItem) -> set[str]:
    """Return what else a translation changes: its source in the map, and where it is the first or only one, what is spoken."""
    keys = {f"map:{item.website_id}:{part}" for part in _family(page).values_list("map_part", flat=True)}
    others = PublicItem.objects.filter(website=item.website_id, language=item.language).exclude(pk=item.pk)
    if not others.filter(column=item.column_id).exists():
        keys.add(f"names:{item.website_id}")
    if not others.exists():
        keys.add(f"navigation:{item.website_id}")  # the switch on every page of the site
    return keys


def _family(page: Page) -> QuerySet[PublicItem]:
    return (
        PublicItem.objects.filter(page_id__in=page.family.values("pk"))
        if isinstance(page, ArticlePage)
        else PublicItem.objects.none()
    )


def sources_of(page: Page, *, before: PublicItem | None = None) -> set[str]:
    """Return the sources that a release or withdrawal of `page` changes; `before` is its projection before a release.

    Without `before` everything that shows the page counts, as when it is new or withdrawn.
    """
    item = PublicItem.objects.filter(page_id=page.pk).first()
    paths = {page.path, before.path if before else page.path}
    above = [above for path in paths for above in paths_above(path, itself=False)[1:]]
    language = item.language if item else CHINESE
    numbers = Page.objects.filter(path__in=above).values_list("pk", flat=True)
    keys = {f"item:{page.pk}"} | {f"within:{pk}" if language == CHINESE else f"within:{pk}:{language}" for pk in numbers}
    if item is None:
        return keys
    keys.add(f"map:{item.website_id}:{item.map_part}")
    if item.kind == PublicItem.Kind.ARTICLE and language == CHINESE:
        keys.add("network")
    if language != CHINESE:
        keys |= _of_a_translation(page, item)
    if item.kind == PublicItem.Kind.COLUMN:
        is_named_otherwise = before is None or any(getattr(item, name) != getattr(before, name) for name in IN_NAVIGATION)
        keys.add(f"columns:{item.website_id}")
        if item.column_id is None and is_named_otherwise:
            keys.add(f"navigation:{item.website_id}")
    return keys
