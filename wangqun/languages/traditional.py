"""The traditional twin of a public file: words converted, markup, addresses and scripts as they were. 依据：沪15。

A file that is in traditional Chinese already comes back unchanged, so converting twice is converting once.
"""

import re
from collections.abc import Collection
from functools import cache, lru_cache

import ahocorasick
from django.conf import settings
from opencc import OpenCC

from wangqun.languages.models import ProtectedWord
from wangqun.languages.official import FORMS, WORDS
from wangqun.websites.sources import read_once

PREFIX = "/zh-hant"
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
HELD = "\ufdd0"  # stands for each character of a protected word while OpenCC reads; no text may hold it, by Unicode
CACHED_LENGTH, CACHED_TEXTS = 200, 20_000  # characters; texts. Titles and furniture come again on the next page

_QUOTED = r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+"""
_OPAQUE = "|".join(rf"{name}\b{_QUOTED}>.*?</{name}" for name in ("script", "style", "textarea", "code", "pre"))
TOKENS = re.compile(rf"(<!--.*?-->|<(?:{_OPAQUE})\s*>|</?[a-z!?]{_QUOTED}>)", re.DOTALL | re.IGNORECASE)
NAME = re.compile(r"</?([a-z][a-z0-9-]*)", re.IGNORECASE)
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "cite",
        "em",
        "i",
        "ins",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "wbr",
    ]
)
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
HUMAN = re.compile(r"""(\s(?:title|alt|placeholder|aria-label|aria-description)=)("[^"]*"|'[^']*')""", re.IGNORECASE)
CONTENT = re.compile(r"""(\scontent=)("[^"]*"|'[^']*')""", re.IGNORECASE)
ADDRESS = re.compile(r"""(\s(?:href|action|formaction|data-live)=["'])(/(?!/)[^"'>\s]*)""", re.IGNORECASE)
OTHER = re.compile(r"""\slang\s*=|\stranslate\s*=\s*["']?no\b""", re.IGNORECASE)
CANONICAL = re.compile(r'<link rel="canonical" href="((https?://[^/"]+)(/[^"]*))"')
FEED_LINK = re.compile(r'(<link>|<guid[^>]*>|<atom:link [^>]*?href="|<comments>)(https?://[^/<"]+)(/[^<"]*)')
OF_THE_PAGE = frozenset({"meta", "link", "script"})
DATA = '<script type="application/ld+json"'
JSON_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?')


class Converter:
    """OpenCC with a list of protected words, and what it converted lately."""

    def __init__(self, words: tuple[tuple[str, str], ...]) -> None:
        self.words = words
        self.known: dict[str, str] = {}
        self._finder = ahocorasick.Automaton()
        for word, written in {**WORDS, **dict(words)}.items():
            self._finder.add_word(word, written)
        self._finder.make_automaton()

    def text(self, text: str) -> str:
        """Return `text` in traditional Chinese, with as many characters."""
        known = self.known.get(text)
        if known is None:
            known = self._convert(text) if HAN.search(text) else text
            self.remember(text, known)
        return known

    def remember(self, piece: str, made: str) -> None:
        """Keep what was made of a text or a tag, unless it is long."""
        if len(piece) <= CACHED_LENGTH:
            if len(self.known) >= CACHED_TEXTS:
                self.known.clear()
            self.known[piece] = made

    def _convert(self, text: str) -> str:
        held = [(end + 1 - len(written), written) for end, written in self._finder.iter_long(text)]
        if not held:
            return self._same_length(text)
        pieces, position = [], 0
        for start, written in held:
            pieces += [text[position:start], HELD * len(written)]
            position = start + len(written)
        characters = list(self._same_length("".join([*pieces, text[position:]])))
        for start, written in held:
            characters[start : start + len(written)] = written
        return "".join(characters)

    @staticmethod
    def _same_length(text: str) -> str:
        converted = _opencc().convert(text)
        if len(converted) != len(text):  # no entry of s2t is known to do this; a newer dictionary must not shift words
            converted = "".join(one if len(one := _opencc().convert(character)) == 1 else character for character in text)
        return converted.translate(FORMS)


