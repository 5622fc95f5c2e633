"""The contract of an engine, kept by both: what is found, in which order, within which filters, and when.

The OpenSearch side talks to a small server of the tests (fake_opensearch.py); with WANGQUN_TEST_OPENSEARCH set to the address
of a real one, e.g. http://127.0.0.1:9200/wq, to that.
"""

import os
from dataclasses import replace

import pytest

from wangqun.base.errors import Refused
from wangqun.search import asking, text
from wangqun.search.engine import Document, Engine, Position, Question, Unavailable
from wangqun.search.local import LocalEngine
from wangqun.search.opensearch import OpenSearchEngine
from wangqun.search.tests.fake_opensearch import FakeOpenSearch

pytestmark = pytest.mark.req("PUB-2")

BUREAU, TAX, GUIDE, NOTICE, FAIR = 1, 2, 3, 4, 5
COVID = "关于 COVID-19 期间税收优惠的公告，面條麵粉除外。"
WELCOME = "Shijiazhuang Bureau of Commerce welcomes investors."
EXPLAINED = "解释国税局联合公告。石市商务，石家庄商务。国税局联合公告。"
DOCUMENTS = [
    Document(BUREAU, 11, 1, (10, 20), "news", 7, "", 1000, "石家庄市商务局", "主管全市内外贸易和国际经济合作的政府部门。"),
    Document(TAX, 12, 1, (10,), "notice", 7, "石商〔2026〕12号", 2000, "国税局联合公告", COVID),
    Document(GUIDE, 13, 2, (30,), "other", 8, "", 3000, "Investment Guide", WELCOME, "en"),
    Document(NOTICE, 14, 2, (30,), "notice", 8, "", 4000, "关于国税局联合公告的说明", EXPLAINED),
    Document(FAIR, 15, 2, (30, 31), "news", None, "", 5000, "經濟貿易洽談會", "软件和电子，商务洽谈。"),
]  # fmt: skip
SITES = (1, 2)


@pytest.fixture(params=["local", "opensearch"])
def engine(request, tmp_path):
    if request.param == "local":
        made = LocalEngine(tmp_path / "search")
        yield made
        made.close()
    elif url := os.environ.get("WANGQUN_TEST_OPENSEARCH"):
        yield OpenSearchEngine(url)
    else:
        with FakeOpenSearch() as server:
            yield OpenSearchEngine(server.url)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    engine.rebuild(iter(DOCUMENTS), Position(5, frozenset({4, 5})))
    return engine


def question(typed: str = "", *, synonyms=(), **details) -> Question:
    read = asking.read(typed, synonyms)
    words = {"words": read.words, "terms": read.terms, "title": read.title} if read else {}
    return Question(**({"websites": SITES} | words | details))


def found(engine: Engine, typed: str = "", **details) -> list[int]:
    return [hit.page_id for hit in engine.search(question(typed, **details)).found]


@pytest.mark.parametrize(
    ("typed", "pages"),
    [
        ("商务", {BUREAU, NOTICE, FAIR}),
        ("务局", {BUREAU}),
        ("税", {TAX, NOTICE}),
        ("石家庄市商务局", {BUREAU}),
        ("电子商务", set()),  # a comma stands between them
        ("国际 政府", {BUREAU}),
        ("国际 税收", set()),
        ('"内外贸易"', {BUREAU}),
        ("covid-19", {TAX}),
        ("ＣＯＶＩＤ－１９", {TAX}),
        ("bureau commerce", {GUIDE}),
        ("BUREAU", {GUIDE}),
        ("burea", set()),  # a Latin word is one sign
        ("經貿", set()),
        ("貿易", {BUREAU, FAIR}),
        ("洽谈会", {FAIR}),
        ("面条面粉", {TAX}),
        ("軟體", {FAIR}),  # what Taiwan calls 软件
        ("12号", set()),  # document numbers have a filter of their own; the text of an article holds its number too
        ("石商 AND 商务", set()),
        ("商务 AND 洽谈", {FAIR}),
    ],
)
def test_words_are_found_wherever_they_stand_and_nowhere_else(filled, typed, pages):
    assert set(found(filled, typed)) == pages


def test_the_exact_title_comes_first(filled):
    assert found(filled, "国税局联合公告") == [TAX, NOTICE]
    assert found(filled, "经济贸易洽谈会") == [FAIR]


def test_a_hit_in_the_title_outweighs_one_in_the_text(filled):
    assert found(filled, "石家庄")[0] == BUREAU


def test_synonyms_are_found_too(filled):
    assert set(found(filled, "石市")) == {NOTICE}
    assert set(found(filled, "石市", synonyms=[["石家庄市", "石市"]])) == {NOTICE, BUREAU}
    assert set(found(filled, "石市商务", synonyms=[["石家庄", "石市"]])) == {NOTICE}


