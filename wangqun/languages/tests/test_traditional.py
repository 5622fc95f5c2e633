"""The traditional twin: words converted, everything else as it was."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangqun.languages import traditional
from wangqun.languages.models import ProtectedWord
from wangqun.languages.traditional import HAN, Converter, prefixed

pytestmark = pytest.mark.req("PUB-4")
PAGE, FEED = "text/html; charset=utf-8", "application/rss+xml; charset=utf-8"


@pytest.fixture(autouse=True)
def no_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Most of these ask nothing of the database."""
    if "db" not in request.fixturenames:
        monkeypatch.setattr(traditional, "_read", lambda: CONVERTER)
    yield


CONVERTER = Converter(())


def page(text: str) -> str:
    return traditional.convert(text.encode(), PAGE).decode()


@pytest.mark.parametrize(
    ("simplified", "expected"),
    [
        ("头发与发展", "頭髮與發展"),
        ("皇后以后", "皇后以後"),
        ("里程、公里、这里", "里程、公里、這裏"),
        ("干部不干预，晒干后干活", "幹部不干預，曬乾後幹活"),
        ("石家庄市商务局", "石家莊市商務局"),
        ("面条和各方面", "麵條和各方面"),
        ("台湾同胞、平台、台风、台州", "臺灣同胞、平臺、颱風、台州"),
        ("行政复议、答复、恢复、重复", "行政復議、答覆、恢復、重複"),
        ("审核考核核准", "審核考核核准"),
        ("奋进新征程，依法征收", "奮進新征程，依法徵收"),
        ("信息网络、软件、视频", "信息網絡、軟件、視頻"),
        ("为了群众，山峰，秘书，刚才", "為了群眾，山峰，秘書，剛才"),
        ("赞皇县、井陉县、栾城区、邢台市", "贊皇縣、井陘縣、欒城區、邢臺市"),
    ],
)
def test_words_of_official_texts_come_out_as_readers_of_traditional_write_them(simplified: str, expected: str) -> None:
    assert page(f"<p>{simplified}</p>") == f"<p>{expected}</p>"


def test_what_people_read_in_tags_is_converted_and_what_machines_read_is_not() -> None:
    made = page(
        '<a href="/发展/" title="发展"><img src="/发展.jpg" alt="发展"></a><button aria-label="检索" data-x="发展" class="发">'
        '</button><input placeholder="请输入关键词" value="发展"><script>var x="发展"</script><style>.x{content:"发展"}</style>'
        "<code>发展</code><!-- 发展 --><textarea>发展</textarea>"
    )
    assert made == (
        '<a href="/zh-hant/发展/" title="發展"><img src="/发展.jpg" alt="發展"></a><button aria-label="檢索" data-x="发展" '
        'class="发"></button><input placeholder="請輸入關鍵詞" value="发展"><script>var x="发展"</script>'
        '<style>.x{content:"发展"}</style><code>发展</code><!-- 发展 --><textarea>发展</textarea>'
    )


def test_a_word_that_runs_over_inline_tags_is_still_one_word() -> None:
    assert page("<p>头<mark>发</mark>和<b>发</b>展</p>") == "<p>頭<mark>髮</mark>和<b>發</b>展</p>"


def test_a_word_does_not_run_over_paragraphs() -> None:
    assert page("<p>头</p><p>发</p>") == "<p>頭</p><p>發</p>"


def test_text_that_says_its_language_is_left_alone() -> None:
    made = page('<p>发展<span lang="zh-Hans">发<span>展</span></span>发展<b translate="no">后干</b>后</p>')
    assert made == '<p>發展<span lang="zh-Hans">发<span>展</span></span>發展<b translate="no">后干</b>後</p>'


def test_the_page_says_that_it_is_traditional_and_where_it_stands() -> None:
    made = page(
        '<html lang="zh-Hans"><head><link rel="canonical" href="http://a.test/gzdt/"><meta property="og:url" '
        'content="http://a.test/gzdt/"><meta name="Url" content="http://a.test/gzdt/">'
        '<link rel="alternate" hreflang="zh-Hans" href="http://a.test/gzdt/">'
        '<script type="application/ld+json">{"name":"发展","url":"http://a.test/gzdt/","inLanguage":"zh-CN"}</script></head>'
    )
    assert '<html lang="zh-Hant">' in made
    assert '<link rel="canonical" href="http://a.test/zh-hant/gzdt/">' in made
    assert made.count("http://a.test/zh-hant/gzdt/") == 4
    assert '<link rel="alternate" hreflang="zh-Hans" href="http://a.test/gzdt/">' in made
    assert '{"name":"發展","url":"http://a.test/zh-hant/gzdt/","inLanguage":"zh-Hant"}' in made


