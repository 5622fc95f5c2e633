"""Texts as a machine must read them: disguises removed, and every place in the folded text traceable to the original."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

# Signs that show nothing: zero-width, soft hyphen, directional marks, variation selectors, invisible operators.
INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u20e3\u3164\ufeff\uffa0"
) | {chr(code) for code in range(0xFE00, 0xFE10)}
LOOK_ALIKES = str.maketrans("ХхΧχ", "XxXx")  # Cyrillic and Greek letters that print like the Latin X

NUMERALS = {
    **dict.fromkeys("〇零○◯洞", "0"),
    **dict.fromkeys("一壹幺弌", "1"),
    **dict.fromkeys("二贰", "2"),
    **dict.fromkeys("三叁", "3"),
    **dict.fromkeys("四肆", "4"),
    **dict.fromkeys("五伍", "5"),
    **dict.fromkeys("六陆", "6"),
    **dict.fromkeys("七柒拐", "7"),
    **dict.fromkeys("八捌", "8"),
    **dict.fromkeys("九玖", "9"),
}
NUMERAL = "[" + "".join(NUMERALS) + "]"
_TO_DIGITS = str.maketrans(NUMERALS)


@lru_cache(maxsize=65536)
def _fold_sign(sign: str) -> str:
    """Return what one sign stands for: "" for an invisible one, the plain form of a wide or circled one."""
    if sign in INVISIBLE:
        return ""
    plain = unicodedata.normalize("NFKC", sign).translate(LOOK_ALIKES)
    if len(plain) == 3 and plain[0] == "(" and plain[2] == ")" and plain[1].isdigit():
        return plain[1]  # ⑴
    return plain


@dataclass(frozen=True)
class Folded:
    """A text after folding, and for each of its signs the place in the original."""

    original: str
    text: str
    places: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span of the folded span `start`..`end` (end not included, at least one sign)."""
        return self.places[start], self.places[end - 1] + 1

    @cached_property
    def digits(self) -> str:
        """The folded text with Chinese numerals turned to digits, sign for sign: 一三八 becomes 138."""
        return self.text.translate(_TO_DIGITS)

    @cached_property
    def tight(self) -> "Folded":
        """The folded text without any blank except line breaks: “秘 密 ★” becomes “秘密★”."""
        if not re.search(r"[^\S\n]", self.text):
            return self
        kept = [index for index, sign in enumerate(self.text) if sign == "\n" or not sign.isspace()]
        return Folded(self.original, "".join(self.text[index] for index in kept), [self.places[index] for index in kept])


def fold(text: str) -> Folded:
    """Return `text` in plain form: NFKC sign by sign, look-alikes and invisible signs resolved."""
    signs: list[str] = []
    places: list[int] = []
    for index, sign in enumerate(text):
        if "\u4e00" <= sign <= "\u9fff":  # most signs by far, and already plain
            signs.append(sign)
            places.append(index)
            continue
        plain = _fold_sign(sign)
        signs.append(plain)
        places.extend([index] * len(plain))
    return Folded(text, "".join(signs), places)


def excerpt(text: str, start: int, end: int, *, is_masked: bool = False, around: int = 20) -> str:
    """Return the surroundings of `text[start:end]` with the hit in 【】, at most 200 signs.

    `is_masked` hides the middle of a number: the check sheet is kept, the number need not be.
    """
    hit = text[start:end]
    if is_masked:
        visible = [index for index, sign in enumerate(hit) if sign.isalnum()]
        hidden = set(visible[3:-2])
        hit = "".join("*" if index in hidden else sign for index, sign in enumerate(hit))
    before = ("…" if start > around else "") + text[max(0, start - around) : start]
    after = text[end : end + around] + ("…" if end + around < len(text) else "")
    before, after = (part.replace("【", "〖").replace("】", "〗") for part in (before, after))
    return " ".join(f"{before}【{hit[:120]}】{after}".split())
