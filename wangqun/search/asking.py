"""From what a reader typed to a question that an engine answers. Pure. No input is an error; some get one sentence back."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wangqun.base.errors import Refused
from wangqun.search import text
from wangqun.search.engine import Alternative

LONGEST, MOST_WORDS, MOST_ALTERNATIVES = 200, 20, 8
SYNONYM_WEIGHT = 0.7
QUOTED = re.compile(r'"([^"]*)"|([^\s"]+)')
TOO_LONG = f"查找的文字最多 {LONGEST} 个字，请缩短后再试。"
NOTHING_TO_FIND = "请输入文字或数字；标点、符号和表情不能单独查找。"


@dataclass(frozen=True)
class Asked:
    """What was typed, read: the words as typed, for highlighting and the engine each with its alternatives."""

    typed: str
    title: str
    words: tuple[tuple[Alternative, ...], ...]
    terms: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def ways(self) -> list[tuple[str, ...]]:
        """Every spelling that counts as found."""
        return [one.signs for word in self.words for one in word]


def read(raw: str, synonyms: Iterable[Sequence[str]] = ()) -> Asked | None:
    """Return what `raw` asks for, None for blanks; `synonyms` are groups of words that mean the same.

    Blanks divide words, all of which must be found; what stands between straight quotation marks is one word. All other
    marks mean nothing. Raises Refused for a text that is too long or holds nothing but marks.
    """
    typed = " ".join(text.INVISIBLE.sub("", raw).split())
    if not typed:
        return None
    if len(typed) > LONGEST:
        raise Refused(TOO_LONG)
    groups = [[text.fold(word) for word in group] for group in synonyms]
    words: list[tuple[Alternative, ...]] = []
    parts: list[str] = []
    for quoted, plain in QUOTED.findall(typed):
        if plain == "AND":  # what everybody means anyway
            continue
        word = (quoted or plain).strip()
        alternatives = _alternatives(word, groups)
        if alternatives and len(words) < MOST_WORDS:
            words.append(alternatives)
            parts.append(word)
    if not words:
        raise Refused(NOTHING_TO_FIND)
    folded = [text.fold(part) for part in parts]
    terms = tuple(dict.fromkeys(word for word in folded if text.words(word) == [word]))
    return Asked(typed, text.fold(text.clean(typed)), tuple(words), terms, tuple(parts))


def _alternatives(word: str, groups: list[list[str]]) -> tuple[Alternative, ...]:
    folded = text.fold(text.clean(word))
    spellings = {folded: 1.0}
    if text.is_traditional(word):
        spellings.setdefault(text.fold(text.in_mainland_words(word)), 1.0)
    for group in groups:
        for spelling in list(spellings):
            meant = max((one for one in group if one in spelling), key=len, default="")
            for other in group if meant else ():
                if other != meant:
                    spellings.setdefault(spelling.replace(meant, other), SYNONYM_WEIGHT)
    found: dict[tuple[str, ...], float] = {}
    for spelling, weight in spellings.items():
        if signs := tuple(text.signs(spelling)):
            found.setdefault(signs, weight)
    return tuple(Alternative(signs, weight) for signs, weight in list(found.items())[:MOST_ALTERNATIVES])
