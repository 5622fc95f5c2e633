"""What a page would show, piece by piece, each with its place for people and its field on the editing page. 依据：石21。

Reads the stored form of a revision, so it needs no query and sees exactly what would be released.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from wagtail import blocks
from wagtail.contrib.table_block.blocks import TableBlock
from wagtail.images.blocks import ImageBlock, ImageChooserBlock
from wagtail.models import Page

from wangqun.articles.models import ArticlePage
from wangqun.languages import traditional
from wangqun.languages.known import TRADITIONAL
from wangqun.screening.folding import Folded, fold


@dataclass
class Piece:
    """One text: `place` for people (“正文第3段”), `anchor` the field on the editing page (“body-2-value”)."""

    place: str
    anchor: str
    text: str
    read_as: str = ""  # the same text, as long, in the writing of the dictionaries
    _folded: Folded | None = None

    @property
    def folded(self) -> Folded:
        """The text as a machine must read it; folded once, for every check."""
        if self._folded is None:
            self._folded = fold(self.read_as or self.text)
        return self._folded


@dataclass(frozen=True)
class Link:
    """A link in rich text: to a page or document of ours by number, or to an address."""

    place: str
    anchor: str
    text: str
    href: str = ""
    page_id: int | None = None
    document_id: int | None = None


@dataclass(frozen=True)
class Picture:
    """A picture in the body."""

    place: str
    anchor: str
    image_id: int | None
    alternative_text: str
    is_decorative: bool


@dataclass
class Content:
    """All that a page would show."""

    page: Page
    pieces: list[Piece] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    @property
    def is_article(self) -> bool:
        return isinstance(self.page, ArticlePage)


FIELDS = [
    ("title", "标题"),
    ("summary", "摘要"),
    ("introduction", "网站简介"),
    ("description", "栏目说明"),
    ("author", "作者"),
    ("source_url", "原文链接"),
    ("keywords", "关键词"),
    ("document_number", "发文字号"),
    ("cover_text", "封面替代文字"),
    ("correction_note", "更正说明"),
    ("seo_title", "搜索标题"),
    ("search_description", "搜索摘要"),
]


def read(page: Page) -> Content:
    """Return the content of `page` as its revision has it: an article whole, a column or home page by its plain fields."""
    content = Content(page)
    for name, place in FIELDS:
        value = getattr(page, name, "")
        if value:
            content.pieces.append(Piece(place, name, str(value)))
    if isinstance(page, ArticlePage):
        _Body(content).read(page)
        for index, attachment in enumerate(page.attachments.all()):
            place, anchor = f"附件{index + 1}", f"attachments-{index}"
            content.pieces.append(Piece(f"{place}名称", f"{anchor}-title", attachment.title))
            if attachment.document_id and (name := attachment.document.filename):
                content.pieces.append(Piece(f"{place}文件名", f"{anchor}-document", name))
        if page.language == TRADITIONAL:  # the dictionaries are in simplified Chinese
            for piece in content.pieces:
                piece.read_as = traditional.simplified(piece.text)
    return content


class _Paragraphs(HTMLParser):
    """Cuts rich text into paragraphs without markup, and collects its links."""

    BREAKING = frozenset(
        {"p", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "div", "hr", "table", "tr", "td"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self.links: list[tuple[int, dict[str, str | None], str]] = []  # index of its paragraph, attributes, text
        self.current: list[str] = []
        self.link: tuple[dict[str, str | None], list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BREAKING:
            self.end_paragraph()
        elif tag == "br":
            self.current.append("\n")
        elif tag == "a":
            self.end_link()
            self.link = (dict(attrs), [])

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BREAKING:
            self.end_paragraph()
        elif tag == "a":
            self.end_link()

    def handle_data(self, data: str) -> None:
        self.current.append(data)
        if self.link:
            self.link[1].append(data)

    def end_link(self) -> None:
        if self.link:
            self.links.append((len(self.paragraphs), self.link[0], "".join(self.link[1])))
            self.link = None

    def end_paragraph(self) -> None:
        self.end_link()
        text = "".join(self.current)
        if text.strip():
            self.paragraphs.append(text)
        self.current = []

    def read(self, html: str) -> "_Paragraphs":
        self.feed(html)
        self.close()
        self.end_paragraph()
        return self


class _Body:
    """Walks the body's blocks, however deep they lie, in the order in which a reader sees them."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.counts: dict[str, int] = {}
        self.tables = 1

    def read(self, page: ArticlePage) -> None:
        raw = list(page.body.raw_data)
        self.tables = sum(1 for item in raw if item["type"] == "table")
        self._stream(page.body.stream_block, raw, "body")

    def _add(self, place: str, anchor: str, text: Any) -> None:
        if text and str(text).strip():
            self.content.pieces.append(Piece(place, anchor, str(text)))

    def _next(self, name: str) -> int:
        self.counts[name] = self.counts.get(name, 0) + 1
        return self.counts[name]

    def _stream(self, block: blocks.BaseStreamBlock, items: list[dict[str, Any]], prefix: str) -> None:
        for index, item in enumerate(items):
            child = block.child_blocks.get(item["type"])
            if child is not None:
                self._block(child, item.get("value"), f"{prefix}-{index}-value")

    def _block(self, block: blocks.Block, value: Any, anchor: str, place: str = "") -> None:
        """Read one block; `place` is what its surroundings are called, "" in the open body."""
        if value is None:
            return
        if isinstance(block, ImageBlock):
            self._picture(value, anchor)
        elif isinstance(block, ImageChooserBlock):
            self._picture({"image": value}, anchor)
        elif isinstance(block, blocks.RichTextBlock):
            self._rich_text(value, anchor, place)
        elif isinstance(block, TableBlock):
            self._table(value, anchor)
        elif isinstance(block, blocks.BaseStructBlock):
            self._struct(block, value, anchor)
        elif isinstance(block, blocks.ListBlock):
            for index, item in enumerate(value):
                inner = item["value"] if isinstance(item, dict) and item.get("type") == "item" else item
                self._block(block.child_block, inner, f"{anchor}-{index}-value", place)
        elif isinstance(block, blocks.BaseStreamBlock):
            self._stream(block, value, anchor)
        elif isinstance(block, blocks.RawHTMLBlock):
            self._rich_text(value, anchor, place)
        elif isinstance(block, (blocks.CharBlock, blocks.TextBlock, blocks.URLBlock, blocks.EmailBlock)):
            if not place:
                name = "引文" if isinstance(block, blocks.BlockQuoteBlock) else str(block.label)
                place = f"{name}{self._next(name)}"
            self._add(place, anchor, value)

    def _struct(self, block: blocks.BaseStructBlock, value: dict[str, Any], anchor: str) -> None:
        for name, child in block.child_blocks.items():
            place = self._place_in(block, name, child, value)
            self._block(child, value.get(name), f"{anchor}-{name}", place)

    def _place_in(self, block: blocks.BaseStructBlock, name: str, child: blocks.Block, value: dict[str, Any]) -> str:
        """Return what field `name` of a struct is called for people."""
        kind = type(block).__name__
        if kind == "Clause":
            label = str(value.get("label") or "条文").strip()[:40]
            return {"label": "条名", "heading": f"{label}条旨", "text": label}.get(name, label)
        if kind == "Heading":
            return f"小标题{self._next('小标题')}" if name == "text" else ""
        if kind == "Picture":
            return f"图片{self.counts.get('图片', 0)}{child.label}" if name == "caption" else ""
        return f"{block.label}{child.label}"

    def _rich_text(self, html: str, anchor: str, place: str) -> None:
        parsed = _Paragraphs().read(html)
        places: list[str] = []
        for index, text in enumerate(parsed.paragraphs):
            if not place:
                name = f"正文第{self._next('段')}段"
            else:
                name = place if len(parsed.paragraphs) == 1 else f"{place}第{index + 1}段"
            places.append(name)
            self._add(name, anchor, text)
        for index, attributes, text in parsed.links:
            name = places[min(index, len(places) - 1)] if places else (place or "正文")
            self.content.links.append(_link(name, anchor, attributes, text))

    def _table(self, value: dict[str, Any], anchor: str) -> None:
        name = "表格" if self.tables < 2 else f"表格{self._next('表格')}"
        self._add(f"{name}标题", anchor, value.get("table_caption"))
        for row_number, row in enumerate(value.get("data") or [], start=1):
            for column_number, cell in enumerate(row or [], start=1):
                self._add(f"{name}第{row_number}行第{column_number}列", anchor, cell)

    def _picture(self, value: dict[str, Any] | int, anchor: str) -> None:
        raw = value if isinstance(value, dict) else {"image": value}
        place = f"图片{self._next('图片')}"
        text = str(raw.get("alt_text") or "")
        self.content.pictures.append(
            Picture(f"{place}替代文字", f"{anchor}-alt_text", raw.get("image"), text, bool(raw.get("decorative")))
        )
        self._add(f"{place}替代文字", f"{anchor}-alt_text", text)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _link(place: str, anchor: str, attributes: dict[str, str | None], text: str) -> Link:
    kind, number = attributes.get("linktype"), _number(attributes.get("id"))
    return Link(
        place,
        anchor,
        " ".join(text.split()),
        href=(attributes.get("href") or "") if kind not in ("page", "document") else "",
        page_id=(number or 0) if kind == "page" else None,
        document_id=(number or 0) if kind == "document" else None,
    )
