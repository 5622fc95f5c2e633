"""Tags for the body of a public page: pictures, attachments, tables, the table of contents."""

import hashlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from wangqun.websites.pages import Assets
from wangqun.websites.pictures import picture

register = template.Library()

LEAST_CLAUSES = 5  # a text with fewer articles needs no table of contents


@register.simple_tag
def public_image(image: Any, spec: str, assets: Assets | None, alt: str = "", css: str = "") -> SafeString:
    """Show `image` in the size `spec`; its file is released together with the page."""
    if not image:
        return SafeString("")
    found = picture(image, spec, assets)
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="{}" loading="lazy" decoding="async"{}>',
        found.address, found.width, found.height, alt, format_html(' class="{}"', css) if css else "",
    )  # fmt: skip


@register.simple_tag
def public_document(document: Any, assets: Assets | None) -> str:
    """Return where readers find `document`; its file is released together with the page."""
    if assets is not None:
        return assets.add(document.file, document.filename)
    try:
        return reverse("wagtaildocs_serve", args=[document.pk, document.filename])
    except NoReverseMatch:
        return "#"


@register.filter
def file_type(document: Any) -> str:
    """Return the type of an attachment as readers know it: PDF, DOCX."""
    return PurePosixPath(document.filename).suffix.lstrip(".").upper() or "文件"


@register.filter
def file_size(document: Any) -> str:
    """Return the size of an attachment in KB or MB."""
    size = document.get_file_size() or 0
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"


@register.filter
def title_parts(title: str) -> SafeString:
    """Show a title so that it breaks at its spaces first, where a Chinese title has its halves."""
    return format_html_join(" ", '<span class="part">{}</span>', ((part,) for part in title.split()))


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    is_header: bool
    scope: str
    columns: int
    rows: int


@dataclass(frozen=True)
class Table:
    """A table as it is printed."""

    caption: str
    head: list[Cell]
    rows: list[list[Cell]]


@register.simple_tag
def table(value: dict[str, Any]) -> Table:
    """Read what the table editor saved: header cells, merged cells, caption."""
    data = value.get("data") or []
    spans = {(merge["row"], merge["col"]): (merge["colspan"], merge["rowspan"]) for merge in value.get("mergeCells") or []}
    covered = {
        (row + down, column + right)
        for (row, column), (columns, rows) in spans.items()
        for down in range(rows)
        for right in range(columns)
        if down or right
    }
    is_head, is_left = bool(value.get("first_row_is_table_header")), bool(value.get("first_col_is_header"))
    printed = []
    for row, texts in enumerate(data):
        cells = []
        for column, text in enumerate(texts):
            if (row, column) in covered:
                continue
            scope = "col" if is_head and row == 0 else "row" if is_left and column == 0 else ""
            columns, rows = spans.get((row, column), (1, 1))
            cells.append(Cell((text or "").strip(), bool(scope), scope, columns, rows))
        printed.append(cells)
    return Table(
        value.get("table_caption") or "", printed[0] if is_head and printed else [], printed[1:] if is_head else printed
    )


@dataclass
class Section:
    """One chapter of the table of contents with its articles; the first one may have no title."""

    title: str = ""
    anchor: str = ""
    level: str = "2"
    clauses: list[Any] = field(default_factory=list)


@register.simple_tag
def contents(body: Any) -> list[Section]:
    """Return the table of contents of a text with at least five articles (条); an empty list for other texts."""
    sections = [Section()]
    for block in body:
        if block.block_type == "heading":
            sections.append(Section(block.value["text"], anchor(block), block.value["level"]))
        elif block.block_type == "clause":
            sections[-1].clauses.append(block.value)
    if sum(len(section.clauses) for section in sections) < LEAST_CLAUSES:
        return []
    return [section for section in sections if section.title or section.clauses]


@register.filter
def anchor(block: Any) -> str:
    """Return the id of a heading: the same through every edit of the text."""
    return f"jie-{block.id[:8]}" if block.id else "jie-" + hashlib.sha256(block.value["text"].encode()).hexdigest()[:8]


@register.filter
def bare_label(label: str) -> str:
    """Return an article's label without its closing mark: 十三、 → 十三."""
    return label.strip().rstrip("、.． 　")
