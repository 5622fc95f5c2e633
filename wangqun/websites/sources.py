"""What a public file is made from, noted while it is made; and which of those things every page of a site shows.

A source is a short key, `kind:number`:

    item:7         what lists and links show of page 7 (its public projection, or that it has none)
    names:3        which columns website 3 has in other languages than Chinese, and what they are called there
    within:7       which articles are public in the tree below page 7, and when the newest changed
    within:7:en    the same of the articles in a foreign language
    columns:3      the columns of website 3 (map, home page)
    navigation:3   the first-level columns of website 3, which stand in the header of all its pages
    map:3:0        the addresses in one part of the map of website 3 for engines
    website:3      what the registry says of website 3
    organisation:5 what is known of organisation 5
    websites       which sites are open, their names, domains and order
    portal         the portal's name and domain
    network        the newest articles of all sites
    leading_group  the leading group and its members
    protected_words  the names that are kept when a text is converted to traditional Chinese; every page shows them
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from wangqun.websites.models import Website

_noted: ContextVar[set[str] | None] = ContextVar("noted", default=None)
_memory: ContextVar[dict[str, Any] | None] = ContextVar("memory", default=None)


def uses(*keys: str) -> None:
    """Note that the file being made shows these things; without effect in a preview."""
    noted = _noted.get()
    if noted is not None:
        noted.update(keys)


@contextmanager
def noting() -> Iterator[set[str]]:
    """Collect what is used inside the block."""
    noted: set[str] = set()
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


@contextmanager
def one_reading() -> Iterator[None]:
    """Let everything made inside the block share what was read once: the furniture of a site, its registry row.

    The block must be short (one go of a worker): what changes meanwhile is ordered again by the change itself.
    """
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def read_once(key: str, read: Any) -> Any:
    """Return what `read()` gives, remembered under `key` inside `one_reading`."""
    memory = _memory.get()
    if memory is None:
        return read()
    if key not in memory:
        memory[key] = read()
    return memory[key]


def of_every_page(website: Website) -> set[str]:
    """Return the sources that stand in header or footer of every page of a site; they are noted for none of its files."""
    return {f"website:{website.pk}", f"navigation:{website.pk}", f"organisation:{website.organisation_id}", "portal"}
