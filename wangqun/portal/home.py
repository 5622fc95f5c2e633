"""The files of a site's home: the page, its feed, both site maps, robots.txt. 依据：沪13-14、石2。"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.html import escape

from wangqun.articles.family import addresses
from wangqun.columns import feeds
from wangqun.columns.lists import HTML, Branch, newest_by_branch
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.columns.spoken import columns_by_language
from wangqun.languages.known import SIMPLIFIED, TRADITIONAL, alternates
from wangqun.people.models import LeadingGroup, LeadingGroupMember
from wangqun.portal.foreign import foreign_files
from wangqun.portal.models import HomePage
from wangqun.websites.models import Website
from wangqun.websites.pages import Assets, PublicFile
from wangqun.websites.sources import uses

NEWS_LENGTH, BLOCK_LENGTH = 9, 6  # entries
HEADLINE_AMONG = 30  # the headline is the newest with a cover among so many news
XML = "application/xml; charset=utf-8"
SCHEMAS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
LAW_TAGS = {ColumnPage.TagType.POLICY, ColumnPage.TagType.INTERPRETATION}


@dataclass(frozen=True)
class Block:
    """A block of the home page: a heading, where it leads, the newest entries."""

    name: str
    title: str
    address: str
    entries: list[PublicItem]


def home_files(home: HomePage) -> Iterator[PublicFile]:
    """Yield index.html, feed.xml, the map for people, the site map for engines, robots.txt."""
    website = home.website
    yield PublicFile("index.html", HTML, partial(_home, home))
    yield PublicFile("feed.xml", feeds.CONTENT_TYPE, partial(_feed, home))
    yield PublicFile("map/index.html", HTML, partial(_map, home))
    yield from foreign_files(home)
    parts = list(PublicItem.objects.filter(website=website).order_by("map_part").values_list("map_part", flat=True).distinct())
    if len(parts) <= 1:
        yield PublicFile("sitemap.xml", XML, partial(_sitemap, home, (parts or [0])[0]))
    else:
        yield PublicFile("sitemap.xml", XML, partial(_sitemap_index, home, parts))
        for part in parts:
            yield PublicFile(map_path(part), XML, partial(_sitemap, home, part))
    yield PublicFile("robots.txt", "text/plain; charset=utf-8", partial(_robots, home))


def map_path(part: int) -> str:
    """Return the file of one part of the map for engines."""
    return f"sitemap-{part + 1}.xml"


def _home(home: HomePage, assets: Assets) -> bytes:
    website = home.website
    uses(f"within:{home.pk}", f"columns:{website.pk}", "websites", *(["network", "leading_group"] if website.is_portal else []))
    columns = list(PublicItem.objects.columns().filter(website=website).order_by("position", "path"))
    classes = dict(_classes(columns))
    articles = PublicItem.objects.articles().filter(website=website)

    def block(name: str, title: str, length: int) -> Block | None:
        chosen = [column for column in columns if classes.get(column.page_id) == name]
        if not chosen:
            return None
        entries = list(articles.filter(column_id__in=[column.page_id for column in chosen]).newest_first()[:length])
        lead = _lead(chosen, columns)
        return Block(name, lead.title if len(chosen) == 1 else title, lead.address, entries) if entries else None

    news = block("news", "新闻动态", HEADLINE_AMONG)
    headline = _headline(news)
    blocks = [found for found in (block("notice", "通知公告", BLOCK_LENGTH), block("law", "政策法规", BLOCK_LENGTH)) if found]
    top = [column for column in columns if column.column_id is None and not _is_covered(column, columns, classes)]
    branches = [branch for branch in newest_by_branch(articles, top, BLOCK_LENGTH) if branch.entries]
    counties = _news_of_others(website) if website.is_portal else []
    return home.render(
        home.template, assets, address="/", headline=headline, news=news, blocks=blocks, branches=branches, counties=counties,
        news_entries=[entry for entry in news.entries if entry != headline][: NEWS_LENGTH - 1] if news else [],
        is_empty=not (news or blocks or branches or counties), updated_at=_updated_at(home),
        leading_group=_leading_group() if website.is_portal else None,
    )  # fmt: skip


def _classes(columns: list[PublicItem]) -> Iterator[tuple[int, str]]:
    """Yield for each column page of the site which block of the home page its entries belong to."""
    rows = ColumnPage.objects.filter(pk__in=[column.page_id for column in columns]).values_list("pk", "kind", "tag_type")
    for pk, kind, tag_type in rows:
        if tag_type == ColumnPage.TagType.NOTICE:
            yield pk, "notice"
        elif kind == ColumnPage.Kind.LAW or tag_type in LAW_TAGS:
            yield pk, "law"
        elif kind == ColumnPage.Kind.NEWS:
            yield pk, "news"
        else:
            yield pk, ""


def _lead(chosen: list[PublicItem], columns: list[PublicItem]) -> PublicItem:
    """Return where a block's heading leads: its only column, or the column above all of them, or the first of them."""
    if len(chosen) == 1:
        return chosen[0]
    above = [column for column in columns if all(one.path.startswith(column.path) for one in chosen)]
    return above[-1] if above else chosen[0]


