"""An editor waits for no check."""

import time

import pytest

from wangqun.screening.checks import CHECKS
from wangqun.screening.content import read
from wangqun.screening.tests.texts import WORDS, article

pytestmark = [pytest.mark.req("COL-5"), pytest.mark.django_db]

SENTENCE = (
    "3月12日，市商务局召开全市外贸工作座谈会，（各县区）商务主管部门、“四上”企业共120家参加；1—2月进出口总额138.5亿元，同比增长"
    "13.8%，其中出口86.2亿元。会议要求做好保密审查，电话0311-86012345，涉及重大决策的事项按程序办理。"
)


def test_an_article_of_twenty_thousand_characters_is_checked_in_a_moment():
    body = [{"type": "paragraph", "value": f"<p>{SENTENCE * 5}</p>"} for _ in range(20_000 // (len(SENTENCE) * 5) + 1)]
    page = article(body=body)
    text_checks = [check for check in CHECKS if check.__module__.endswith(("secrecy", "privacy", "sensitive", "reprint"))]
    best = 1.0
    for _ in range(5):
        started = time.process_time()
        content = read(page)
        for check in text_checks:
            list(check(content, WORDS))
        best = min(best, time.process_time() - started)
    assert sum(len(piece.text) for piece in content.pieces) >= 20_000
    assert best < 0.05, f"{best * 1000:.1f} ms"


@pytest.mark.parametrize(
    "trap",
    [
        "1  3  8  0  0  1  3  8  0  0  01",
        "1 - 3 - 8 - ",
        "1" * 31,
        "秘 密 ",
        "内部资料 , ",
        "1 1 0 1 0 5 ",
        "机密★",
        "13800138000，",
        "信访",
        "★长期",
    ],
)
def test_no_text_makes_the_checks_slow(trap):
    content = read(article(trap * (20_000 // len(trap))))
    started = time.process_time()
    for check in CHECKS:
        if check.__module__.endswith(("secrecy", "privacy", "sensitive", "reprint")):
            list(check(content, WORDS))
    assert time.process_time() - started < 1
