"""The three source documents are the first real content: whole, and with their articles addressable."""

import pytest

from wangqun.demo import documents


def clauses(document):
    return [value for kind, value in document.body if kind == "clause"]


def test_the_bureaus_rules_have_thirty_one_articles_in_seven_chapters():
    document = documents.shijiazhuang()
    assert [clause["number"] for clause in clauses(document)] == list(range(1, 32))
    assert [clause["label"] for clause in clauses(document)][-2:] == ["十、", "十一、"], "as printed after 二十九"
    assert sum(kind == "heading" for kind, _ in document.body) == 7
    assert "1周" in clauses(document)[14]["text"]


def test_the_citys_rules_have_thirty_four_articles_in_six_chapters():
    document = documents.shanghai()
    assert len(clauses(document)) == 34
    assert sum(kind == "heading" for kind, _ in document.body) == 6
    assert clauses(document)[22]["heading"] == "更新" and "每周不得少于两次" in clauses(document)[22]["text"]


def test_the_shopping_plan_keeps_both_sections_numbered_four():
    labels = [clause["label"] for clause in clauses(documents.shopping())]
    assert len(labels) == 17
    assert [label for label in labels if label.startswith("四、")] == ["四、网站技术解决方案", "四、网站内容规划"]


@pytest.mark.parametrize("make", [documents.shijiazhuang, documents.shanghai, documents.shopping])
def test_the_address_of_the_scraper_is_nowhere(make):
    assert "xiexiebang" not in str(make().body)


@pytest.mark.parametrize(("text", "value"), [("一", 1), ("十", 10), ("十三", 13), ("二十", 20), ("三十一", 31)])
def test_chinese_numerals(text, value):
    assert documents.number(text) == value