def _is_covered(top: PublicItem, columns: list[PublicItem], classes: dict[int, str]) -> bool:
    """Whether everything in a first-level column already stands in a block; one of several news columns gets its own too."""
    found = {classes.get(column.page_id) for column in columns if column.path.startswith(top.path)}
    news = [column for column in columns if column.column_id is None and classes.get(column.page_id) == "news"]
    return "" not in found and ("news" not in found or len(news) == 1)


def _headline(news: Block | None) -> PublicItem | None:
    if news is None:
        return None
    return next((entry for entry in news.entries if entry.cover), news.entries[0])


def _news_of_others(website: Website) -> list[PublicItem]:
    """Return the newest articles of all other open sites. 依据：石20、沪14。"""
    others = PublicItem.objects.articles().filter(website__state=Website.State.OPEN).exclude(website=website)
    return list(others.select_related("website").newest_first()[:NEWS_LENGTH])


def _leading_group() -> dict[str, Any] | None:
    """Return the leading group with today's members by seat. 依据：石4-5。"""
    group = LeadingGroup.objects.select_related("office").order_by("pk").first()
    if group is None:
        return None
    members = list(group.members.current().select_related("user", "organisation"))
    seats = [(label, [one for one in members if one.seat == seat]) for seat, label in LeadingGroupMember.Seat.choices]
    return {"group": group, "seats": [(label, people) for label, people in seats if people]}


def _updated_at(home: HomePage) -> Any:
    return PublicItem.objects.filter(website=home.website).aggregate(at=Max("updated_at"))["at"]


def _feed(home: HomePage, _assets: Assets) -> bytes:
    website = home.website
    uses(f"within:{home.pk}")
    items = PublicItem.objects.articles().filter(website=website).newest_first()[: feeds.LENGTH]
    return feeds.rss(website, title=website.name, description=home.introduction or website.name, address="/", items=items)


def _map(home: HomePage, assets: Assets) -> bytes:
    uses(f"columns:{home.website.pk}", f"within:{home.pk}", "websites")
    columns = list(PublicItem.objects.columns().filter(website=home.website).order_by("path"))
    top = [column for column in columns if column.column_id is None]
    branches = [
        Branch(column, [below for below in columns if below != column and below.path.startswith(column.path)]) for column in top
    ]
    return home.render("portal/map.html", assets, address="/map/", branches=branches, updated_at=_updated_at(home))


def _document(name: str, entries: list[str]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{name} {SCHEMAS}>"]
    return "\n".join([*lines, *entries, f"</{name}>", ""]).encode("utf-8")


def _sitemap(home: HomePage, part: int, _assets: Assets) -> bytes:
    uses(f"map:{home.website.pk}:{part}")
    return _document("urlset", list(_map_entries(home.website, part)))


def _map_entries(website: Website, part: int) -> Iterator[str]:
    """Yield the entries of one part of the map, each with the addresses of the same page in all its languages."""
    rows = list(PublicItem.objects.filter(website=website, map_part=part).exclude(language=TRADITIONAL).order_by("pk"))
    held = columns_by_language(website)
    families = addresses([row.page_id for row in rows]) if held else {}
    for row in rows:
        if row.kind == PublicItem.Kind.ARTICLE:
            known = families.get(row.page_id, {row.language: row.address})
            foreign = {language: address for language, address in known.items() if language != SIMPLIFIED}
            yield _map_entry(website, row.address, row.updated_at, alternates(known.get(SIMPLIFIED, row.address), foreign))
            continue
        languages = [language for language, paths in held.items() if any(path.startswith(row.path) for path in paths)]
        foreign = {language: f"/{language}{row.address}" for language in languages}
        for address in (row.address, *foreign.values()):
            yield _map_entry(website, address, row.updated_at, alternates(row.address, foreign))


def _map_entry(website: Website, address: str, at: datetime, others: list[tuple[str, str]]) -> str:
    base = website.public_url
    links = [f'<xhtml:link rel="alternate" hreflang="{code}" href="{escape(base + other)}"/>' for code, other in others]
    changed = timezone.localtime(at).isoformat(timespec="seconds")
    return f"<url><loc>{escape(base + address)}</loc><lastmod>{changed}</lastmod>{''.join(links)}</url>"


def _sitemap_index(home: HomePage, parts: list[int], _assets: Assets) -> bytes:
    base = home.website.public_url
    return _document("sitemapindex", [f"<sitemap><loc>{base}/{map_path(part)}</loc></sitemap>" for part in parts])


def _robots(home: HomePage, _assets: Assets) -> bytes:
    website = home.website
    rule = "Allow: /" if website.state == Website.State.OPEN else "Disallow: /"
    return f"User-agent: *\n{rule}\n\nSitemap: {website.public_url}/sitemap.xml\n".encode()
