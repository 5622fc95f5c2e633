"""Tags for what stands around the content of a public page: navigation, page tags, site directory, structured data."""

import json
import re
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from wagtail.rich_text.rewriters import LinkRewriter

from wangqun.base.templatetags.chinese import minute
from wangqun.base.tree_paths import paths_above
from wangqun.columns.models import PublicItem
from wangqun.columns.spoken import columns_by_language
from wangqun.languages.known import SIMPLIFIED, spoken
from wangqun.languages.names import renamed, site_name
from wangqun.people.models import Organisation
from wangqun.websites.models import Website
from wangqun.websites.pages import Assets
from wangqun.websites.pictures import COVER, picture
from wangqun.websites.sources import noting, read_once, uses

register = template.Library()

DESCRIPTION_LENGTH = 120  # characters
EMBLEM = "img/emblem.svg"
LOCALES = {SIMPLIFIED: "zh_CN", "en": "en_US"}
Kind = Website.Kind
DIRECTORY = [
    ("商务门户与平台", [Kind.PORTAL, Kind.COMMERCE, Kind.FAIR, Kind.WINDOW, Kind.FORECAST]),
    ("县（市、区）商务网站", [Kind.COUNTY]),
    ("处室网站", [Kind.DIVISION]),
]


@register.simple_tag
def navigation(website: Website, page: Any) -> list[tuple[PublicItem, bool]]:
    """Return the site's first-level columns in the order of the tree, each with whether `page` stands in it."""
    uses(f"navigation:{website.pk}")
    columns = read_once(
        f"navigation:{website.pk}",
        lambda: list(PublicItem.objects.columns().filter(website=website, column__isnull=True).order_by("position", "path")),
    )
    now = spoken()
    if now.is_foreign:
        held = columns_by_language(website).get(now.language, [])
        columns = renamed(website, [column for column in columns if any(path.startswith(column.path) for path in held)])
    return [(column, page.path.startswith(column.path)) for column in columns]


@register.filter
def place_in(address: str, columns: list[tuple[PublicItem, bool]]) -> str:
    """Return what decides how a navigation looks: the column that is marked, and whether the page itself is an entry."""
    here = [str(column.pk) for column, is_here in columns if is_here]
    now = spoken()
    is_entry = address in {now.home, now.search} or any(column.address == address for column, _is_here in columns)
    return f"{' '.join(here)} {address if is_entry else ''}"


@register.simple_tag
def trail(page: Any) -> list[PublicItem]:
    """Return the public columns above `page`, from the top."""
    above = paths_above(page.path, itself=False)
    columns = read_once(
        f"trail:{above[-1] if above else ''}",
        lambda: list(PublicItem.objects.columns().filter(path__in=above).order_by("path")),
    )
    uses(*(f"item:{column.page_id}" for column in columns))
    return renamed(page.website, columns)


@register.simple_tag
def portal_website() -> Website | None:
    """Return the portal that every other site links to. 依据：沪13-14。"""
    uses("portal")
    return read_once("portal", lambda: Website.objects.open().filter(kind=Kind.PORTAL).first())


@register.simple_tag
def site_directory(website: Website) -> list[tuple[str, list[Website]]]:
    """Return the other open sites in groups: all of them on the portal, the central ones elsewhere. 依据：沪14。"""
    uses("websites")
    everyone = read_once("websites", lambda: list(Website.objects.open().order_by("id")))
    others = [other for other in everyone if other.pk != website.pk]
    groups = DIRECTORY if website.is_portal else DIRECTORY[:1]
    named = [(label, [other for other in others if other.kind in kinds]) for label, kinds in groups]
    return [(label, sites) for label, sites in named if sites]


@register.simple_tag
def responsible_organisation(page: Any) -> Organisation | None:
    """Return who answers for an article: as released, or as the responsibility list says today. 依据：石14。"""
    organisation: Organisation | None = page.responsible_organisation
    if organisation is not None:
        uses(f"organisation:{organisation.pk}")
    return organisation


