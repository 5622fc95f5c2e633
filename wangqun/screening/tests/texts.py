"""Small articles for the checks that read only text."""

import json

from django.conf import settings

from wangqun.articles.models import ArticlePage
from wangqun.screening.checks.hit import Hit
from wangqun.screening.content import Content, read
from wangqun.screening.words import WordLists


def first_words() -> dict[str, list[str]]:
    """The word lists of version 1."""
    file = settings.BASE_DIR / "data" / "words" / "v1.json"
    return json.loads(file.read_text(encoding="utf-8"))["words"]


WORDS = WordLists(first_words())


def article(*paragraphs: str, title: str = "全市外贸工作座谈会召开", body: list | None = None, **fields) -> ArticlePage:
    """An unsaved article with one rich-text block per paragraph, or with the given raw `body`."""
    blocks = body if body is not None else [{"type": "paragraph", "value": f"<p>{text}</p>"} for text in paragraphs]
    return ArticlePage(title=title, body=json.dumps(blocks), **fields)


def hits(check, *paragraphs: str, **fields) -> list[Hit]:
    """What `check` finds in an article of `paragraphs`."""
    return list(check(read(article(*paragraphs, **fields)), WORDS))


def content(**fields) -> Content:
    return read(article(**fields))
