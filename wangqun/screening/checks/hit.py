"""What a check hands back."""

from dataclasses import dataclass

from wangqun.screening.content import Piece
from wangqun.screening.folding import Folded, excerpt
from wangqun.screening.models import Finding

BLOCKS, JUSTIFY, ADVICE = Finding.Level.BLOCKS.value, Finding.Level.JUSTIFY.value, Finding.Level.ADVICE.value


@dataclass(frozen=True)
class Hit:
    """One hit, as `Finding` will keep it."""

    check_code: str
    level: str
    place: str
    anchor: str
    message: str
    basis: str
    excerpt: str = ""


def hit_in(
    piece: Piece,
    folded: Folded,
    span: tuple[int, int],
    *,
    code: str,
    level: str,
    message: str,
    basis: str,
    is_masked: bool = False,
) -> Hit:
    """Return the hit at `span` of `folded`, a folded form of the text of `piece`."""
    start, end = folded.span(*span)
    shown = excerpt(piece.text, start, end, is_masked=is_masked)
    return Hit(code, level, piece.place[:128], piece.anchor[:128], message, basis, shown)


def shown_whole(text: str) -> str:
    """Return `text` as an excerpt that is a hit from end to end."""
    return f"【{text[:120]}】" if text else ""