@register.simple_tag
def original(page: Any) -> PublicItem | None:
    """Return the public article that this one was taken over from, with its site."""
    if not page.submitted_from_id:
        return None
    uses(f"item:{page.submitted_from_id}")
    return PublicItem.objects.filter(page_id=page.submitted_from_id).select_related("website").first()


# -- what many pages share -----------------------------------------------------------------------------------------------


class Shared(template.Node):
    """A part of a page that is rendered once for all pages made in one go that give the same values."""

    def __init__(self, values: list[Any], nodelist: template.NodeList) -> None:
        self.values, self.nodelist = values, nodelist

    def render(self, context: template.Context) -> SafeString:
        def make() -> tuple[SafeString, set[str]]:
            with noting() as noted:
                made = self.nodelist.render(context)
            return made, noted

        key = "\n".join(["shared", spoken().language, *(str(value.resolve(context)) for value in self.values)])
        made, noted = read_once(key, make)
        uses(*noted)
        return made


@register.tag
def shared(parser: Any, token: Any) -> Shared:
    """Render what is inside once per go: `{% shared "name" value … %} … {% endshared %}`.

    The values must say everything that the inside depends on. What differs from page to page, such as links to the same page
    in another language, stands outside.
    """
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(("endshared",))
    parser.delete_first_token()
    return Shared(values, nodelist)


# -- page tags -----------------------------------------------------------------------------------------------------------


def _commas(keywords: str) -> str:
    return ",".join(word for word in re.split(r"[,，、;；\s]+", keywords) if word)


def description_of(article: Any) -> str:
    """Return what an article is about: its summary, or the first characters of its text."""
    if article.summary:
        return " ".join(article.summary.split())
    for block in article.body:
        if block.block_type in {"paragraph", "clause"}:
            source = block.value.source if block.block_type == "paragraph" else block.value["text"].source
            if text := " ".join(strip_tags(source).split()):
                return text[:DESCRIPTION_LENGTH]
    return article.title


def _absolute(website: Website, address: str) -> str:
    return address if address.startswith(("http://", "https://")) else website.public_url + address


def _image_of(website: Website, article: Any, assets: Assets | None) -> str:
    return _absolute(website, picture(article.cover, COVER, assets).address if article.cover else static(EMBLEM))


@register.simple_tag
def page_tags(website: Website, column: Any = None, article: Any = None, assets: Assets | None = None) -> SafeString:
    """Write the page tags of 国办发〔2017〕47号: 3 on a home page, 7 on a list, all on an article; each exactly once."""
    tags = [("SiteName", website.name), ("SiteDomain", website.domain), ("SiteIDCode", website.identification_code)]
    if column is not None:
        tags += [
            ("ColumnName", column.title),
            ("ColumnDescription", column.description or column.title),
            ("ColumnKeywords", _commas(column.keywords) or column.title),
            ("ColumnType", column.tag_type),
        ]
    if article is not None:
        tags += [
            ("ArticleTitle", article.title),
            ("PubDate", minute(article.first_published_at)),
            ("ContentSource", article.displayed_source),
            ("Keywords", _commas(article.keywords or column.keywords) or column.title),
            ("Author", article.author or article.displayed_source),
            ("Description", description_of(article)),
            ("Image", _image_of(website, article, assets)),
            ("Url", article.public_url),
        ]
    return format_html_join("\n", '<meta name="{}" content="{}">', tags)


@register.simple_tag
def open_graph(
    website: Website, *, title: str, address: str, description: str = "", article: Any = None, assets: Assets | None = None
) -> SafeString:
    """Write the tags by which other programmes show a link to this page."""
    tags = [
        ("og:type", "article" if article else "website"),
        ("og:site_name", site_name(website)),
        ("og:locale", LOCALES.get(spoken().language, spoken().language)),
        ("og:title", title),
        ("og:url", website.public_url + address),
        ("og:description", description_of(article) if article else description or title),
    ]
    if article is not None and article.cover:
        tags.append(("og:image", _image_of(website, article, assets)))
    if article is not None and article.first_published_at:
        tags.append(("article:published_time", timezone.localtime(article.first_published_at).isoformat(timespec="seconds")))
    return format_html_join("\n", '<meta property="{}" content="{}">', tags)


