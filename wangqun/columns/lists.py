"""The files of a column: its newest entries, older pages that hardly ever change again, and its feed.

Full pages of 20 are numbered from the oldest and an entry keeps its page for good (`columns.actions.seal`), so adding one
rewrites index.html only and a withdrawal only the page it stood on; at every twentieth the oldest 20 leave index.html and
the page before them gains its link to the newer one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F, Max, Window
from django.db.models.functions import RowNumber, Substr
from wagtail.models import Page

from wangqun.columns import feeds
from wangqun.columns.models import ColumnPage, PublicItem, PublicItemQuerySet
from wangqun.columns.spoken import columns_by_language, languages_below
from wangqun.languages.known import SIMPLIFIED, folder
from wangqun.languages.names import page_name, renamed, site_name
from wangqun.websites.pages import HTML, Assets, PublicFile, speaking
from wangqun.websites.sources import uses

CHILD_LENGTH = 6  # entries shown of each child column
LINKED_PAGES = 5  # page numbers shown at a time
TEMPLATE = "columns/column_page.html"


@dataclass(frozen=True)
class Branch:
    """A column with the newest entries in it and in the columns below it."""

    column: PublicItem
    entries: list[PublicItem]


@dataclass(frozen=True)
class Pagination:
    """The links between a column's pages. Full pages count from the oldest; `current` is None on index.html."""

    base: str
    current: int | None
    newer: int | None
    older: int | None
    numbers: list[int]

    @property
    def is_needed(self) -> bool:
        return self.current is not None or self.older is not None


def older_pages(column: ColumnPage, language: str = SIMPLIFIED) -> int:
    """Return how many full pages have left index.html, which keeps 20 to 39 entries once there were 40."""
    return PublicItem.objects.articles(language).filter(column=column).aggregate(last=Max("list_page"))["last"] or 0


def folder_of(column: ColumnPage, language: str) -> str:
    """Return the folder of a column's lists in a language: "gzdt", "en/gzdt"."""
    return f"{folder(language)}/{column.folder}".lstrip("/")


def list_path(column: ColumnPage, number: int, language: str = SIMPLIFIED) -> str:
    """Return the file of an older page of a column."""
    return f"{folder_of(column, language)}/p/{number}/index.html"


def within(page: Page, language: str) -> str:
    """Return the source that stands for the articles of a language in the tree below `page`."""
    return f"within:{page.pk}" if language == SIMPLIFIED else f"within:{page.pk}:{language}"


def first_paths(column: ColumnPage, language: str) -> list[str]:
    """Return the files of a column that exist as soon as it holds anything in a language."""
    return [f"{folder_of(column, language)}/{name}" for name in ("index.html", "feed.xml")]


def newest_by_branch(
    items: PublicItemQuerySet, columns: list[PublicItem], length: int, language: str = SIMPLIFIED
) -> list[Branch]:
    """Return for each of `columns` (all of one depth) its newest entries among `items`, in one query."""
    if not columns:
        return []
    row = Window(RowNumber(), partition_by=F("branch"), order_by=[F("published_at").desc(), F("pk").desc()])
    numbered = items.articles(language).annotate(branch=Substr("path", 1, len(columns[0].path))).annotate(row=row)
    entries: dict[str, list[PublicItem]] = {column.path: [] for column in columns}
    for item in numbered.filter(row__lte=length).order_by("branch", "row"):
        entries.get(item.branch, []).append(item)
    return [Branch(column, entries[column.path]) for column in columns]


def column_files(column: ColumnPage) -> Iterator[PublicFile]:
    """Yield index.html, the full older pages p/1/, p/2/, …, and feed.xml; the same in each language that it has articles in."""
    for language in (SIMPLIFIED, *languages_below(column, column.website)):
        pages = older_pages(column, language)
        convert = language == SIMPLIFIED
        index, feed = first_paths(column, language)
        yield PublicFile(index, HTML, partial(_newest, column, language, pages), convert)
        for number in range(1, pages + 1):
            make = partial(_older, column, language, number, number < pages)
            yield PublicFile(list_path(column, number, language), HTML, make, convert)
        yield PublicFile(feed, feeds.CONTENT_TYPE, partial(_feed, column, language), convert)


