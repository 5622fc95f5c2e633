"""What every public page is: its address, and the files it consists of. Rendering knows no request, user or session."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from django.db import models
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.translation import override

from wangqun.websites.models import Website

HTML = "text/html; charset=utf-8"
CHINESE = "zh-Hans"


def speaking(language: str) -> override:
    """Let what is rendered inside speak a language of the public pages; both kinds of Chinese are one, converted later."""
    return override("zh-hans" if language.startswith("zh") else language)


@dataclass
class Assets:
    """Collects the pictures and attachments that the files of one page refer to; they are released with it and only so.

    `folder` is the page's own folder on its host, "" for the home page, e.g. "gzdt/t20260312_0042".
    """

    folder: str
    copies: dict[str, Any] = field(default_factory=dict)  # path on the host -> Django file to read the bytes from

    def add(self, file: Any, name: str) -> str:
        """Take `file` along under `name` (ASCII is kept, the rest becomes a digest); returns its address on the host."""
        suffix = PurePosixPath(name).suffix.lower()
        digest = hashlib.sha256(str(file.name).encode()).hexdigest()[:12]
        path = f"{self.folder}/{digest}{suffix}".lstrip("/")
        self.copies[path] = file
        return f"/{path}"


@dataclass(frozen=True)
class PublicFile:
    """One file to write: its path on the host, its media type, how to make its bytes; converted to traditional or not."""

    path: str
    content_type: str
    make: Callable[[Assets], bytes]
    has_traditional: bool = True


class PublicPage(models.Model):
    """Mixed into every page type that readers can open."""

    class Meta:
        abstract = True

    @cached_property
    def website(self) -> Website:
        """The site whose tree holds this page. Raises LookupError for a page outside of every site."""
        found = Website.objects.of_page(self)
        if found is None:
            raise LookupError(f"page {self.pk} belongs to no website")
        return found

    @property
    def public_path(self) -> str:
        """The page's path on its host, with slashes at both ends: "/gzdt/t20260312_0042/"; "/" for the home page."""
        root = self.website.site.root_page.url_path
        return "/" + self.url_path[len(root) :]

    @property
    def public_url(self) -> str:
        """The page's whole public address."""
        return self.website.public_url + self.public_path

    @property
    def folder(self) -> str:
        """The page's folder in its host's tree: no slashes at the ends."""
        return self.public_path.strip("/")

    def get_url_parts(self, request: Any = None) -> tuple[int, str, str] | None:
        """Tell Wagtail's admin where the page will stand."""
        website = Website.objects.of_page(self)
        if website is None or website.site is None:
            return None
        return website.site_id, website.public_url, self.public_path

    def render(self, template: str, assets: Assets | None = None, *, language: str = "", **context: Any) -> bytes:
        """Render `template` for this page as bytes; without `assets` (a preview) pictures come from the back office.

        What stands around the text speaks `language` ("en"), or else the page's own; both kinds of Chinese are one here.
        """
        values = {"page": self, "website": self.website, "assets": assets, **context}
        with speaking(language or getattr(self, "language", CHINESE)):
            return render_to_string(template, values).encode("utf-8")

    def public_files(self) -> Iterator[PublicFile]:
        """Yield the files that this page consists of. Each page type says which."""
        raise NotImplementedError
