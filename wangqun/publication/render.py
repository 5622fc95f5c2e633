"""From a release record to files: what a page consists of, made from the released revision and nothing else."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from django.contrib.contenttypes.models import ContentType
from django.db.models import OuterRef, Subquery
from wagtail.models import Page

from wangqun.articles.models import ArticlePage
from wangqun.columns.models import PublicItem
from wangqun.languages import known, traditional
from wangqun.publication.models import Release
from wangqun.websites import sources
from wangqun.websites.content import content_hash, page_of
from wangqun.websites.models import Website
from wangqun.websites.pages import CHINESE, HTML, Assets, PublicFile


class Tampered(Exception):
    """The stored revision is not what was signed."""


@dataclass(frozen=True)
class Made:
    """One file, made; `sources` are the things it shows besides its own page."""

    path: str
    content: bytes
    content_type: str
    sources: frozenset[str] = frozenset()
    release: Release | None = None  # where another record than the page's covers it: a text in traditional Chinese made by hand


@dataclass
class MadePage:
    """The files of one page. `is_whole` says whether these are all, so that any other file of it is to go."""

    page_id: int
    release: Release | None
    is_whole: bool
    asked: frozenset[str] = frozenset()  # what was asked for; what of it was not made is to go
    files: list[Made] = field(default_factory=list)
    cover: str = ""
    has_new_cover: bool = False


SITE = ("organisation", "undertaker", "site__root_page")
TRADITIONAL = "zh-hant/"
CONVERTED = ("text/html", "application/rss+xml")
MEDIA_TYPES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
    ".svg": "image/svg+xml", ".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8",
}  # fmt: skip


def newest_releases(page_ids: Collection[int]) -> dict[int, Release]:
    """Return the newest record of each page with its revision, page and site, in as many queries for one as for a thousand."""
    numbers = Release.objects.filter(page_id=OuterRef("page_id")).order_by("-number").values("pk")[:1]
    rows = list(Release.objects.filter(page_id__in=page_ids, pk=Subquery(numbers)).select_related("revision", "page"))
    websites = Website.objects.select_related(*SITE).in_bulk({row.website_id for row in rows})
    for row in rows:
        row.website = websites[row.website_id]
        if row.revision is not None:
            row.revision.content_type = ContentType.objects.get_for_id(row.revision.content_type_id)  # Django keeps them
    return {row.page_id: row for row in rows}


def released_page(release: Release) -> Page:
    """Return the page as it was released; raises Tampered where it is not what was signed, or moved without a record."""
    if content_hash(release.revision) != release.content_hash:
        raise Tampered(f"{release.page_id} {release.title}")
    page = page_of(release.revision, release.page)
    page.website = sources.read_once(f"website:{release.website_id}", lambda: release.website)
    if page.public_path != release.address:
        raise Tampered(f"{release.page_id} {release.title}（移动未经备案）")
    if release.organisation_id:
        page.responsible_organisation = sources.read_once(
            f"organisation:{release.organisation_id}", lambda: release.organisation
        )
    page.first_published_at, page.last_published_at = release.published_at, release.released_at
    return page


def make_page(page_id: int, release: Release | None, paths: Collection[str] = ()) -> MadePage:
    """Make the files of a page as its newest release record says; `paths` names some of them, none means all.

    Raises Tampered. A closed site has no files.
    """
    made = MadePage(page_id, release, is_whole=not paths, asked=frozenset(paths))
    if release is None or release.website.state == Website.State.CLOSED:
        return made
    if release.kind == Release.Kind.WITHDRAWAL:
        made.is_whole = True
        made.files = list(_gone(release))
        return made
    page = released_page(release)
    assets = Assets(page.folder)
    by_hand = _by_hand(page, release)
    for file in page.public_files():
        if not paths or file.path in paths:
            made.files += _made(page, replace(file, has_traditional=False) if by_hand else file, assets)
    made.files += by_hand
    if made.is_whole:
        made.cover = page.cover_address(assets) if hasattr(page, "cover_address") else ""
        made.files += _copies(assets)
    return made


def _made(page: Page, file: PublicFile, assets: Assets) -> Iterator[Made]:
    """Make one file, and its traditional sibling where it is a text for readers in simplified Chinese."""
    with sources.noting() as noted:
        content = file.make(assets)
    used = frozenset(noted - sources.of_every_page(page.website))
    yield Made(file.path, content, file.content_type, used)
    if file.has_traditional and file.content_type.startswith(CONVERTED):
        yield Made(TRADITIONAL + file.path, traditional.convert(content, file.content_type), file.content_type)


def _by_hand(page: Page, release: Release) -> list[Made]:
    """Make the page in traditional Chinese from the text that people made of exactly this version; [] where there is none."""
    if not isinstance(page, ArticlePage) or page.language != CHINESE:
        return []
    texts = sources.read_once(f"by_hand:{release.website_id}", lambda: _all_by_hand(release.website))
    theirs = newest_releases([texts[page.pk]]).get(texts[page.pk]) if page.pk in texts else None
    if theirs is None:
        return []
    text = released_page(theirs)
    if text.translated_hash != release.content_hash:
        return []
    assets = Assets(text.folder)
    kept = [text.title, text.summary, text.author, text.keywords, text.cover_text]
    content = traditional.convert(text.make(assets), HTML, kept=kept)
    made = Made(f"{text.folder}/index.html", content, HTML, release=theirs)
    return [made, *(replace(copy, release=theirs) for copy in _copies(assets))]


def _all_by_hand(website: Website) -> dict[int, int]:
    """Return the public texts in traditional Chinese made by hand, by their source."""
    items = PublicItem.objects.filter(website=website, language=known.TRADITIONAL)
    return dict(ArticlePage.objects.filter(pk__in=items.values("page_id")).values_list("translation_of_id", "pk"))


def _copies(assets: Assets) -> Iterator[Made]:
    """Take along pictures and attachments that the files refer to."""
    for path, source in assets.copies.items():
        suffix = "." + path.rsplit(".", 1)[-1] if "." in path else ""
        with source.open("rb") as content:
            yield Made(path, content.read(), MEDIA_TYPES.get(suffix, "application/octet-stream"))


def _gone(release: Release) -> Iterator[Made]:
    """Make the notice that answers 410; a text in traditional Chinese leaves its place to the machine's conversion instead."""
    page = Page.objects.get(pk=release.page_id).specific
    page.website = release.website
    language = getattr(page, "language", CHINESE)
    if language == known.TRADITIONAL:
        return
    context = {
        "release": release,
        "title": release.title,
        "reason": release.get_withdrawal_reason_display(),
        "note": release.note,
        "withdrawn_at": release.released_at,
        "address": page.public_path,
    }
    file = PublicFile(
        f"{page.folder}/gone.html", HTML, lambda assets: page.render("gone.html", assets, **context), language == CHINESE
    )
    yield from _made(page, file, Assets(page.folder))
