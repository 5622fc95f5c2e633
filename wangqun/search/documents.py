"""From a public row and its release record to what the index holds: the released revision and its attachments, nothing else."""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from wagtail.models import Page

from wangqun.articles.models import ArticlePage
from wangqun.base.tree_paths import paths_above
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.publication.models import Release
from wangqun.publication.render import Tampered, released_page
from wangqun.screening.content import read
from wangqun.search import attachments, text
from wangqun.search.engine import LONGEST_TEXT, Document
from wangqun.websites.sources import one_reading

logger = logging.getLogger(__name__)

AT_ONCE = 200  # pages read by one query
NOT_TEXT = {"title", "source_url", "seo_title", "search_description", "correction_note"}
LAST = ("keywords", "author", "document_number", "cover_text", "description")
"""Fields that are found too, but stand behind the text: an excerpt is better cut from sentences."""


def stamp_of(item: PublicItem) -> int:
    """Return what changes whenever the document of a public row must change: 62 bits, a number of the engine's."""
    parts = (item.updated_at.timestamp(), item.path, item.website_id, item.organisation_id, item.language, item.title)
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()) >> 2


def documents(page_ids: Iterable[int]) -> Iterator[Document]:
    """Yield the documents of those pages that are public; the others are left out."""
    waiting = iter(page_ids)
    while some := list(islice(waiting, AT_ONCE)):
        with one_reading():
            made = list(_some(some))
        yield from made


def _some(page_ids: list[int]) -> Iterator[Document]:
    items = {item.page_id: item for item in PublicItem.objects.filter(page_id__in=page_ids)}
    newest: dict[int, Release] = {}
    for release in Release.objects.filter(page_id__in=items).select_related("revision", "revision__content_type"):
        if release.page_id not in newest or newest[release.page_id].number < release.number:
            newest[release.page_id] = release
    columns = dict(ColumnPage.objects.values_list("path", "pk"))
    for page_id, item in items.items():
        last = newest.get(page_id)
        if last is None or last.kind == Release.Kind.WITHDRAWAL:
            continue
        try:
            yield _document(item, released_page(last), columns)
        except Tampered:  # an alarm of publication; readers must not find such a text
            logger.error("page %s is not indexed: its text differs from its release record", page_id)
        except DatabaseError:
            raise
        except Exception:  # one odd page must not hold up all others; the nightly comparison tries it again
            logger.exception("page %s is not indexed", page_id)


def _document(item: PublicItem, page: Page, columns: dict[str, int]) -> Document:
    above = paths_above(item.path)
    article = page if isinstance(page, ArticlePage) else None
    return Document(
        page_id=item.page_id,
        stamp=stamp_of(item),
        website_id=item.website_id,
        column_ids=tuple(columns[path] for path in above if path in columns),
        kind=article.genre if article else item.kind,
        organisation_id=item.organisation_id,
        number=article.document_number if article else "",
        published=int(item.published_at.timestamp()),
        title=item.title,
        text=_text(page),
        language=item.language,
    )


def _text(page: Page) -> str:
    """Return all that the page shows, a paragraph to a line, then what its attachments say."""
    pieces = [piece for piece in read(page).pieces if piece.anchor not in NOT_TEXT]
    lines = [piece.text for piece in pieces if piece.anchor not in LAST]
    lines += [piece.text for piece in pieces if piece.anchor in LAST]
    made = text.clean("\n".join(lines))
    if isinstance(page, ArticlePage):
        for attachment in page.attachments.all():
            if len(made) < LONGEST_TEXT and attachment.document_id:
                made += "\n" + text.clean(_attached(attachment.document))
    return made[:LONGEST_TEXT]


def _attached(document) -> str:
    file = Path(document.file.path)
    kept = settings.SEARCH_ROOT / "texts"
    return attachments.text_of(file, file.suffix.lower(), document.get_file_hash(), kept)
