"""The text of an attachment, read by a process of its own with little memory and little time: a hostile file harms nothing.

    python -m wangqun.search.attachments <file> <.suffix>

prints the text. `text_of` runs that and keeps what it printed under `<SEARCH_ROOT>/texts`, by the digest of the file.
"""

import json
import logging
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

LONGEST = 50_000  # signs of one attachment
MOST_PAGES, MOST_ROWS, MOST_CELLS = 500, 20_000, 200
MOST_BYTES, MOST_UNPACKED = 60 * 1024 * 1024, 300 * 1024 * 1024
MOST_SECONDS, MOST_MEMORY = 20, 1024 * 1024 * 1024
READABLE = {".pdf", ".docx", ".xlsx", ".txt", ".csv"}
VERSION = 1  # raised when more or other text is read, so that files are read again

logger = logging.getLogger(__name__)


def text_of(file: Path, suffix: str, digest: str, kept: Path) -> str:
    """Return the text of `file`, "" for kinds that cannot be read and for broken ones, which the log names."""
    if suffix not in READABLE:
        return ""
    note = kept / f"{digest}-{VERSION}.json"
    if note.exists():
        return str(json.loads(note.read_text(encoding="utf-8"))["text"])
    found, fault = _read_apart(file, suffix)
    if fault:
        logger.warning("attachment %s cannot be searched: %s", file, fault)
    kept.mkdir(parents=True, exist_ok=True)
    fresh = note.with_suffix(".new")
    fresh.write_text(json.dumps({"text": found, "file": str(file), "fault": fault}, ensure_ascii=False), encoding="utf-8")
    fresh.rename(note)
    return found


def faults(kept: Path) -> Iterator[tuple[str, str]]:
    """Yield (file, reason) of the attachments that could not be read."""
    for note in sorted(kept.glob("*.json")):
        said = json.loads(note.read_text(encoding="utf-8"))
        if said["fault"]:
            yield said["file"], said["fault"]


def _read_apart(file: Path, suffix: str) -> tuple[str, str]:
    """Return (text, "") or ("", reason)."""
    try:
        if file.stat().st_size > MOST_BYTES:
            return "", f"大于 {MOST_BYTES // 1024 // 1024} MB"
        done = subprocess.run(  # noqa: S603 - our own module and a path of our own
            [sys.executable, "-m", __name__, str(file), suffix],
            capture_output=True, timeout=MOST_SECONDS + 10, check=False, stdin=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as fault:
        return "", f"{type(fault).__name__}"
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return "", said[-1][:300] if said else f"读取进程退出码 {done.returncode}"
    return done.stdout.decode("utf-8", "replace")[:LONGEST], ""


# -- in the process of its own -------------------------------------------------------------------------------------------


def _pdf(file: Path) -> Iterator[str]:
    from pypdf import PdfReader  # noqa: PLC0415 - each process reads one kind

    for page in islice(PdfReader(file).pages, MOST_PAGES):
        yield page.extract_text().replace("\n", " ")  # lines of a page break inside sentences


def _docx(file: Path) -> Iterator[str]:
    from docx import Document  # noqa: PLC0415
    from docx.table import Table  # noqa: PLC0415

    for part in Document(str(file)).iter_inner_content():
        if isinstance(part, Table):
            for row in part.rows:
                yield "\n".join(cell.text for cell in row.cells)
        else:
            yield part.text


def _xlsx(file: Path) -> Iterator[str]:
    from openpyxl import load_workbook  # noqa: PLC0415

    book = load_workbook(file, read_only=True, data_only=True)
    for sheet in book.worksheets:
        yield sheet.title
        for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_CELLS, values_only=True):
            yield "\n".join(str(cell) for cell in row if cell is not None)


def _plain(file: Path) -> Iterator[str]:
    raw = file.read_bytes()[: LONGEST * 4]
    try:
        yield raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield raw.decode("gb18030", "replace")


READERS = {".pdf": _pdf, ".docx": _docx, ".xlsx": _xlsx, ".txt": _plain, ".csv": _plain}


def _enough(pieces: Iterable[str]) -> str:
    """Return the pieces as lines, no more than the longest text."""
    made, length = [], 0
    for piece in pieces:
        if piece.strip():
            made.append(piece)
            length += len(piece)
        if length > LONGEST:
            break
    return "\n".join(made)[:LONGEST]


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    file, suffix = Path(sys.argv[1]), sys.argv[2]
    if suffix in {".docx", ".xlsx"}:
        with zipfile.ZipFile(file) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                sys.exit("展开后过大")
    sys.stdout.buffer.write(_enough(READERS[suffix](file)).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
