"""The files of a column: its newest entries, older pages that hardly ever change again, and its feed.

Full pages of 20 are numbered from the oldest and an entry keeps its page for good (`columns.actions.seal`), so adding one
rewrites index.html only and a withdrawal only the page it stood on; at every twentieth the oldest 20 leave index.html and
the page before them gains its link to the newer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db.models import F, Max, Window
from django.db.models.functions import RowNumber, Substr

from wangqun.columns import feeds
from wangqun.columns.models import ColumnPage, PublicItem, PublicItemQuerySet
from wangqun.websites.pages import Assets, PublicFile
from wangqun.websites.sources import uses

HTML = "text/html; charset=utf-8"
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


def older_pages(column: ColumnPage) -> int:
    """Return how many full pages have left index.html, which keeps 20 to 39 entries once there were 40."""
    return PublicItem.objects.articles().filter(column=column).aggregate(last=Max("list_page"))["last"] or 0


def list_path(column: ColumnPage, number: int) -> str:
    """Return the file of an older page of a column."""
    return f"{column.folder}/p/{number}/index.html"


def newest_by_branch(items: PublicItemQuerySet, columns: list[PublicItem], length: int) -> list[Branch]:
    """Return for each of `columns` (all of one depth) its newest entries among `items`, in one query."""
    if not columns:
        return []
    row = Window(RowNumber(), partition_by=F("branch"), order_by=[F("published_at").desc(), F("pk").desc()])
    numbered = items.articles().annotate(branch=Substr("path", 1, len(columns[0].path))).annotate(row=row)
    entries: dict[str, list[PublicItem]] = {column.path: [] for column in columns}
    for item in numbered.filter(row__lte=length).order_by("branch", "row"):
        entries.get(item.branch, []).append(item)
    return [Branch(column, entries[column.path]) for column in columns]


def column_files(column: ColumnPage) -> Iterator[PublicFile]:
    """Yield index.html, the full older pages p/1/, p/2/, …, and feed.xml."""
    pages = older_pages(column)
    yield PublicFile(f"{column.folder}/index.html", HTML, partial(_newest, column, pages))
    for number in range(1, pages + 1):
        yield PublicFile(list_path(column, number), HTML, partial(_older, column, number, number < pages))
    yield PublicFile(f"{column.folder}/feed.xml", feeds.CONTENT_TYPE, partial(_feed, column))


def _newest(column: ColumnPage, pages: int, assets: Assets) -> bytes:
    uses(f"within:{column.pk}", f"columns:{column.website.pk}", f"item:{column.pk}")
    mine = PublicItem.objects.articles().filter(column=column)
    entries = list(mine.filter(list_page__isnull=True).newest_first())
    total = mine.count() if pages else len(entries)
    children = list(PublicItem.objects.columns().filter(column=column).order_by("position", "path"))
    within = PublicItem.objects.within(column)
    pagination = Pagination(column.public_path, None, None, pages or None, list(range(pages, max(0, pages - LINKED_PAGES), -1)))
    return column.render(
        TEMPLATE, assets, column=column, entries=entries, total=total, pagination=pagination, address=column.public_path,
        branches=newest_by_branch(within, children, CHILD_LENGTH), updated_at=_updated_at(column, within),
    )  # fmt: skip


def _updated_at(column: ColumnPage, within: PublicItemQuerySet) -> datetime | None:
    """Return when something last changed in the column, or when the column itself was released."""
    newest = within.articles().aggregate(at=Max("updated_at"))["at"]
    return newest or PublicItem.objects.filter(page_id=column.pk).values_list("updated_at", flat=True).first()


def _older(column: ColumnPage, number: int, has_newer: bool, assets: Assets) -> bytes:
    entries = list(PublicItem.objects.articles().filter(column=column, list_page=number).newest_first())
    uses(f"item:{column.pk}", *(f"item:{entry.page_id}" for entry in entries))
    newer, older = (number + 1 if has_newer else None), (number - 1 or None)
    numbers = ([newer] if newer else []) + list(range(number, max(0, number - LINKED_PAGES), -1))
    pagination = Pagination(column.public_path, number, newer, older, numbers)
    return column.render(
        TEMPLATE, assets, column=column, entries=entries, pagination=pagination,
        address=f"{column.public_path}p/{number}/", updated_at=max((entry.updated_at for entry in entries), default=None),
    )  # fmt: skip


def _feed(column: ColumnPage, _assets: Assets) -> bytes:
    website = column.website
    uses(f"within:{column.pk}", f"item:{column.pk}")
    items = PublicItem.objects.articles().within(column).newest_first()[: feeds.LENGTH]
    return feeds.rss(
        website, title=f"{column.title} - {website.name}", description=column.description or column.title,
        address=column.public_path, items=items,
    )  # fmt: skip
