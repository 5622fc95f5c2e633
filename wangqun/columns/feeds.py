"""Feeds of columns and sites: RSS 2.0, the same bytes for the same entries."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.feedgenerator import Rss201rev2Feed

from wangqun.columns.models import PublicItem
from wangqun.languages.known import SIMPLIFIED
from wangqun.websites.models import Website

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
LENGTH = 20  # entries
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # characters that XML cannot hold


class _Feed(Rss201rev2Feed):
    """RSS whose build date is the newest change of its entries, not the moment of rendering."""

    def latest_post_date(self) -> datetime:
        return self.feed["updated_at"]

    def add_root_elements(self, handler) -> None:
        if self.feed["updated_at"] is not None:
            super().add_root_elements(handler)
            return
        handler.addQuickElement("title", self.feed["title"])
        handler.addQuickElement("link", self.feed["link"])
        handler.addQuickElement("description", self.feed["description"])
        handler.addQuickElement("atom:link", None, {"rel": "self", "href": self.feed["feed_url"]})
        handler.addQuickElement("language", self.feed["language"])


def clean(text: str) -> str:
    """Return `text` without the control characters that XML refuses."""
    return CONTROL.sub("", text)


def rss(
    website: Website, *, title: str, description: str, address: str, items: Iterable[PublicItem], language: str = SIMPLIFIED
) -> bytes:
    """Return the feed of `items` (newest first, of one site) that stands beside the page at `address`."""
    rows = list(items)
    feed = _Feed(
        title=clean(title),
        link=website.public_url + address,
        description=clean(description),
        language="zh-cn" if language == SIMPLIFIED else language,
        feed_url=f"{website.public_url}{address}feed.xml",
        feed_copyright=clean(website.organisation.name),
        updated_at=max((timezone.localtime(row.updated_at) for row in rows), default=None),
    )
    for row in rows:
        feed.add_item(
            title=clean(row.title),
            link=website.public_url + row.address,
            description=clean(row.summary),
            author_name=clean(row.source) or None,
            pubdate=timezone.localtime(row.published_at),
            unique_id=website.public_url + row.address,
            unique_id_is_permalink=True,
        )
    return feed.writeString("utf-8").encode("utf-8")
