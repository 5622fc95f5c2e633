"""Word lists of a dictionary, compiled for matching: all words in one pass over the text."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ahocorasick

from wangqun.screening.models import Dictionary

LISTS = {
    "secrecy": "提示是否涉密的词",
    "undecided": "未经议决的事项",
    "sensitive": "须主管局长审核的词",
    "not_hits": "不算命中的词语",
}


@dataclass(frozen=True)
class WordHit:
    """A word of a list at a span of the text."""

    word: str
    start: int
    end: int


class WordLists:
    """The word lists of one dictionary version."""

    def __init__(self, words: dict[str, list[str]]) -> None:
        self.automaton: Any = ahocorasick.Automaton()
        lists: dict[str, set[str]] = {}
        for name in LISTS:
            for word in words.get(name, []):
                lists.setdefault(word, set()).add(name)
        for word, names in lists.items():
            if word:
                self.automaton.add_word(word, (word, frozenset(names)))
        self.is_empty = not len(self.automaton)
        if not self.is_empty:
            self.automaton.make_automaton()

    def find(self, name: str, text: str) -> list[WordHit]:
        """Return the words of list `name` in `text`, without those that lie inside a longer one or a `not_hits` word."""
        if self.is_empty:
            return []
        spans: list[tuple[int, int, bool, str]] = []  # start, minus the end, whether it counts, word
        for last, (word, names) in self.automaton.iter(text):
            start, end = last + 1 - len(word), last + 1
            if "not_hits" in names:
                spans.append((start, -end, False, word))
            if name in names:
                spans.append((start, -end, True, word))
        found: list[WordHit] = []
        covered_until = -1
        for start, minus_end, counts, word in sorted(spans):  # the longer of two that start together comes first
            if counts and covered_until < -minus_end:
                found.append(WordHit(word, start, -minus_end))
            covered_until = max(covered_until, -minus_end)
        return found


def word_lists(dictionary: Dictionary) -> WordLists:
    """Return the compiled word lists of `dictionary`; the same lists are compiled once in a process."""
    return _compiled(json.dumps(dictionary.words, sort_keys=True, ensure_ascii=False))


@lru_cache(maxsize=4)
def _compiled(words: str) -> WordLists:
    return WordLists(json.loads(words))