def _newest(column: ColumnPage, language: str, pages: int, assets: Assets) -> bytes:
    uses(within(column, language), f"columns:{column.website.pk}", f"item:{column.pk}")
    mine = PublicItem.objects.articles(language).filter(column=column)
    entries = list(mine.filter(list_page__isnull=True).newest_first())
    total = mine.count() if pages else len(entries)
    below = PublicItem.objects.within(column)
    branches = newest_by_branch(below, _children(column, language), CHILD_LENGTH, language)
    return _render(
        column, assets, language, entries=entries, total=total, branches=branches,
        updated_at=_updated_at(column, below, language), number=None, newer=None, older=pages or None,
        numbers=list(range(pages, max(0, pages - LINKED_PAGES), -1)),
    )  # fmt: skip


def _children(column: ColumnPage, language: str) -> list[PublicItem]:
    """Return the columns right below this one; in a foreign language, those that hold something in it."""
    children = PublicItem.objects.columns().filter(column=column).order_by("position", "path")
    if language == SIMPLIFIED:
        return list(children)
    held = columns_by_language(column.website).get(language, [])
    return [child for child in children if any(path.startswith(child.path) for path in held)]


def _updated_at(column: ColumnPage, below: PublicItemQuerySet, language: str) -> datetime | None:
    """Return when something last changed in the column, or when the column itself was released."""
    newest = below.articles(language).aggregate(at=Max("updated_at"))["at"]
    return newest or PublicItem.objects.filter(page_id=column.pk).values_list("updated_at", flat=True).first()


def _older(column: ColumnPage, language: str, number: int, has_newer: bool, assets: Assets) -> bytes:
    entries = list(PublicItem.objects.articles(language).filter(column=column, list_page=number).newest_first())
    uses(f"item:{column.pk}", *(f"item:{entry.page_id}" for entry in entries))
    newer, older = (number + 1 if has_newer else None), (number - 1 or None)
    return _render(
        column, assets, language, entries=entries, updated_at=max((entry.updated_at for entry in entries), default=None),
        number=number, newer=newer, older=older,
        numbers=([newer] if newer else []) + list(range(number, max(0, number - LINKED_PAGES), -1)),
    )  # fmt: skip


def _render(
    column: ColumnPage, assets: Assets, language: str, *, number: int | None, newer: int | None, older: int | None,
    numbers: list[int], branches: Sequence[Branch] = (), **context: Any,
) -> bytes:  # fmt: skip
    base = f"/{folder_of(column, language)}/"
    with speaking(language):
        title = page_name(column.website, column.pk, column.title)
        shown = [Branch(renamed(column.website, [branch.column])[0], branch.entries) for branch in branches]
    return column.render(
        TEMPLATE, assets, language=language, column=column, title=title, branches=shown, base=base,
        description=(column.description if language == SIMPLIFIED else "") or title,
        address=f"{base}p/{number}/" if number else base, pagination=Pagination(base, number, newer, older, numbers), **context,
    )  # fmt: skip


def _feed(column: ColumnPage, language: str, _assets: Assets) -> bytes:
    website = column.website
    uses(within(column, language), f"item:{column.pk}")
    items = PublicItem.objects.articles(language).within(column).newest_first()[: feeds.LENGTH]
    with speaking(language):
        title = page_name(website, column.pk, column.title)
        description = column.description if language == SIMPLIFIED else ""
        return feeds.rss(
            website, title=f"{title} - {site_name(website)}", description=description or title,
            address=f"/{folder_of(column, language)}/", items=items, language=language,
        )  # fmt: skip
