"""Where pages stand: their column, their names. A few questions for any number of pages."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from wagtail.models import Page

from wangqun.base.tree_paths import paths_above
from wangqun.columns.models import ColumnPage

AT_ONCE = 500  # values in one question to the database
Anything = TypeVar("Anything")


def columns_of(pages: Iterable[int]) -> dict[int, int]:
    """Return the column of each page: the column itself, or the one right above; a home page has none."""
    paths: dict[int, str] = {}
    for part in parts(pages):
        paths |= dict(Page.objects.filter(pk__in=part).values_list("pk", "path"))
    columns: dict[str, int] = {}
    for near_paths in parts({near for path in paths.values() for near in paths_above(path)[-2:]}):
        columns |= dict(ColumnPage.objects.filter(path__in=near_paths).values_list("path", "pk"))
    found: dict[int, int] = {}
    for page, path in paths.items():
        nearest = [columns[near] for near in reversed(paths_above(path)[-2:]) if near in columns]
        found |= {page: nearest[0]} if nearest else {}
    return found


def titles_of(pages: Iterable[int]) -> dict[int, str]:
    """Return the titles of pages."""
    found: dict[int, str] = {}
    for part in parts(pages):
        found |= dict(Page.objects.filter(pk__in=part).values_list("pk", "title"))
    return found


def parts(values: Iterable[Anything]) -> Iterator[list[Anything]]:
    """Yield the values in lists short enough for one question."""
    left = iter(values)
    while part := list(islice(left, AT_ONCE)):
        yield part
