"""What sites and columns are called in the language that a page is being made in."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from wangqun.languages.known import spoken
from wangqun.languages.models import PageName
from wangqun.websites.models import Website
from wangqun.websites.sources import read_once, uses


def names_of(website: Website, language: str) -> dict[int, str]:
    """Return the names of a site's home page and columns in a language, by page."""
    uses(f"names:{website.pk}")
    below = PageName.objects.filter(language=language, page__path__startswith=website.site.root_page.path)
    return read_once(f"names:{website.pk}:{language}", lambda: dict(below.values_list("page_id", "title")))


def site_name(website: Website) -> str:
    """Return what the site is called."""
    now = spoken()
    if not now.is_foreign:
        return website.name
    return names_of(website, now.language).get(website.site.root_page_id) or website.name


def page_name(website: Website, page_id: int, title: str) -> str:
    """Return what a page of the site is called; its own title where it has no name in this language."""
    now = spoken()
    return names_of(website, now.language).get(page_id, title) if now.is_foreign else title


def renamed(website: Website, items: Iterable[Any]) -> list[Any]:
    """Return public items of columns with their names and addresses in the language spoken."""
    now = spoken()
    if not now.is_foreign:
        return list(items)
    names = names_of(website, now.language)
    rows = [copy(item) for item in items]
    for item in rows:
        item.title = names.get(item.page_id, item.title)
        item.address = now.prefix + item.address
    return rows
