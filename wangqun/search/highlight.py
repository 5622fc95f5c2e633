"""Marks the question's own words in a text. Works on the text as stored, never on tokens; everything is escaped. Pure."""

import re
from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from wangqun.search import text

AROUND, LENGTH = 32, 150  # signs before the first place found; of a whole excerpt
PIECE = 20_000  # signs looked at in one go: most texts are shorter


def pattern(ways: Iterable[tuple[str, ...]]) -> re.Pattern[str] | None:
    """Return what finds any of the spellings in a folded text; None for none."""
    found = sorted({_one(signs) for signs in ways}, key=len, reverse=True)
    return re.compile("|".join(found)) if found else None


def _one(signs: tuple[str, ...]) -> str:
    parts = []
    for sign in signs:
        if sign == text.BREAK:
            parts.append(r"[\W_]+")
        elif re.match(f"[{text.HAN}]", sign):
            parts.append(re.escape(sign))
        else:
            parts.append(rf"(?<![^\W_{text.HAN}]){re.escape(sign)}(?![^\W_{text.HAN}])")
    return r"[^\S\n]*".join(parts)


def mark(shown: str, wanted: re.Pattern[str] | None) -> SafeString:
    """Return `shown` as HTML with the places found in <mark>."""
    return _marked(shown, text.fold(shown), wanted)


def _marked(shown: str, folded: str, wanted: re.Pattern[str] | None) -> SafeString:
    made, end = [], 0
    for found in wanted.finditer(folded) if wanted else ():
        if found.end() > found.start():
            made += [escape(shown[end : found.start()]), "<mark>", escape(shown[found.start() : found.end()]), "</mark>"]
            end = found.end()
    return mark_safe("".join([*made, escape(shown[end:])]))  # noqa: S308 - every piece of text is escaped above


def excerpt(shown: str, wanted: re.Pattern[str] | None) -> SafeString:
    """Return a piece of `shown` around the first place found as HTML, or its beginning where nothing is found in it."""
    start = _first(shown, wanted)
    begin = max(0, start - AROUND)
    if begin:  # rather at the beginning of a sentence
        sentence = max(shown.rfind(mark, begin - AROUND, start) for mark in "。；！？\n")
        begin = sentence + 1 if sentence >= 0 else begin
    piece = shown[begin : begin + LENGTH]
    marked = _marked(piece, text.fold(piece), wanted)
    before = "…" if begin and shown[begin - 1] not in "。；！？\n" else ""
    after = "…" if begin + LENGTH < len(shown) else ""
    return mark_safe(before + marked.replace("\n", " ") + after)  # noqa: S308 - marked is escaped


def _first(shown: str, wanted: re.Pattern[str] | None) -> int:
    if wanted is None:
        return 0
    for begin in range(0, len(shown), PIECE):
        found = wanted.search(text.fold(shown[max(0, begin - 200) : begin + PIECE]))
        if found:
            return max(0, begin - 200) + found.start()
    return 0
