"""Rows of files, lines of the log, daily sums."""

import os
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from wagtail.models import Page

from wangqun.articles.models import ArticlePage
from wangqun.columns.models import ColumnPage
from wangqun.portal.models import HomePage
from wangqun.publication.models import File, Tree
from wangqun.visits.models import Visit
from wangqun.websites.models import Website

HOST = "fuping.localhost"
TODAY = date(2026, 3, 10)


@dataclass
class Place:
    """A site and what is on it."""

    website: Website
    home: HomePage
    news: ColumnPage
    notices: ColumnPage
    articles: list[ArticlePage]


def put_files(website: Website, pages: list[Page], prefixes: tuple[str, ...] = ("", "zh-hant/")) -> Tree:
    """Say that the page of each of `pages` stands in the site's tree, in simplified and traditional Chinese."""
    tree, _ = Tree.objects.get_or_create(
        website=website, host=website.domain, number=1, defaults={"state": Tree.State.CURRENT, "made_at": timezone.now()}
    )
    File.objects.bulk_create(
        File(
            tree=tree, path=f"{prefix}{page.folder}/index.html".replace("//", "/").lstrip("/"), page=page,
            content_type="text/html", sha256="0" * 64, size=1, built_at=timezone.now(),
        )
        for page in pages
        for prefix in prefixes
    )  # fmt: skip
    return tree


def line(
    path: str = "/",
    *,
    host: str = HOST,
    at: str = "2026-03-10T11:00:00+08:00",
    status: int = 200,
    robot: int = 0,
    referrer: str = "-",
) -> str:
    """One line of the log as front and nginx write it."""
    return f"{at}\t{host}\t{path}\t{status}\t{robot}\t{referrer}\n"


def write(*lines: str | bytes, name: str = "access.log") -> Path:
    """Append lines to the live log."""
    file = Path(settings.DATA) / "visits" / name
    with file.open("ab") as opened:
        for one in lines:
            opened.write(one.encode() if isinstance(one, str) else one)
    return file


NEWEST = f"access-{'9' * 30}.log"


def let_rest() -> None:
    """Make every rotated file older than a year by the clock of the disk, and none of them the newest."""
    (Path(settings.DATA) / "visits" / NEWEST).touch()
    for file in (Path(settings.DATA) / "visits").glob("access-*.log"):
        os.utime(file, (time.time() - 400 * 86400,) * 2)


def rotated() -> list[Path]:
    """The rotated files, but for the newest that `let_rest` made."""
    return sorted(file for file in (Path(settings.DATA) / "visits").glob("access-*.log") if file.name != NEWEST)


def visited(page: Page, views: int, *, day: date = TODAY, robots: int = 0, language: str = "zh-Hans", **values: Any) -> Visit:
    """A daily sum as counting would have left it."""
    specific = page.specific
    column = specific if isinstance(specific, ColumnPage) else getattr(specific, "column", None)
    return Visit.objects.create(
        day=day, website=specific.website, column=column, page_id=page.pk, language=language, views=views, robot_views=robots,
        **values,
    )  # fmt: skip
