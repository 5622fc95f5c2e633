"""The front of a site in a foreign language: what its columns hold in it, newest first, and a feed. 依据：沪15。"""

from collections.abc import Iterator
from functools import partial

from django.db.models import Max

from wangqun.columns import feeds
from wangqun.columns.lists import newest_by_branch, within
from wangqun.columns.models import PublicItem
from wangqun.columns.spoken import columns_by_language, languages_below
from wangqun.languages.names import renamed, site_name
from wangqun.portal.models import HomePage
from wangqun.websites.pages import HTML, Assets, PublicFile, speaking
from wangqun.websites.sources import uses

BLOCK_LENGTH = 6  # entries
NAMES = ("index.html", "feed.xml")


def home_paths(language: str) -> list[str]:
    """Return the files of a home page that exist as soon as its site holds anything in a language."""
    return [f"{language}/{name}" for name in NAMES]


def foreign_files(home: HomePage) -> Iterator[PublicFile]:
    """Yield /en/ and /en/feed.xml for each language in which the site has anything."""
    for language in languages_below(home, home.website):
        index, feed = home_paths(language)
        yield PublicFile(index, HTML, partial(_home, home, language), has_traditional=False)
        yield PublicFile(feed, feeds.CONTENT_TYPE, partial(_feed, home, language), has_traditional=False)


def _home(home: HomePage, language: str, assets: Assets) -> bytes:
    website = home.website
    uses(within(home, language), f"columns:{website.pk}", "websites")
    items = PublicItem.objects.articles(language).filter(website=website)
    held = columns_by_language(website).get(language, [])
    columns = PublicItem.objects.columns().filter(website=website, column__isnull=True).order_by("position", "path")
    top = [column for column in columns if any(path.startswith(column.path) for path in held)]
    branches = [branch for branch in newest_by_branch(items, top, BLOCK_LENGTH, language) if branch.entries]
    with speaking(language):
        for branch, column in zip(branches, renamed(website, [branch.column for branch in branches]), strict=True):
            branch.column.title, branch.column.address = column.title, column.address
    return home.render(
        "portal/foreign_home.html", assets, language=language, address=f"/{language}/", branches=branches,
        updated_at=items.aggregate(at=Max("updated_at"))["at"],
    )  # fmt: skip


def _feed(home: HomePage, language: str, _assets: Assets) -> bytes:
    uses(within(home, language))
    items = PublicItem.objects.articles(language).filter(website=home.website).newest_first()[: feeds.LENGTH]
    with speaking(language):
        name = site_name(home.website)
        return feeds.rss(home.website, title=name, description=name, address=f"/{language}/", items=items, language=language)