def test_the_switch_marks_traditional_as_the_current_language() -> None:
    made = page('<a href="/x/" hreflang="zh-Hans" aria-current="true">1</a><a href="/zh-hant/x/" hreflang="zh-Hant">2</a>')
    assert made == '<a href="/x/" hreflang="zh-Hans">1</a><a href="/zh-hant/x/" hreflang="zh-Hant" aria-current="true">2</a>'


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/", "/zh-hant/"),
        ("/gzdt/", "/zh-hant/gzdt/"),
        ("/gzdt/p/3/?a=1.2#b.c", "/zh-hant/gzdt/p/3/?a=1.2#b.c"),
        ("/gzdt/feed.xml", "/zh-hant/gzdt/feed.xml"),
        ("/live/visits/7/", "/zh-hant/live/visits/7/"),
        ("/search/", "/zh-hant/search/"),
        ("/static/css/site.css", "/static/css/site.css"),
        ("/gzdt/t1/0a.pdf", "/gzdt/t1/0a.pdf"),
        ("/admin/", "/admin/"),
        ("/zh-hant/gzdt/", "/zh-hant/gzdt/"),
        ("/en/gzdt/", "/en/gzdt/"),
        ("/english/", "/zh-hant/english/"),
    ],
)
def test_links_to_pages_stay_in_traditional_and_links_to_files_stay(address: str, expected: str) -> None:
    assert prefixed(address) == expected


def test_links_to_other_sites_stay() -> None:
    text = '<a href="https://www.gov.cn/发展/">a</a><a href="//b.test/">b</a><a href="#c">c</a><a href="mailto:x@y">d</a>'
    assert page(text) == text


def test_a_feed_is_converted_with_its_links() -> None:
    feed = (
        '<rss><channel><title>发展</title><link>http://a.test/gzdt/</link><atom:link href="http://a.test/gzdt/feed.xml" '
        'rel="self"/><language>zh-cn</language><item><guid isPermaLink="true">http://a.test/gzdt/t1/</guid></item></channel></rss>'
    )
    made = traditional.convert(feed.encode(), FEED).decode()
    assert "<title>發展</title><link>http://a.test/zh-hant/gzdt/</link>" in made
    assert 'href="http://a.test/zh-hant/gzdt/feed.xml"' in made
    assert "<language>zh-hant</language>" in made
    assert ">http://a.test/zh-hant/gzdt/t1/</guid>" in made
    assert traditional.convert(made.encode(), FEED).decode() == made


def test_other_files_come_back_as_they_are() -> None:
    assert traditional.convert("发展".encode(), "application/xml") == "发展".encode()


def test_a_protected_name_keeps_its_form(db) -> None:
    text = "<p>余建国、于是、余额；后海</p>"
    assert page(text) == "<p>餘建國、於是、餘額；後海</p>"
    ProtectedWord.objects.create(word="余建国", written="余建國")
    assert page(text) == "<p>余建國、於是、餘額；後海</p>"


def test_a_protected_name_comes_before_our_own_list_and_runs_over_inline_tags(db) -> None:
    assert page("<p>征程家<b>具</b></p>") == "<p>征程家<b>具</b></p>"
    ProtectedWord.objects.create(word="征程家具", written="徵程傢俱")
    assert page("<p>征程家<b>具</b></p>") == "<p>徵程傢<b>俱</b></p>"


TEXT = st.text(alphabet=st.sampled_from("头发展皇后干里面 \n&;=\"'</>abz-!?\x00\ufdd0😀"), max_size=80)


@given(TEXT)
def test_wrong_markup_does_no_harm(text: str) -> None:
    made = page(text)
    assert len(made) == len(page(made))
    assert len(HAN.sub("", made)) >= len(HAN.sub("", text))


@given(st.lists(st.tuples(st.sampled_from(["p", "b", "a", "h2", "td"]), st.text(max_size=20)), max_size=8))
def test_markup_is_the_same_before_and_after(parts: list[tuple[str, str]]) -> None:
    clean = [(name, re.sub(r"[<>&]", "", text)) for name, text in parts]
    html = (
        '<html lang="zh-Hans"><body>' + "".join(f"<{name} class=x>{text}</{name}>" for name, text in clean) + "</body></html>"
    )
    made = page(html)
    tags = re.compile(r"<[^>]*>")
    assert tags.findall(made)[1:] == tags.findall(html)[1:]
    assert page(made) == made


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=200).filter(lambda text: "<" not in text))
def test_plain_ascii_stays(text: str) -> None:
    assert page(f"<p>{text}</p>") == f"<p>{text}</p>"


@given(st.text(max_size=120))
def test_a_text_keeps_its_length_so_that_words_never_move_between_tags(text: str) -> None:
    assert len(CONVERTER.text(text)) == len(text)


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert traditional.convert(b"<p>\xff\xe5\x8f</p>", PAGE).startswith(b"<p>")
