"""转载: a reprint names an approved source and links to it. 依据：石16。"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from wangqun.articles.models import ArticlePage
from wangqun.screening.checks.hit import ADVICE, BLOCKS, JUSTIFY, Hit, hit_in, shown_whole
from wangqun.screening.content import Content
from wangqun.screening.words import WordLists

CODE = "reprint"
BASIS = "石16"
NAMED_IN_TEXT = re.compile(
    r"(?:本文|文章|稿件|内容)?(?:转载自|转自|摘自|转载于|编译自)[:“《\u4e00-\u9fffA-Za-z]"
    r"|(?:^|[\n。;(\[【|])(?:信息|文章|稿件|新闻|文字|图文|本文)?(?:来源|稿源|原载)(?:于|:)",
    re.MULTILINE,
)
UNDECLARED = "文中写有来源，像是转载；如是，请勾选“转载”并填来源和原文链接，如是原创，请由另一人说明。"


def check(content: Content, words: WordLists) -> Iterator[Hit]:
    """Yield what a reprint lacks; and for an original, the signs that it is none."""
    if not content.is_article:
        return
    page = content.page
    if page.is_reprint:
        yield from _reprint(page)
        return
    if page.source_id or page.source_url:
        message = "填了转载来源或原文链接，但没有勾选“转载”；请核对。"
        yield Hit(CODE, ADVICE, "转载来源", "is_reprint", message, BASIS)
    if page.submitted_from_id:
        return  # a copy keeps its source by itself
    for piece in content.pieces:
        if piece.anchor in ("source_url", "keywords"):
            continue
        tight = piece.folded.tight
        for found in NAMED_IN_TEXT.finditer(tight.text):
            start = found.start() + (1 if found.group()[0] in "\n。;([【|" else 0)
            span = (start, found.end())
            yield hit_in(piece, tight, span, code=CODE, level=JUSTIFY, message=UNDECLARED, basis=BASIS)


def _reprint(page: ArticlePage) -> Iterator[Hit]:
    source = page.source
    if source is None:
        yield Hit(CODE, BLOCKS, "转载来源", "source", "转载没有选来源，请从准予转载的来源中选择。", BASIS)
    elif not source.is_approved:
        message = "此来源未列入准予转载的名单，请换用已批准的来源，或报商务信息处批准。"
        yield Hit(CODE, BLOCKS, "转载来源", "source", message, BASIS, shown_whole(source.name))
    if not page.source_url:
        yield Hit(CODE, BLOCKS, "原文链接", "source_url", "转载没有填原文链接，请补上。", BASIS)
        return
    try:
        parts = urlsplit(page.source_url)
        host = (parts.hostname or "").lower()
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        message = "原文链接不是网址，请改正。"
        yield Hit(CODE, BLOCKS, "原文链接", "source_url", message, BASIS, shown_whole(page.source_url))
    elif source is not None and source.domain and not is_under(host, source.domain):
        message = f"原文链接不在来源“{source.name[:60]}”的域名 {source.domain} 之下，请核对；确属该来源的，请由另一人说明。"
        yield Hit(CODE, JUSTIFY, "原文链接", "source_url", message, BASIS, shown_whole(host))


def is_under(host: str, domain: str) -> bool:
    """Return whether `host` is `domain` or stands below it; "nothebei.gov.cn" is not below "hebei.gov.cn"."""
    domain = domain.lower().strip().strip(".")
    return host == domain or host.endswith(f".{domain}")
