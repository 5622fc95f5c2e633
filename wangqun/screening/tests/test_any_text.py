"""No text breaks a check, and every excerpt comes from the text."""

from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wangqun.screening.checks import privacy, secrecy, sensitive
from wangqun.screening.content import Content, Piece
from wangqun.screening.folding import fold
from wangqun.screening.tests.texts import WORDS

pytestmark = pytest.mark.req("COL-5")

SIGNS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("0123456789Xx+- （）★绝机秘密内部资料一三八零\u200b１３８Ⅹ㎏ﬃ\n")),
    max_size=200,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SIGNS)
@example("1" * 19)
@example("\u200b" * 50)
@example("ﷺ" * 30 + "13800138000")
def test_no_text_breaks_a_check(text):
    content = Content(SimpleNamespace(), [Piece("标题", "title", text)])
    for check in (secrecy.check, privacy.check, sensitive.check):
        for hit in check(content, WORDS):
            assert len(hit.excerpt) <= 255
            assert len(hit.message) <= 255


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SIGNS)
def test_every_folded_sign_has_a_place_in_the_original(text):
    folded = fold(text)
    assert len(folded.places) == len(folded.text)
    assert folded.places == sorted(folded.places)
    assert len(folded.digits) == len(folded.text)
    assert len(folded.tight.places) == len(folded.tight.text)
