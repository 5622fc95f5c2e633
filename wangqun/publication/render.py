"""From a release record to files: what a page consists of, made from the released revision and nothing else."""

from dataclasses import dataclass

from django.db import transaction
from wagtail.models import Page

from wangqun.base.moments import now
from wangqun.columns.models import PublicItem
from wangqun.publication import tree
from wangqun.publication.models import File, Release
from wangqun.websites.content import content_hash
from wangqun.websites.models import Website
from wangqun.websites.pages import Assets


class Tampered(Exception):
    """The stored revision is not what was signed."""


@dataclass(frozen=True)
class Made:
    """One file, made."""

    path: str
    content: bytes
    content_type: str


MEDIA_TYPES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp",
    ".svg": "image/svg+xml", ".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8",
}  # fmt: skip


def released_page(release: Release) -> Page:
    """Return the page as it was released; raises Tampered where the stored revision is not what was signed."""
    if content_hash(release.revision) != release.content_hash:
        raise Tampered(f"{release.page_id} {release.title}")
    page = release.revision.as_object()
    page.first_published_at, page.last_published_at = release.published_at, release.released_at
    return page


def make(release: Release) -> tuple[list[Made], str]:
    """Make every file of a release record; returns them and the address of the cover picture, "" where there is none."""
    if release.kind == Release.Kind.WITHDRAWAL:
        return [_gone(release)], ""
    page = released_page(release)
    made: list[Made] = []
    assets = Assets(page.folder)
    for file in page.public_files():
        made.append(Made(file.path, file.make(assets), file.content_type))
    cover = page.cover_address(assets) if hasattr(page, "cover_address") else ""
    for path, source in assets.copies.items():
        suffix = "." + path.rsplit(".", 1)[-1] if "." in path else ""
        with source.open("rb") as content:
            made.append(Made(path, content.read(), MEDIA_TYPES.get(suffix, "application/octet-stream")))
    return made, cover


def _gone(release: Release) -> Made:
    page = Page.objects.get(pk=release.page_id).specific
    context = {
        "release": release,
        "title": release.title,
        "reason": release.get_withdrawal_reason_display(),
        "note": release.note,
    }
    content = page.render("gone.html", **context, withdrawn_at=release.released_at)
    return Made(f"{page.folder}/gone.html", content, "text/html; charset=utf-8")


def render_page(page_id: int) -> int:
    """Make and write the files of one page as its newest release record says; returns how many there are now.

    Files first, then rows: killed in between, the order still waits and is done again with the same result.
    """
    release = Release.objects.filter(page_id=page_id).select_related("revision", "website").order_by("-number").first()
    host = release.website.domain if release else ""
    is_shown = release is not None and release.website.state in {Website.State.OPEN, Website.State.BUILDING}
    made, cover = make(release) if release is not None and is_shown else ([], "")
    before = {(row.host, row.path): row for row in File.objects.filter(page_id=page_id)}
    rows = []
    for file in made:
        digest, size = tree.write(host, file.path, file.content, file.content_type)
        old = before.pop((host, file.path), None)
        if old is None or old.sha256 != digest or old.release_id != release.pk:
            rows.append(
                File(
                    host=host,
                    path=file.path,
                    page_id=page_id,
                    release=release,
                    content_type=file.content_type,
                    sha256=digest,
                    size=size,
                    built_at=now(),
                )  # fmt: skip
            )
    for old_host, path in before:
        tree.remove(old_host, path)
    with transaction.atomic():
        File.objects.filter(pk__in=[row.pk for row in before.values()]).delete()
        File.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["host", "path"],
            update_fields=["page", "release", "content_type", "sha256", "size", "built_at"],
        )
        PublicItem.objects.filter(page_id=page_id).exclude(cover=cover).update(cover=cover)
    return len(made)
