"""Every text of an article is read, with its place and its field."""

import pytest

from wangqun.articles.models import ArticleAttachment
from wangqun.screening.content import read
from wangqun.screening.folding import excerpt, fold
from wangqun.screening.tests.texts import article

pytestmark = [pytest.mark.req("COL-5"), pytest.mark.django_db]


def places(page):
    return [(piece.place, piece.anchor, piece.text) for piece in read(page).pieces]


def test_paragraphs_are_counted_through_the_whole_body_and_markup_is_gone():
    body = [
        {"type": "paragraph", "value": "<p>第一<b>段</b>。</p><ul><li>第二段</li></ul>"},
        {"type": "heading", "value": {"text": "二、要求", "level": "2"}},
        {"type": "paragraph", "value": "<p></p><p>第三&amp;段<br/>换行</p>"},
    ]
    assert places(article(body=body))[1:] == [
        ("正文第1段", "body-0-value", "第一段。"),
        ("正文第2段", "body-0-value", "第二段"),
        ("小标题1", "body-1-value-text", "二、要求"),
        ("正文第3段", "body-2-value", "第三&段\n换行"),
    ]


def test_every_kind_of_block_is_read():
    image = {"image": 1, "alt_text": "座谈会现场", "decorative": False}
    body = [
        {"type": "clause", "value": {"number": 13, "label": "第十三条", "heading": "内容更新", "text": "<p>甲。</p>"}},
        {"type": "clause", "value": {"number": 14, "label": "第十四条", "heading": "", "text": "<p>乙。</p><p>丙。</p>"}},
        {"type": "quotation", "value": "引的话"},
        {"type": "signature", "value": {"organisation": "石家庄市商务局", "date": "2026-03-12"}},
        {"type": "picture", "value": {"image": image, "caption": "图注文字"}},
        {"type": "table", "value": {"table_caption": "名单", "data": [["甲", None], [None, "乙"]]}},
        {"type": "gone", "value": "旧块"},
    ]
    assert places(article(body=body))[1:] == [
        ("条名", "body-0-value-label", "第十三条"),
        ("第十三条条旨", "body-0-value-heading", "内容更新"),
        ("第十三条", "body-0-value-text", "甲。"),
        ("条名", "body-1-value-label", "第十四条"),
        ("第十四条第1段", "body-1-value-text", "乙。"),
        ("第十四条第2段", "body-1-value-text", "丙。"),
        ("引文1", "body-2-value", "引的话"),
        ("落款单位", "body-3-value-organisation", "石家庄市商务局"),
        ("图片1替代文字", "body-4-value-image-alt_text", "座谈会现场"),
        ("图片1图注", "body-4-value-caption", "图注文字"),
        ("表格标题", "body-5-value", "名单"),
        ("表格第1行第1列", "body-5-value", "甲"),
        ("表格第2行第2列", "body-5-value", "乙"),
    ]


def test_two_tables_are_told_apart():
    table = {"type": "table", "value": {"data": [["甲"]]}}
    assert [place for place, _, _ in places(article(body=[table, table]))[1:]] == ["表格1第1行第1列", "表格2第1行第1列"]


def test_plain_fields_are_read():
    fields = {
        "summary": "摘要文", "author": "作者名", "keywords": "词", "document_number": "石商〔2026〕1号",
        "correction_note": "更正", "cover_text": "封面", "seo_title": "搜", "search_description": "索", "source_url": "https://a.cn/",
    }  # fmt: skip
    read_fields = {anchor: text for _, anchor, text in places(article(**fields))}
    assert fields.items() <= read_fields.items()


def test_titles_and_file_names_of_attachments_are_read():
    from wagtail.documents import get_document_model

    document = get_document_model().objects.create(title="名单", file="documents/2026年名单_13800138000.xlsx")
    page = article("正文")
    page.attachments = [ArticleAttachment(title="附件：名单", document=document)]
    assert places(page)[-2:] == [
        ("附件1名称", "attachments-0-title", "附件：名单"),
        ("附件1文件名", "attachments-0-document", "2026年名单_13800138000.xlsx"),
    ]


def test_links_know_their_paragraph():
    content = read(
        article('前文</p><p>见<a linktype="page" id="7">通知<b>全文</b></a>和<a href="https://a.cn/">网站</a>', "后文")
    )
    assert [(link.place, link.text, link.page_id, link.href) for link in content.links] == [
        ("正文第2段", "通知全文", 7, ""),
        ("正文第2段", "网站", None, "https://a.cn/"),
    ]


def test_folding_keeps_the_way_back_to_the_original():
    folded = fold("电话\u200b１３８，㎏")
    assert folded.text == "电话138,kg"
    assert [folded.original[slice(*folded.span(index, index + 1))] for index in range(8)] == list("电话１３８，") + ["㎏", "㎏"]


def test_an_excerpt_marks_the_hit_and_stays_short():
    text = "前" * 50 + "【秘密★】" + "后" * 500
    marked = excerpt(text, 50, 55)
    assert "〖" not in marked.split("【", 1)[0]
    assert marked.startswith("…前") and marked.endswith("后…")
    assert len(marked) < 200
