"""What a signature is bound to: the digest of a revision's content, files included."""

import hashlib
import json
from typing import Any

from wagtail.models import COMMENTS_RELATION_NAME, Page, Revision

# State and tree position are not content: they change when a page is published, moved or locked.
NOT_CONTENT = {
    "pk", "path", "depth", "numchild", "url_path", "content_type", "owner", "draft_title", "live", "has_unpublished_changes",
    "first_published_at", "last_published_at", "live_revision", "latest_revision", "latest_revision_created_at", "locked",
    "locked_at", "locked_by", "go_live_at", "expire_at", "expired", "alias_of", "translation_key", "locale", "slug",
    "wagtail_admin_comments", "submitted_from",
}  # fmt: skip


def content_hash(revision: Revision) -> str:
    """Return the SHA-256, in hexadecimal, of what `revision` would show: its text and the bytes of its files.

    Reads the stored content as it is; the page is not built, so that asking is cheap and asked at every step.
    """
    content: dict[str, Any] = {key: value for key, value in revision.content.items() if key not in NOT_CONTENT}
    model = revision.content_type.model_class()
    content["files"] = sorted(model.digests_in(revision.content)) if hasattr(model, "digests_in") else []
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


# What belongs to the page itself, whatever revision is shown: where it stands and whose it is.
OF_THE_PAGE = (
    "id", "content_type_id", "path", "depth", "numchild", "url_path", "live", "owner_id", "locale_id", "translation_key",
)  # fmt: skip


def page_of(revision: Revision, place: Page) -> Page:
    """Return the page as `revision` holds it, standing where `place`, its row, stands now.

    What Wagtail's `revision.as_object()` gives, for showing only: it asks the database nothing, where that asks for every
    row that the text refers to, one by one.
    """
    content = {key: value for key, value in revision.content.items() if key != COMMENTS_RELATION_NAME}
    page = revision.content_type.model_class().from_serializable_data(content, check_fks=False)
    for name in OF_THE_PAGE:
        setattr(page, name, getattr(place, name))
    return page