@cache
def _opencc() -> OpenCC:
    return OpenCC("s2t")


@cache
def _opencc_back() -> OpenCC:
    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Return a text in traditional Chinese as dictionaries and checks read it, with as many characters."""
    made = _opencc_back().convert(text)
    return made if len(made) == len(text) else "".join(_opencc_back().convert(one)[:1] or one for one in text)


_last = Converter(())


def converter() -> Converter:
    """Return the converter with the protected words of now; they are asked for once in one go of a worker."""
    return read_once("protected_words", _read)


def _read() -> Converter:
    global _last  # noqa: PLW0603 - what was converted is kept as long as the list stays the same
    words = tuple(ProtectedWord.objects.order_by("word").values_list("word", "written"))
    if words != _last.words:
        _last = Converter(words)
    return _last


def convert(content: bytes, content_type: str, *, kept: Collection[str] = ()) -> bytes:
    """Return the traditional twin of a page or feed; files of other types and what is traditional already, as they are.

    The texts `kept` stay as they are wherever they stand.
    """
    kind = content_type.partition(";")[0].strip()
    if kind not in {"text/html", "application/rss+xml"}:
        return content
    text = content.decode("utf-8", "replace")
    words = converter()
    if kept:
        words = Converter((*words.words, *((one, one) for one in kept if HAN.search(one))))
    made = _feed(text, words) if kind == "application/rss+xml" else _page(text, words)
    return made.encode("utf-8")


def convert_data(text: str) -> str:
    """Return stored stream data (JSON with HTML in it) with its words converted; block names, keys and links stay."""
    words = converter()

    def value(found: re.Match[str]) -> str:
        return found[0] if found[2] or not HAN.search(found[1]) else _fragment(found[0], words)

    return JSON_TEXT.sub(value, text)


def _fragment(text: str, words: Converter) -> str:
    pieces = TOKENS.split(text)
    pieces[::2] = [words.text(piece) for piece in pieces[::2]]
    return "".join(pieces)


def prefixed(address: str) -> str:
    """Return where a page's address on its host (with a leading slash) leads in traditional Chinese; files stay."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    first, last = path[1:].partition("/")[0], path.rpartition("/")[2]
    if first in {"static", "admin", PREFIX[1:], *settings.WANGQUN_LANGUAGES} or ("." in last and last != "feed.xml"):
        return address
    return PREFIX + address


def _feed(text: str, words: Converter) -> str:
    if "<language>zh-hant</language>" in text:
        return text
    text = FEED_LINK.sub(lambda link: f"{link[1]}{link[2]}{prefixed(link[3])}", text)
    pieces = TOKENS.split(text.replace("<language>zh-cn</language>", "<language>zh-hant</language>", 1))
    pieces[::2] = [words.text(piece) for piece in pieces[::2]]
    return "".join(pieces)


def _page(text: str, words: Converter) -> str:
    pieces = TOKENS.split(text)
    for index in range(1, len(pieces), 2):
        if pieces[index][:5].lower() == "<html":
            if 'lang="zh-Hant"' in pieces[index]:
                return text
            pieces[index] = re.sub(r'\slang="[^"]*"', ' lang="zh-Hant"', pieces[index], count=1)
            break
    canonical = CANONICAL.search(text)
    moved = (canonical[1], canonical[2] + prefixed(canonical[3])) if canonical else ("", "")
    _convert_pieces(pieces, words, moved)
    return "".join(pieces)


