"""Spreadsheets that a Chinese office opens, reads and prints: a title, headings, ruled rows, A4 landscape. Pure."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from wangqun.base.errors import Refused

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 5 * 1024 * 1024  # of an uploaded file
MOST_UNPACKED = 60 * 1024 * 1024  # of its parts together: a small file may unpack to gigabytes
MOST_ROWS = 5_000
MOST_COLUMNS = 30
RULE = Border(*[Side(style="thin", color="FF000000")] * 4)
MEANING = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheet programs may take for a formula


@dataclass
class Table:
    """One sheet: its name, the title printed over it, headings with widths in characters, rows, and lines below."""

    name: str
    title: str
    headings: Sequence[str]
    widths: Sequence[float]
    rows: Sequence[Sequence[Any]]
    subtitle: str = ""
    notes: Sequence[str] = field(default_factory=list)


def write(tables: Sequence[Table]) -> bytes:
    """Return the bytes of an .xlsx with one sheet per table. Text stays text, whatever it begins with."""
    book = Workbook()
    book.remove(book.active)
    for table in tables:
        _fill(book.create_sheet(table.name[:31]), table)
    output = BytesIO()
    book.save(output)
    return output.getvalue()


def put(cell: Cell, value: Any) -> None:
    """Write `value` so that no program takes text for a formula; characters that .xlsx forbids are dropped."""
    if not isinstance(value, str):
        cell.value = value
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else "yyyy-mm-dd"
        return
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.value = text
    if text.startswith(MEANING):
        cell.data_type = "s"
        cell.quotePrefix = True


def _fill(sheet: Worksheet, table: Table) -> None:
    across = len(table.headings)
    lines = [(table.title, Font(name="黑体", size=18, bold=True), "center", 34.0)]
    if table.subtitle:
        lines.append((table.subtitle, Font(name="宋体", size=11), "right", 20.0))
    for number, (text, font, horizontal, height) in enumerate(lines, start=1):
        sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=across)
        cell = sheet.cell(number, 1)
        put(cell, text)
        cell.font, cell.alignment = font, Alignment(horizontal=horizontal, vertical="center")
        sheet.row_dimensions[number].height = height
    head = len(lines) + 1
    for number, (heading, width) in enumerate(zip(table.headings, table.widths, strict=True), start=1):
        cell = sheet.cell(head, number)
        put(cell, heading)
        cell.font, cell.border = Font(name="黑体", size=11), RULE
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(number)].width = width
    for row_number, row in enumerate(table.rows, start=head + 1):
        for number, value in enumerate(row, start=1):
            cell = sheet.cell(row_number, number)
            put(cell, value)
            cell.font, cell.border = Font(name="宋体", size=11), RULE
            cell.alignment = Alignment(
                horizontal="left" if isinstance(value, str) else "center", vertical="center", wrap_text=True
            )
    below = head + len(table.rows)
    for number, note in enumerate(table.notes, start=below + 1):
        sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=across)
        cell = sheet.cell(number, 1)
        put(cell, note)
        cell.font, cell.alignment = Font(name="宋体", size=10), Alignment(wrap_text=True, vertical="center")
    sheet.freeze_panes = sheet.cell(head + 1, 1)
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"


def read(data: bytes) -> list[list[Any]]:
    """Return the cells of the first sheet of an .xlsx, row by row, empty ones as None.

    Raises Refused for what is no .xlsx, is too big, or would unpack to something too big.
    """
    if len(data) > MOST_BYTES:
        raise Refused("文件超过 5 MB，请删去无关内容后再上传。")
    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise Refused("文件展开后过大，请删去无关内容后再上传。")
        book = load_workbook(BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows = [list(row) for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS, max_row=MOST_ROWS + 1)]
        book.close()
    except Refused:
        raise
    except Exception as problem:  # openpyxl raises whatever the broken part of the file leads it to
        raise Refused("这不是能读的 .xlsx 文件，请用 Excel 或 WPS 另存为 .xlsx 后再上传。") from problem
    while rows and not any(value not in (None, "") for value in rows[-1]):
        rows.pop()
    if len(rows) > MOST_ROWS:
        raise Refused(f"表格超过 {MOST_ROWS} 行，请分几次上传。")
    return rows
