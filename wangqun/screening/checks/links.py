"""链接: no link leads nowhere, into a draft, or into a trap. 依据：沪14。"""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from wagtail.documents import get_document_model
from wagtail.models import Page

from wangqun.columns.models import PublicItem
from wangqun.screening.checks.hit import ADVICE, BLOCKS, JUSTIFY, Hit, shown_whole
from wangqun.screening.content import Content, Link
from wangqun.screening.words import WordLists
from wangqun.websites.models import Website

CODE = "links"
BASIS = "沪14"
HARMFUL = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})
USUAL = frozenset({"http", "https", "mailto", "tel"})
SAYS_NOTHING = re.compile(
    r"[>(\[【]*(?:请?(?:点击|点)?(?:这里|此处|此|查看|下载|进入)?|更多|(?:查看)?详情|详细|链接|网址|click here|here|more)"
    r"[>)\]】…。.!！]*",
    re.IGNORECASE,
)
INDEX_FILES = re.compile(r"/index\.html?$")


def check(content: Content, words: WordLists) -> Iterator[Hit]:
    """Yield links that are broken, harmful or say nothing."""
    if not content.links:
        return
    wanted = {link.page_id for link in content.links if link.page_id is not None}
    titles = dict(Page.objects.filter(pk__in=wanted).values_list("pk", "title")) if wanted else {}
    public = set(PublicItem.objects.filter(page__in=titles).values_list("page_id", flat=True)) if titles else set()
    papers = {link.document_id for link in content.links if link.document_id is not None}
    kept = set(get_document_model().objects.filter(pk__in=papers).values_list("pk", flat=True)) if papers else set()
    hosts = _own_hosts() if any(link.href for link in content.links) else {}
    for link in content.links:
        yield from _text(link)
        if link.page_id is not None:
            if link.page_id not in titles:
                yield _hit(link, BLOCKS, "链接的页面不存在或已删除，请改正。")
            elif link.page_id not in public and link.page_id != content.page.pk:
                yield _hit(link, BLOCKS, f"链接的页面“{titles[link.page_id][:60]}”尚未公开或已撤回，请先发布它或改正链接。")
        elif link.document_id is not None:
            if link.document_id not in kept:
                yield _hit(link, BLOCKS, "链接的文件不存在或已删除，请改正。")
        else:
            yield from _address(link, content, hosts)


def _hit(link: Link, level: str, message: str) -> Hit:
    return Hit(CODE, level, link.place, link.anchor, message, BASIS, shown_whole(f"{link.text} {link.href}".strip()))


def _text(link: Link) -> Iterator[Hit]:
    if not link.text:
        yield _hit(link, BLOCKS, "链接没有文字，读者无从点击，请删去或写上文字。")
    elif SAYS_NOTHING.fullmatch(link.text):
        yield _hit(link, ADVICE, "链接文字没有说明通向哪里，请改写为所指内容的名称。")


def _own_hosts() -> dict[str, Website]:
    return {website.domain.lower(): website for website in Website.objects.all()}


def _address(link: Link, content: Content, hosts: dict[str, Website]) -> Iterator[Hit]:
    """Yield what is wrong with a link given as an address."""
    href = re.sub(r"[\x00-\x20\u200b-\u200f\u2060\ufeff]", "", link.href)  # browsers skip blanks inside a scheme
    try:
        parts = urlsplit(href)
        host = (parts.hostname or "").lower()
    except ValueError:
        yield _hit(link, BLOCKS, "链接的地址写错了，请改正。")
        return
    if fault := _fault(href, parts.scheme.lower(), host):
        yield _hit(link, BLOCKS, fault)
    elif href.startswith("#") or parts.scheme.lower() in ("mailto", "tel"):
        return
    elif host in hosts:
        yield from _own_address(link, hosts[host], parts.path or "/")
    elif host and _is_internal(host):
        yield _hit(link, JUSTIFY, "链接指向内部网络的地址，公众打不开；请改正，或由另一人说明。")
    elif not host and (own := Website.objects.of_page(content.page)):
        yield from _own_address(link, own, urljoin(content.page.public_path, parts.path))


def _fault(href: str, scheme: str, host: str) -> str:
    """Return what is wrong with the form of an address, or ""."""
    if not href:
        return "链接没有地址，请改正。"
    if scheme in HARMFUL:
        return f"链接的地址以“{scheme}:”开头，会在读者的浏览器里执行或读取其文件，不得使用。"
    if scheme and scheme not in USUAL:
        return f"链接的地址以“{scheme}:”开头，读者打不开，请改用网址。"
    if scheme in ("http", "https") and not host:
        return "链接的地址写错了，请改正。"
    return ""


def _own_address(link: Link, website: Website, path: str) -> Iterator[Hit]:
    if website.state != Website.State.OPEN:
        yield _hit(link, BLOCKS, f"链接的网站“{website.name}”尚未开通或已关闭，请改正。")
        return
    address = INDEX_FILES.sub("/", unquote(path))
    wanted = {address, address.rstrip("/") + "/"}
    if PublicItem.objects.filter(website=website, address__in=wanted).exists() or _is_released_file(website.domain, address):
        return
    yield _hit(link, BLOCKS, f"本网站群的“{website.name}”没有这个公开的页面，请改正链接。")


def _is_released_file(host: str, address: str) -> bool:
    """Whether the release tree holds a file at `address`: an attachment, a list page, a feed. Reads only."""
    root = (settings.RELEASE_ROOT / "current" / host).resolve()
    file = (root / address.lstrip("/")).resolve()
    return file.is_relative_to(root) and (file.is_file() or (file / "index.html").is_file())


def _is_internal(host: str) -> bool:
    """Whether only a machine of the office's own network can reach `host`."""
    if host.endswith((".localhost", ".local", ".lan", ".internal")) or not re.search(r"[.:]", host):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
