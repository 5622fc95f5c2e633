"""What changed in a text since readers last saw it, piece by piece, for the reviewer's eyes."""

import difflib
from dataclasses import dataclass

from wagtail.models import Page, Revision

from wangqun.screening.content import read


@dataclass(frozen=True)
class Change:
    """One piece of text that was added, removed or changed; `parts` are (kind, text) with kind same, added or removed."""

    place: str
    parts: list[tuple[str, str]]


def changed_pieces(page: Page, revision: Revision) -> list[Change] | None:
    """Return the changes of `revision` against the released text; None where readers have seen nothing of it yet."""
    if page.live_revision_id is None or page.live_revision_id == revision.pk:
        return None
    old = [(piece.place, piece.text) for piece in read(page.live_revision.as_object()).pieces]
    new = [(piece.place, piece.text) for piece in read(revision.as_object()).pieces]
    matcher = difflib.SequenceMatcher(a=[text for _, text in old], b=[text for _, text in new], autojunk=False)
    changes = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        for index in range(max(b - a, d - c)):
            before = old[a + index] if a + index < b else None
            after = new[c + index] if c + index < d else None
            place = (after or before or ("", ""))[0]
            changes.append(Change(place, _parts(before[1] if before else "", after[1] if after else "")))
    return changes


def _parts(before: str, after: str) -> list[tuple[str, str]]:
    parts = []
    for tag, a, b, c, d in difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(("same", before[a:b]))
            continue
        if b > a:
            parts.append(("removed", before[a:b]))
        if d > c:
            parts.append(("added", after[c:d]))
    return parts
