"""HTML to PDF for slips and sheets. Nothing is ever fetched but `data:` addresses and our own static files."""

import logging
import mimetypes
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

logger = logging.getLogger(__name__)

BASE_URL = "https://static.invalid/"
"""What relative addresses in the HTML are resolved against. The name can never exist (RFC 2606) and is never asked."""
SUFFIXES = {".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ttf", ".otf", ".woff", ".woff2"}
STATIC = Path(__file__).resolve().parent.parent / "static"


class PdfUnavailable(Exception):
    """This machine cannot make a Chinese PDF: pango or a Chinese font is missing. Print the page from the browser."""


def render_pdf(html: str) -> bytes:
    """Return the PDF of the page `html`, with styles and pictures linked under STATIC_URL.

    Any other address (file:, http:, attachments) is left out and logged, never fetched. Raises PdfUnavailable.
    """
    if not pdf_is_available():
        raise PdfUnavailable("本机缺少 pango 或中文字体，请用浏览器打印，或安装 libpango-1.0-0 和 fonts-noto-cjk。")
    from weasyprint import HTML  # noqa: PLC0415 - needs pango, which only apt can give; everything else works without

    return HTML(string=html, base_url=BASE_URL, url_fetcher=_fetcher()).write_pdf()  # type: ignore[no-any-return]


@cache
def pdf_is_available() -> bool:
    """Return whether this machine has pango and at least one Chinese font; asked once per process."""
    try:
        import weasyprint  # noqa: F401, PLC0415 - as above
    except (ImportError, OSError):
        return False
    return _has_chinese_font()


def _has_chinese_font() -> bool:
    """Without one the text becomes empty boxes. Fontconfig comes with pango, so its tool is there where pango is."""
    program = shutil.which("fc-list")
    if program is None:
        return False
    answer = subprocess.run(  # noqa: S603 - a fixed command without input from anybody
        [program, ":lang=zh-cn", "family"], capture_output=True, text=True, timeout=30, check=False
    )
    return bool(answer.stdout.strip())


def _fetcher() -> Any:
    """Return WeasyPrint's fetcher with every door shut but two."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415 - as above

    class Fetcher(URLFetcher):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(allowed_protocols=("data",), allow_redirects=False)

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            path = _static_file(url)
            if path is None:
                logger.warning("A page to be printed asked for %s; refused.", url[:200])
                raise ValueError(f"refused: {url[:200]}")
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    return Fetcher()


def _static_file(url: str) -> Path | None:
    """Return the static file that `url` names, or None where it names anything else."""
    if not url.startswith(BASE_URL):
        return None
    path = unquote(urlsplit(url).path)
    if not path.startswith(settings.STATIC_URL):
        return None
    # Collected files carry the digest in their name (css/print.1a2b.css) and lie in STATIC_ROOT.
    for root in (STATIC, Path(settings.STATIC_ROOT).resolve()):
        found = (root / path.removeprefix(settings.STATIC_URL)).resolve()
        if found.is_relative_to(root) and found.suffix.lower() in SUFFIXES and found.is_file():
            return found
    return None
