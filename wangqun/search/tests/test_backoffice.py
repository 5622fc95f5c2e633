"""The back end's own search finds Chinese, in pages, pictures and documents, and no input is an error."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Page

from tests.staff import signed_in
from wangqun.articles.models import ArticlePage

pytestmark = pytest.mark.req("PUB-2")

FINDS = {
    "商务": "石家庄市商务局", "石家庄": "石家庄市商务局", "务局": "石家庄市商务局", "市商务局": "石家庄市商务局",
    "税": "国税局联合公告", "局长信箱": "局长信箱使用说明", "信箱 局长": "局长信箱使用说明", "２０２６年": "2026年第三季度通报",
    "covid": "国税局联合公告", "Bureau commerce": "Investment Guide", "國稅局": "国税局联合公告", "告": "国税局联合公告",
}  # fmt: skip


@pytest.fixture
def pages(world):
    for title, body in [
        ("石家庄市商务局", "主管全市内外贸易和国际经济合作的政府部门。"),
        ("局长信箱使用说明", "公众可通过局长信箱提出咨询、意见和建议。"),
        ("2026年第三季度通报", "栏目内容长期不更新的处室。"),
        ("国税局联合公告", "关于 COVID-19 期间税收优惠 100% 减免的公告 (A&B)。"),
        ("Investment Guide", "Shijiazhuang Bureau of Commerce welcomes investors."),
    ]:
        world.draft(title=title, text=f"<p>{body}</p>")
    return world


@pytest.mark.parametrize(("query", "title"), FINDS.items())
def test_pages_are_found_by_any_two_signs(pages, query, title):
    assert title in [page.title for page in ArticlePage.objects.search(query)]


def test_what_does_not_stand_there_is_not_found(pages):
    assert list(ArticlePage.objects.search("天气预报")) == []
    assert "国税局联合公告" not in [page.title for page in ArticlePage.objects.search("商务")]


def test_the_title_counts_most(pages):
    pages.draft(title="别的事", text="<p>石家庄市商务局，石家庄市商务局。</p>")
    assert ArticlePage.objects.search("石家庄市商务局")[0].title == "石家庄市商务局"


def test_completion_while_typing(pages):
    assert "石家庄市商务局" in [page.title for page in Page.objects.autocomplete("石家")]
    assert "石家庄市商务局" in [page.title for page in Page.objects.autocomplete("石")]
    assert "Investment Guide" in [page.title for page in Page.objects.autocomplete("inves")]


ODD = ['"', "'", "%", "\\", "*", 'a"b', '商务"', "商务 AND", "100%", "a%sb", "(", "NEAR(", "-商务", ":", "𠮷", "", "   ", "\0",
    "a:b", "商务|", "&!", "😀", "字" * 10_000, "<->", "'''"]  # fmt: skip


@pytest.mark.parametrize("query", ODD, ids=range(len(ODD)))
def test_no_input_is_an_error(pages, query):
    list(ArticlePage.objects.search(query))
    list(Page.objects.autocomplete(query))
    list(Page.objects.search(query, fields=["title"]))
    client = signed_in(pages.wang)
    if query.strip():
        assert client.get(reverse("wagtailadmin_pages:search"), {"q": query}).status_code == 200
    for name in ("wagtailimages:index", "wagtaildocs:index", "wagtailadmin_choose_page_search"):
        assert client.get(reverse(name), {"q": query}).status_code == 200, name


def test_the_search_page_shows_what_it_finds(pages):
    answer = signed_in(pages.wang).get(reverse("wagtailadmin_pages:search"), {"q": "商务"})
    assert "石家庄市商务局" in answer.content.decode()


def test_documents_are_found(world):
    get_document_model().objects.create(title="外贸统计表", file=ContentFile(b"x", "t.txt"))
    assert [one.title for one in get_document_model().objects.search("统计")] == ["外贸统计表"]
