"""Chinese text as the index and the question both see it: folded, cut into signs, paired. Pure.

Folding keeps the length, so that a place in the folded text is the same place in the text itself: traditional signs
become simplified ones, wide forms narrow, capitals small. Sign by sign, because a question lacks the context by which a
whole text could be converted: 乾 in 乾坤 and 乾 asked alone must stay the same.

A sign is one Chinese character, one run of Latin letters and digits, or what separates them, whichever marks these are.
Two-sign tokens at following places are an exact substring search; one-sign tokens answer questions of one sign.
"""

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import Final

import opencc
import rjieba

HAN: Final = "\u3005\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
BREAK: Final = "_"  # the sign that stands for any marks between two others
SIGN = re.compile(rf"([{HAN}])|((?:(?![{HAN}])[^\W_]){{1,40}})")
BLANKS_BETWEEN = re.compile(rf"(?<=[{HAN}])[^\S\n]+(?=[{HAN}])")
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\ud800-\udfff]"
)


class _Folding(dict[int, str]):
    """What each sign becomes; filled as signs are met."""

    def __init__(self) -> None:
        super().__init__()
        self.simplified = opencc.OpenCC("t2s")

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        plain = unicodedata.normalize("NFKC", sign).lower()
        if len(plain) != 1:
            plain = sign
        if code > 0x2E7F:
            made = self.simplified.convert(plain)
            plain = made if len(made) == 1 else plain
        self[code] = plain
        return plain


_FOLDING = _Folding()


def clean(text: str) -> str:
    """Return `text` without invisible signs and without blanks between Chinese characters; paragraphs keep their line ends."""
    visible = INVISIBLE.sub("", unicodedata.normalize("NFC", text.replace("\r", "\n")))
    lines = (" ".join(line.split()) for line in visible.split("\n"))
    return BLANKS_BETWEEN.sub("", "\n".join(line for line in lines if line))


def fold(text: str) -> str:
    """Return `text` as it is compared: simplified, narrow, small. Never longer or shorter."""
    return text.translate(_FOLDING)


def signs(folded: str) -> list[str]:
    """Return the signs of a folded text in order; marks between signs count as one BREAK, none at the ends."""
    found: list[str] = []
    end = -1
    for match in SIGN.finditer(folded):
        start = match.start()
        if end >= 0 and start > end:
            found.append(BREAK)
        found.append(match.group())
        end = match.end()
    return found


def pairs(of: list[str]) -> list[str]:
    """Return the two-sign tokens of a list of signs."""
    return [first + second for first, second in pairwise(of)]


def words(folded: str) -> list[str]:
    """Return the words of a folded text, of two signs and more, for relevance only."""
    return [word for word in rjieba.cut(folded) if len(word) > 1 and word.isalnum()]


@cache
def _from_taiwan() -> opencc.OpenCC:
    return opencc.OpenCC("tw2sp")


def is_traditional(text: str) -> bool:
    """Return whether a sign of `text` is written otherwise in simplified Chinese."""
    return any(code > 0x2E7F and _FOLDING[code] != sign for sign in text for code in [ord(sign)])


def in_mainland_words(text: str) -> str:
    """Return `text` with the words of Taiwan and Hong Kong turned to ours: 軟體 becomes 软件."""
    return str(_from_taiwan().convert(text))
