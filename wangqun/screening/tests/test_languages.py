"""Texts in other languages are checked too."""

import pytest

from wangqun.articles import actions as articles
from wangqun.screening.actions import examine

pytestmark = pytest.mark.req("PUB-4", "PUB-5")


def codes(page):
    return {finding.check_code for finding in examine(page.get_latest_revision()).findings.all()}


def test_a_word_in_traditional_writing_is_found_by_the_dictionary_in_simplified_writing(world):
    source = world.released()
    text = articles.translate(source, language="zh-Hant", by=world.wang)
    assert "secrecy" not in codes(text)
    text = articles.revise(text, by=world.wang, base_revision=text.latest_revision_id, title="絕密文件彙編")
    assert "secrecy" in codes(text)


def test_an_identity_number_is_found_in_an_english_text(world):
    draft = articles.translate(world.released(), language="en", by=world.wang)
    body = [("paragraph", "<p>Identity card 11010519491231002X of the applicant.</p>")]
    draft = articles.revise(draft, by=world.wang, base_revision=draft.latest_revision_id, title="English", body=body)
    assert "privacy" in codes(draft)