# -- structured data -----------------------------------------------------------------------------------------------------


def _data_block(data: dict[str, Any]) -> SafeString:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - the three characters are escaped above


def _in_language() -> str:
    now = spoken()
    return now.language if now.is_foreign else "zh-CN"


def _organisation(organisation: Organisation, website: Website | None = None) -> dict[str, Any]:
    data: dict[str, Any] = {"@type": "GovernmentOrganization", "name": organisation.name}
    if website is not None:
        data |= {"url": website.public_url + "/", "logo": _absolute(website, static(EMBLEM))}
        data |= {
            key: value for key, value in {"telephone": organisation.phone, "address": organisation.address}.items() if value
        }
    return data


@register.simple_tag
def home_data(website: Website) -> SafeString:
    """Describe the site and its host to search engines."""
    site = {"@type": "WebSite", "name": website.name, "url": website.public_url + "/", "inLanguage": _in_language()}
    return _data_block({"@context": "https://schema.org", "@graph": [_organisation(website.organisation, website), site]})


@register.simple_tag
def article_data(website: Website, article: Any, assets: Assets | None = None) -> SafeString:
    """Describe an article to search engines."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "description": description_of(article),
        "mainEntityOfPage": article.public_url,
        "inLanguage": _in_language(),
        "author": {"@type": "Organization", "name": article.author or article.displayed_source},
        "publisher": _organisation(website.organisation, website),
    }
    for key, moment in {"datePublished": article.first_published_at, "dateModified": article.last_published_at}.items():
        if moment:
            data[key] = timezone.localtime(moment).isoformat(timespec="seconds")
    if article.cover:
        data["image"] = _image_of(website, article, assets)
    return _data_block(data)


# -- rich text -----------------------------------------------------------------------------------------------------------

PAGE_LINK = re.compile(r"<a\b[^>]*\blinktype=\\?\"page\\?\"[^>]*>")
PAGE_NUMBER = re.compile(r"\bid=\\?\"(\d+)\\?\"")


def _linked(source: str) -> dict[int, PublicItem]:
    numbers = {int(found[1]) for link in PAGE_LINK.findall(source) if (found := PAGE_NUMBER.search(link))}
    if not numbers:
        return {}
    uses(*(f"item:{number}" for number in numbers))
    return {item.page_id: item for item in PublicItem.objects.filter(page_id__in=numbers).select_related("website")}


@register.simple_tag
def linked_items(article: Any) -> dict[int, PublicItem]:
    """Return the public items that an article's text links to, all in one query."""
    return _linked(json.dumps(article.body.get_prep_value(), default=str))


@register.simple_tag(takes_context=True)
def rich_text(context: template.Context, value: Any) -> SafeString:
    """Show a rich text; links to pages that are not public lose their target, never their words."""
    website, linked = context["website"], context.get("linked")
    source = getattr(value, "source", value) or ""
    items = _linked(source) if linked is None else linked

    def to_page(attributes: dict[str, str]) -> str:
        item = items.get(int(attributes.get("id") or 0))
        if item is None:
            return "<a>"
        return f'<a href="{escape(item.address if item.website_id == website.pk else item.url)}">'

    rewrite = LinkRewriter({"page": to_page, "document": lambda attributes: "<a>"}, {}, {})
    return mark_safe(re.sub(r' data-block-key="[^"]*"', "", rewrite(source)))  # noqa: S308 - cleaned by the editor's whitelist


@register.simple_tag
def jiucuo_url(website: Website) -> str:
    """Return the address of 我为政府网站找错 for this site."""
    return format_html("https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code={}", website.identification_code)