def _convert_pieces(pieces: list[str], words: Converter, moved: tuple[str, str]) -> None:
    """Convert in place: texts stand at even positions, tags at odd ones. A word may run on over inline tags: 发<b>展</b>."""
    run: list[int] = [0]  # positions of the texts that belong together
    skipping, depth = "", 0  # inside an element that says what language it is in
    for index in range(1, len(pieces), 2):
        tag = pieces[index]
        name, is_end, has_attributes = _kind(tag)
        if skipping:
            if name == skipping:
                depth += -1 if is_end else 1
                if not depth:
                    skipping, run = "", [index + 1]
            continue
        if name not in INLINE:
            _lay(pieces, run, words)
            run = []
        if not has_attributes:
            run.append(index + 1)
            continue
        if name not in VOID and name != "html" and OTHER.search(tag):
            _lay(pieces, run, words)
            skipping, depth, run = name, 1, []
        else:
            run.append(index + 1)
        pieces[index] = _tag(tag, name, words, moved)
    if not skipping:
        _lay(pieces, run, words)


@lru_cache(maxsize=10_000)
def _kind(tag: str) -> tuple[str, bool, bool]:
    """Return a tag's name, whether it ends its element, and whether it has attributes."""
    found = NAME.match(tag)
    name = found[1].lower() if found else ""
    return name, tag[1] == "/", tag[1] != "/" and len(tag) > len(name) + len("<>")


def _lay(pieces: list[str], run: list[int], words: Converter) -> None:
    """Convert the texts at these positions as one, and lay the characters back."""
    if not run:
        return
    if len(run) == 1:
        pieces[run[0]] = words.text(pieces[run[0]])
        return
    texts = [(index, pieces[index]) for index in run]
    whole = words.text("".join(text for _index, text in texts))
    start = 0
    for index, text in texts:
        pieces[index] = whole[start : start + len(text)]
        start += len(text)


def _tag(tag: str, name: str, words: Converter, moved: tuple[str, str]) -> str:
    """Return a start tag with its addresses moved and the attributes that people read converted."""
    if name in OF_THE_PAGE:
        return _head_tag(tag, name, words, moved)
    made = words.known.get(tag)
    if made is None:
        made = _switched(tag) if "hreflang=" in tag else ADDRESS.sub(lambda found: found[1] + prefixed(found[2]), tag)
        made = HUMAN.sub(lambda found: found[1] + words.text(found[2]), made)
        words.remember(tag, made)
    return made


def _head_tag(tag: str, name: str, words: Converter, moved: tuple[str, str]) -> str:
    """Return a tag that may name the page's own address."""
    if name == "script":
        return _data(tag, words, moved) if tag.startswith(DATA) else tag
    if "hreflang=" in tag:
        return tag
    if moved[0]:
        tag = tag.replace(f'"{moved[0]}"', f'"{moved[1]}"')
    if name == "link":
        tag = ADDRESS.sub(lambda found: found[1] + prefixed(found[2]), tag)
        return HUMAN.sub(lambda found: found[1] + words.text(found[2]), tag)
    if "://" in tag:
        return tag
    return CONTENT.sub(lambda found: found[1] + words.text(found[2]), tag).replace('"zh_CN"', '"zh_HK"')


def _switched(tag: str) -> str:
    """Mark traditional as the current one among the links to the same page in other languages."""
    if 'hreflang="zh-Hans"' in tag:
        return tag.replace(' aria-current="true"', "")
    return tag.replace(' hreflang="zh-Hant"', ' hreflang="zh-Hant" aria-current="true"')


def _data(script: str, words: Converter, moved: tuple[str, str]) -> str:
    """Convert the values of structured data; keys and addresses stay, the page's own address moves."""

    def value(found: re.Match[str]) -> str:
        if found[2]:  # a key
            return found[0]
        if moved[0] and found[1] == moved[0]:
            return f'"{moved[1]}"'
        if found[1] == "zh-CN":
            return '"zh-Hant"'
        return found[0] if "://" in found[1] else words.text(found[0])

    return JSON_TEXT.sub(value, script)
