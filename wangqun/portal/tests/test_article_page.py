import json
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file

from tests.public_pages import START, make_article, make_column, make_home, make_organisation
from tests.reading import Reading
from wangqun.articles.models import ArticleAttachment, ArticlePage, Source
from wangqun.columns.models import PublicItem
from wangqun.websites.pages import Assets

pytestmark = [pytest.mark.req("PUB-1", "PUB-6", "PUB-8"), pytest.mark.django_db]
DETAIL = [
    "SiteName", "SiteDomain", "SiteIDCode", "ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType", "ArticleTitle",
    "PubDate", "ContentSource", "Keywords", "Author", "Description", "Image", "Url",
]  # fmt: skip


@pytest.fixture
def home(db):
    host = make_organisation("阜平县商务局", "fpx", kind="county_bureau")
    return make_home(kind="county", name="阜平县商务", domain="article.localhost", organisation=host)


@pytest.fixture
def column(home):
    return make_column(home, "gzdt", "工作动态")


def body(*blocks):
    return ArticlePage._meta.get_field("body").stream_block.to_python(
        [{"type": kind, "value": value} for kind, value in blocks]
    )


def clauses(count):
    return body(
        ("heading", {"text": "第一章　总则", "level": "2"}),
        *[
            ("clause", {"number": number, "label": f"{number}、", "heading": "", "text": f"<p>条文{number}。</p>"})
            for number in range(1, count + 1)
        ],
    )


def render(article, assets=None):
    article = ArticlePage.objects.get(pk=article.pk)
    (file,) = article.public_files()
    return file.make(assets or Assets(article.folder))


def test_an_article_carries_every_page_tag_exactly_once(column):
    article = make_article(column, "标题 “甲”", number=1, summary="摘要。", author="王编辑", keywords="外贸，会展")
    reading = Reading(render(article))
    assert reading.names() == DETAIL
    lower = [name.lower() for name, _content in reading.metas]
    assert len(lower) == len(set(lower))
    assert reading.tag("ArticleTitle") == reading.text("h1")[0] == "标题 “甲”"
    assert reading.tag("PubDate") == "2026-01-05 10:30" == reading.text("time")[0]
    assert reading.tag("ContentSource") == "阜平县商务局" and "来源：阜平县商务局" in reading.text("span")
    assert (
        reading.tag("Keywords") == "外贸,会展" and reading.tag("Description") == "摘要。" and reading.tag("Author") == "王编辑"
    )
    assert reading.tag("Url") == column.website.public_url + article.public_path
    assert [link["href"] for link in reading.all("link") if link["rel"] == "canonical"] == [reading.tag("Url")]
    data = json.loads(reading.scripts[-1])
    assert (data["@type"], data["headline"]) == ("NewsArticle", "标题 “甲”")
    assert data["datePublished"] == "2026-01-05T10:30:00+08:00"


def test_structured_data_cannot_close_its_script(column):
    html = render(make_article(column, "</script><script>alert(1)</script>", number=1))
    assert b"<script>alert" not in html
    assert json.loads(Reading(html).scripts[-1])["headline"] == "</script><script>alert(1)</script>"


def test_a_law_shows_its_document_block_and_addresses_of_its_articles(column):
    article = make_article(
        column, "管理办法", number=1, genre="law", document_number="石商信〔2026〕8号", effective_on=date(2026, 6, 1),
        validity="in_force", body=clauses(5),
    )  # fmt: skip
    reading = Reading(render(article))
    shown = dict(zip(reading.text("dt"), reading.text("dd"), strict=True))
    assert shown == {
        "责任单位": "阜平县商务局", "发文字号": "石商信〔2026〕8号", "发布日期": "2026-01-05",
        "施行日期": "2026-06-01", "有效性": "有效",
    }  # fmt: skip
    ids = [values["id"] for _tag, values in reading.elements if "id" in values]
    assert [f"tiao-{number}" for number in range(1, 6)] == [found for found in ids if found.startswith("tiao-")]
    assert len(ids) == len(set(ids))
    targets = [link.removeprefix("#") for link in reading.links() if link.startswith("#")]
    assert set(targets) <= set(ids) and targets.count("tiao-5") == 2


def test_a_short_text_has_no_table_of_contents(column):
    reading = Reading(render(make_article(column, "短", number=1, genre="law", body=clauses(4))))
    assert "目录" not in reading.text("h2")


def test_a_repealed_law_says_so_above_its_text(column):
    html = render(make_article(column, "旧办法", number=1, genre="law", validity="repealed")).decode()
    assert "本文已废止" in html


@pytest.mark.req("COL-8")
def test_a_correction_is_shown_to_readers_with_the_date_of_the_change(column):
    article = make_article(column, "更正过的", number=1, correction_note="数字由21改为22。")
    ArticlePage.objects.filter(pk=article.pk).update(last_published_at=START + timedelta(days=3))
    html = render(article).decode()
    assert "更正说明：</strong>数字由21改为22。" in html
    assert '更新日期：<time datetime="2026-01-08">' in html and "发布时间：" in html


@pytest.mark.req("COL-6")
def test_a_reprint_links_to_its_source(column):
    source = Source.objects.create(name="河北日报测试", is_approved=True)
    article = make_article(
        column, "转载", number=1, is_reprint=True, source=source, source_url="https://example.gov.cn/a.html"
    )  # fmt: skip
    reading = Reading(render(article))
    assert reading.tag("ContentSource") == "河北日报测试" and "https://example.gov.cn/a.html" in reading.links()