@pytest.mark.parametrize(
    ("filters", "pages"),
    [
        ({"websites": (2,)}, {NOTICE, FAIR}),
        ({"websites": ()}, set()),
        ({"websites": None}, {BUREAU, NOTICE, FAIR}),
        ({"websites": None, "closed": (2, 9)}, {BUREAU}),
        ({"column": 10}, {BUREAU}),
        ({"column": 30}, {NOTICE, FAIR}),
        ({"column": 99}, set()),
        ({"kind": "news"}, {BUREAU, FAIR}),
        ({"organisation": 8}, {NOTICE}),
        ({"since": 4000}, {NOTICE, FAIR}),
        ({"until": 4000}, {BUREAU, NOTICE}),
        ({"since": 4000, "until": 4000}, {NOTICE}),
        ({"without": (NOTICE, 77)}, {BUREAU, FAIR}),
        ({"language": "en"}, set()),
        ({"only_titles": True}, {BUREAU}),
    ],
)
def test_filters_narrow_the_answer_and_its_count(filled, filters, pages):
    hits = filled.search(question("商务", **filters))
    assert {hit.page_id for hit in hits.found} == pages
    assert hits.total == len(pages)


def test_a_document_number_is_found_in_any_brackets(filled):
    for written in ("石商〔2026〕12号", "石商(2026)12号", "2026〕12号", "石商"):
        assert found(filled, number=tuple(text.signs(text.fold(written))), order="date") == [TAX]
    assert found(filled, number=("2026", "_", "1", "号"), order="date") == []


def test_the_newest_come_first_where_asked_and_pages_follow_one_another(filled):
    assert found(filled, "商务", order="date") == [FAIR, NOTICE, BUREAU]
    assert found(filled, "商务", order="date", limit=2) == [FAIR, NOTICE]
    assert found(filled, "商务", order="date", limit=2, offset=2) == [BUREAU]
    assert filled.search(question("商务", limit=1, offset=40)).total == 3


@pytest.mark.parametrize("signs", range(1, 17))
def test_a_phrase_of_any_length_is_found_whole_and_only_so(filled, signs):
    text_ = "主管全市内外贸易和国际经济合作的政府部门"
    assert found(filled, text_[:signs]) == [BUREAU]
    assert found(filled, text_[-signs:]) == [BUREAU]
    if signs > 2:
        assert found(filled, text_[: signs - 1] + "错") == []
        assert found(filled, "错" + text_[1:signs]) == []
        assert found(filled, text_[: signs // 2] + text_[signs // 2 + 1 : signs + 1]) == []


def test_a_question_of_filters_alone_brings_all_within_them(filled):
    assert len(found(filled, order="date")) == 5
    assert found(filled, kind="other", order="date") == [GUIDE]
    assert set(found(filled, websites=None, closed=(1,), order="date")) == {GUIDE, NOTICE, FAIR}


def test_a_hit_brings_its_text_as_stored(filled):
    assert filled.search(question("洽谈")).found[0].text == "软件和电子，商务洽谈。"


def test_what_is_put_replaces_what_was_and_shows_after_the_commit(filled):
    filled.put([replace(DOCUMENTS[0], stamp=99, title="石家庄市商业局", text="改了名。")])
    filled.remove([TAX, 12345])
    assert found(filled, "国际") == [BUREAU]
    filled.commit(Position(9, frozenset({9})))
    assert found(filled, "国际") == []
    assert found(filled, "商业局") == [BUREAU]
    assert TAX not in found(filled, "税")
    assert filled.stamps() == {BUREAU: 99, GUIDE: 13, NOTICE: 14, FAIR: 15}
    assert filled.position() == Position(9, frozenset({9}))


def test_doing_the_same_twice_changes_nothing(filled):
    for _ in range(2):
        filled.put(DOCUMENTS)
        filled.commit(Position(5))
    assert filled.stamps() == {one.page_id: one.stamp for one in DOCUMENTS}
    assert filled.search(question("商务")).total == 3


def test_a_rebuild_switches_at_once_and_writing_goes_on_in_the_new_index(filled):
    filled.put([DOCUMENTS[0]])
    filled.commit(Position(5))
    assert filled.rebuild(iter(DOCUMENTS[:2]), Position(6)) == 2
    assert set(filled.stamps()) == {BUREAU, TAX}
    filled.put([DOCUMENTS[2]])
    filled.commit(Position(7))
    assert set(filled.stamps()) == {BUREAU, TAX, GUIDE}
    assert filled.rebuild(iter([]), Position(8)) == 0
    assert filled.stamps() == {}


def test_before_anything_is_built_there_is_no_position_and_no_answer(engine):
    assert engine.position() is None
    with pytest.raises(Unavailable):
        engine.search(question("商务"))


ODD = ['"', "   ", "\0", "'", "%", "\\", "*", "a" * 10_000, 'a"b', '商务"', "商务 AND", "AND OR", "100%", "(", "NEAR(", "-商务",
    "+商务", ":", "𠮷", "", "a:b", "商务|", "&!", "^~", "商务^2", "商务~1", "[a TO b]", "/商务/", "😀", "商务😀", "\ud800",
    "<b>", "title:商务", "a b c d e f g h i j k l m n o p q r s t u v w x y z", "的" * 200,
    "\u202e商务", "_", "__ _"]  # fmt: skip


@pytest.mark.parametrize("typed", ODD, ids=range(len(ODD)))
def test_no_input_is_an_error(filled, typed):
    try:
        read = asking.read(typed)
    except Refused as refusal:
        assert str(refusal).endswith("。")
        return
    if read is not None:
        filled.search(question(typed))
    if "商务" in typed and not any(sign.isascii() and sign.isalnum() for sign in typed):
        assert BUREAU in found(filled, typed)
