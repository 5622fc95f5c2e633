"""The one interface to search: what is put in, what is asked, what comes back. Two engines stand behind it.

`local.LocalEngine` (tantivy, in process) is the usual one; `opensearch.OpenSearchEngine` is used where SEARCH_URL names a
server. Both index the same tokens (`text.py`), so both find the same documents; `tests/test_engines.py` is their contract.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, Protocol

from django.conf import settings

FORMAT = 1
"""Raised whenever what is indexed changes: an index of another format is made afresh by the follower."""
LONGEST_TEXT = 200_000  # signs of one document; what goes beyond is not searched
TITLE_WEIGHT, WORD_WEIGHT, EXACT_TITLE = 6.0, 0.5, 1000.0


class Unavailable(Exception):
    """There is no index yet, or the search server does not answer."""


class Broken(Unavailable):
    """The index in process cannot be read; it must be made afresh."""


@dataclass(frozen=True, slots=True)
class Document:
    """One released page. `stamp` changes with its public row; `published` is in seconds since 1970."""

    page_id: int
    stamp: int
    website_id: int
    column_ids: tuple[int, ...]
    kind: str
    organisation_id: int | None
    number: str
    published: int
    title: str
    text: str
    language: str = "zh-Hans"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to write a word of the question: its signs, and how much a document is worth that has it."""

    signs: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: every word in one of its alternatives, within all the filters.

    `websites` are the sites asked, None for all but the `closed` ones; `without` are pages withdrawn since the index last
    heard of them; `terms` are the words of the question that are one word each, worth more where they stand as such.
    """

    words: tuple[tuple[Alternative, ...], ...] = ()
    terms: tuple[str, ...] = ()
    title: str = ""
    websites: tuple[int, ...] | None = None
    closed: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    column: int | None = None
    kind: str = ""
    organisation: int | None = None
    number: tuple[str, ...] = ()
    language: str = ""
    since: int | None = None
    until: int | None = None
    order: Literal["relevance", "date"] = "relevance"
    only_titles: bool = False
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found: its page, and the text that was indexed."""

    page_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Hits:
    """An answer: how many documents there are, and those of the page asked for."""

    total: int = 0
    found: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """How far the index has read the release records: all of `seen`, and everything up to `newest` before them."""

    newest: int = 0
    seen: frozenset[int] = field(default_factory=frozenset)


class Engine(Protocol):
    """What both engines do. One process writes at a time; any number read."""

    def put(self, documents: Iterable[Document]) -> None:
        """Add documents in place of those of the same pages; shown after `commit`."""

    def remove(self, page_ids: Iterable[int]) -> None:
        """Take pages out; gone after `commit`."""

    def commit(self, position: Position) -> None:
        """Show what was put and removed, then remember the position; killed in between, the work is done again."""

    def rebuild(self, documents: Iterable[Document], position: Position) -> int:
        """Make a fresh index beside the one in use and switch to it; returns the number of documents."""

    def position(self) -> Position | None:
        """Return how far the index has read; None where there is none, or one of another format."""

    def stamps(self) -> dict[int, int]:
        """Return the stamp of every page in the index."""

    def search(self, question: Question) -> Hits:
        """Answer a question; raises Unavailable."""


@cache
def _engine(url: str, folder: Path) -> Engine:
    if url:
        from wangqun.search.opensearch import OpenSearchEngine  # noqa: PLC0415 - only where it is used

        return OpenSearchEngine(url)
    from wangqun.search.local import LocalEngine  # noqa: PLC0415 - only where it is used

    return LocalEngine(folder)


def engine() -> Engine:
    """Return the engine that the settings name, the same object for the whole process."""
    return _engine(settings.SEARCH_URL, settings.SEARCH_ROOT)