@pytest.mark.req("GRP-4")
def test_a_copy_names_and_links_the_site_it_came_from(column, home):
    other = make_home(
        kind="county", name="平泉商务", domain="other.localhost", organisation=make_organisation("平泉商务局", "pq")
    )
    original = make_article(make_column(other, "gzdt", "工作动态"), "原稿", number=1)
    copy = make_article(column, "原稿", number=2, submitted_from=original, submitted_by_name="平泉商务局")
    reading = Reading(render(copy))
    assert reading.tag("ContentSource") == "平泉商务局"
    assert f"{other.website.public_url}{original.public_path}" in reading.links()
    PublicItem.objects.filter(page_id=original.pk).delete()
    assert f"{other.website.public_url}{original.public_path}" not in Reading(render(copy)).links()


def test_pictures_are_released_with_the_page_and_have_size_and_alternative_text(column):
    image = Image.objects.create(title="会场", file=get_test_image_file(filename="hall.png", size=(1600, 900)))
    value = {"image": {"image": image.pk, "decorative": False, "alt_text": "会议现场"}, "caption": "图注"}
    article = make_article(column, "有图", number=1, body=body(("picture", value)), cover=image, cover_text="会场")
    assets = Assets(article.folder)
    reading = Reading(render(article, assets))
    (shown,) = [values for values in reading.all("img") if values["alt"] == "会议现场"]
    assert (shown["width"], shown["height"], shown["loading"]) == ("1200", "675", "lazy")
    assert shown["src"].removeprefix("/") in assets.copies
    assert len(assets.copies) == 2 and all(path.startswith(f"{article.folder}/") for path in assets.copies)
    assert reading.tag("Image") == column.website.public_url + article.cover_address(Assets(article.folder))
    assert article.cover_address(Assets(article.folder)).removeprefix("/") in assets.copies
    assert "图注" in reading.text("figcaption")


def test_a_preview_takes_pictures_from_the_back_office_and_says_what_it_is(column):
    image = Image.objects.create(title="会场", file=get_test_image_file(filename="hall.png", size=(1600, 900)))
    value = {"image": {"image": image.pk, "decorative": True, "alt_text": ""}, "caption": ""}
    article = make_article(column, "草稿", number=1, body=body(("picture", value)), is_public=False)
    article.first_published_at = article.last_published_at = None
    html = article.serve_preview(None, "").content
    assert "预览：尚未发布" in html.decode()
    assert any("/admin/images/" in values["src"] for values in Reading(html).all("img"))


def test_attachments_show_type_and_size_and_are_released_with_the_page(column):
    article = make_article(column, "有附件", number=1)
    document = Document.objects.create(title="x", file=ContentFile(b"x" * 20_480, name="biao.xlsx"))
    ArticleAttachment.objects.create(page=article, document=document, title="申报表")
    assets = Assets(article.folder)
    reading = Reading(render(article, assets))
    (path,) = assets.copies
    assert f"/{path}" in reading.links() and path.endswith(".xlsx")
    assert "申报表XLSX，20 KB" in reading.text("li")


def test_a_table_has_header_cells_merged_cells_and_a_caption(column):
    value = {
        "data": [["单位", "数"], ["甲", "1"], [None, "2"]], "first_row_is_table_header": True, "first_col_is_header": True,
        "table_header_choice": "both", "table_caption": "表一",
        "mergeCells": [{"row": 1, "col": 0, "rowspan": 2, "colspan": 1}],
    }  # fmt: skip
    reading = Reading(render(make_article(column, "有表", number=1, body=body(("table", value)))))
    assert (
        reading.text("caption") == ["表一"] and reading.text("th") == ["单位", "数", "甲"] and reading.text("td") == ["1", "2"]
    )
    assert [values["scope"] for values in reading.all("th")] == ["col", "col", "row"]
    assert reading.all("th")[2]["rowspan"] == "2"


def test_links_in_the_text_stay_on_the_site_and_never_lead_to_what_is_not_public(column, home):
    public = make_article(column, "公开的", number=1)
    hidden = make_article(column, "未公开的", number=2, is_public=False)
    other = make_home(kind="county", name="平泉商务", domain="other.localhost")
    far = make_article(make_column(other, "gzdt", "工作动态"), "别站的", number=3)
    text = "".join(
        f'<p data-block-key="k"><a linktype="page" id="{page.pk}">见{page.pk}</a></p>' for page in (public, hidden, far)
    )
    article = make_article(column, "有链接", number=4, body=body(("paragraph", text)))
    html = render(article)
    links = Reading(html).links()
    assert public.public_path in links and f"{other.website.public_url}{far.public_path}" in links
    assert hidden.public_path not in links and f"见{hidden.pk}" in html.decode()
    assert b"data-block-key" not in html and b"linktype" not in html


def test_an_article_needs_few_queries_however_long_its_text(column):
    def queries(article):
        with CaptureQueriesContext(connection) as captured:
            render(article)
        return len(captured)

    link = f'<p><a linktype="page" id="{column.pk}">栏目</a></p>'
    short = make_article(column, "短", number=1, body=body(*[("paragraph", link)] * 1))
    long = make_article(column, "长", number=2, body=body(*[("paragraph", link)] * 30))
    assert queries(short) == queries(long) <= 30


def test_the_trail_leads_from_the_home_page_through_the_columns(column):
    child = make_column(column, "swyw", "商务要闻")
    reading = Reading(render(make_article(child, "一条", number=1)))
    links = reading.links()
    assert "正文" in reading.text("li")
    assert links[links.index("/gzdt/swyw/") - 2 :][:3] == ["/", "/gzdt/", "/gzdt/swyw/"]
