"""敏感: words that send a text to the leader in charge, and drafts that nobody has decided yet. 依据：石21、沪10(二)(四)。"""

from collections.abc import Iterator

from wangqun.screening.checks.hit import ADVICE, JUSTIFY, Hit, hit_in
from wangqun.screening.content import Content, Piece
from wangqun.screening.words import WordHit, WordLists

SENSITIVE, UNDECIDED = "sensitive", "undecided"
FOR_THE_LEADER = frozenset({SENSITIVE, UNDECIDED})
"""The checks whose findings send a text to the leader in charge."""


def check(content: Content, words: WordLists) -> Iterator[Hit]:
    """Yield one hit per sensitive word (advice: the leader will read it) and one per word of an undecided draft."""
    for name in (SENSITIVE, UNDECIDED):
        places: dict[str, list[tuple[Piece, WordHit]]] = {}
        for piece in content.pieces:
            for hit in words.find(name, piece.folded.tight.text):
                places.setdefault(hit.word, []).append((piece, hit))
        for word, hits in places.items():
            piece, hit = hits[0]
            often = f"（共 {len(hits)} 处）" if len(hits) > 1 else ""
            span = (hit.start, hit.end)
            if name == SENSITIVE:
                yield hit_in(
                    piece, piece.folded.tight, span, code=SENSITIVE, level=ADVICE,
                    message=f"涉及“{word}”{often}，处室审核后还须经主管局长审核。", basis="石21、沪10(二)",
                )  # fmt: skip
            else:
                yield hit_in(
                    piece, piece.folded.tight, span, code=UNDECIDED, level=JUSTIFY,
                    message=f"出现“{word}”{often}，未经议决的事项不得上网；公开征求意见的，请由另一人说明。", basis="沪10(四)",
                )  # fmt: skip
