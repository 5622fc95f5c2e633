"""The checks, one small module each. A check reads the content, yields what it found and writes nothing. 依据：石21、沪10。"""

from collections.abc import Callable, Iterator

from wangqun.screening.checks import circumstances, links, pictures, privacy, reprint, secrecy, sensitive
from wangqun.screening.checks.hit import BLOCKS, JUSTIFY, Hit
from wangqun.screening.content import Content
from wangqun.screening.words import WordLists

MOST_HITS = 100  # of one check; a list of five thousand telephone numbers is one problem, not five thousand

CHECKS: list[Callable[[Content, WordLists], Iterator[Hit]]] = [
    secrecy.check,
    privacy.check,
    sensitive.check,
    pictures.check,
    reprint.check,
    links.check,
    circumstances.check,
]


def run(content: Content, words: WordLists) -> list[Hit]:
    """Return what all checks find in `content`, in the order of the checks and of the text."""
    found: list[Hit] = []
    for check in CHECKS:
        hits = list(check(content, words))
        found += hits[:MOST_HITS]
        if len(hits) > MOST_HITS:
            found.append(_rest(hits[MOST_HITS:]))
    return found


def _rest(hits: list[Hit]) -> Hit:
    """Return one hit that stands for `hits`, as severe as the worst of them."""
    worst = next((hit for level in (BLOCKS, JUSTIFY) for hit in hits if hit.level == level), hits[0])
    message = f"同类问题另有 {len(hits)} 处，请先改正以上各处再检查。"
    return Hit(worst.check_code, worst.level, "其余各处", "", message, worst.basis)
