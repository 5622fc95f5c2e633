"""Pictures, reprints, links, sensitive words and what lies outside of the text."""

from datetime import date

import pytest
from django.conf import settings
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from wangqun.articles.models import Source
from wangqun.columns.models import Duty
from wangqun.people.models import Organisation
from wangqun.screening.checks import MOST_HITS, circumstances, links, pictures, privacy, reprint, run, sensitive
from wangqun.screening.content import read
from wangqun.screening.tests.texts import WORDS, article, hits
from wangqun.websites.models import Website

pytestmark = pytest.mark.django_db


def levels(check, *paragraphs, **fields):
    return [hit.level for hit in hits(check, *paragraphs, **fields)]


@pytest.fixture
def image(db):
    return get_image_model().objects.create(title="座谈会", file=get_test_image_file())


def picture(image_id, text="", *, decorative=False):
    value = {"image": {"image": image_id, "alt_text": text, "decorative": decorative}, "caption": ""}
    return {"body": [{"type": "picture", "value": value}]}


@pytest.mark.req("PUB-5")
def test_a_picture_without_a_text_blocks(image):
    [found] = hits(pictures.check, **picture(image.pk))
    assert (found.level, found.place, found.anchor) == ("blocks", "图片1替代文字", "body-0-value-image-alt_text")
    assert levels(pictures.check, **picture(image.pk, "  ")) == ["blocks"]


@pytest.mark.req("PUB-5")
def test_a_picture_that_only_decorates_needs_no_text(image):
    assert levels(pictures.check, **picture(image.pk, decorative=True)) == []


@pytest.mark.req("PUB-5")
@pytest.mark.parametrize(
    "name", ["IMG_2026.jpg", "座谈会.PNG", "微信图片_20260312093000", "DSC00123", "mmexport1710000000000", "20260312"]
)
def test_a_file_name_is_no_text(image, name):
    assert levels(pictures.check, **picture(image.pk, name)) == ["blocks"]


@pytest.mark.req("PUB-5")
def test_a_text_that_says_nothing_is_advice_and_a_good_one_is_nothing(image):
    assert levels(pictures.check, **picture(image.pk, "图片1")) == ["advice"]
    assert levels(pictures.check, **picture(image.pk, "市商务局召开外贸座谈会，120家企业参加")) == []


@pytest.mark.req("PUB-5")
def test_a_deleted_picture_blocks():
    assert levels(pictures.check, **picture(999_999, "好的文字")) == ["blocks"]


@pytest.mark.req("PUB-5")
def test_a_cover_needs_its_text(image):
    assert [hit.anchor for hit in hits(pictures.check, "正文", cover=image)] == ["cover_text"]
    assert levels(pictures.check, "正文", cover=image, cover_text="夜经济消费季开幕式舞台") == []


@pytest.fixture
def approved(db):
    return Source.objects.create(name="省商务厅测试", domain="hebei.gov.cn", is_approved=True)


@pytest.mark.req("COL-6")
def test_a_reprint_without_source_and_link_blocks_twice():
    assert [(hit.level, hit.anchor) for hit in hits(reprint.check, "正文", is_reprint=True)] == [
        ("blocks", "source"),
        ("blocks", "source_url"),
    ]


@pytest.mark.req("COL-6")
def test_an_unapproved_source_is_refused_with_the_reason(db):
    forum = Source.objects.create(name="某测试论坛", domain="example.com")
    [found] = hits(reprint.check, "正文", is_reprint=True, source=forum, source_url="https://www.example.com/1")
    assert (found.level, found.anchor) == ("blocks", "source")
    assert "未列入准予转载的名单" in found.message


@pytest.mark.req("COL-6")
def test_an_approved_source_with_its_link_passes(approved):
    assert levels(reprint.check, "正文", is_reprint=True, source=approved, source_url="https://swt.hebei.gov.cn/a.html") == []


@pytest.mark.req("COL-6")
@pytest.mark.parametrize(
    "address", ["https://nothebei.gov.cn/a", "https://hebei.gov.cn.evil.com/", "https://hebei.gov.cn@evil.com/"]
)
def test_a_link_that_only_looks_like_the_source_must_be_justified(approved, address):
    assert levels(reprint.check, "正文", is_reprint=True, source=approved, source_url=address) == ["justify"]


@pytest.mark.req("COL-6")
def test_a_link_that_is_no_address_blocks(approved):
    assert levels(reprint.check, "正文", is_reprint=True, source=approved, source_url="javascript:alert(1)") == ["blocks"]


@pytest.mark.req("COL-6")
@pytest.mark.parametrize(
    "text",
    ["本文转载自新华社。", "来源：河北日报", "（来源：新华网）", "（信息来源: 省商务厅）", "转自《河北日报》", "稿源：中新网"],
)
def test_an_original_that_names_a_source_must_be_justified(text):
    assert levels(reprint.check, "正文。", text) == ["justify"]


@pytest.mark.req("COL-6")
@pytest.mark.parametrize(
    "text", ["数据来源：国家统计局", "资金来源：财政拨款", "稳定收入来源，扩大就业。", "转载须经批准。", "拓宽货源"]
)
def test_the_word_source_alone_is_no_reprint(text):
    assert levels(reprint.check, text) == []


def page_link(number, text="关于开展检查的通知"):
    return f'见<a linktype="page" id="{number}">{text}</a>。'


@pytest.mark.req("COL-5", "PUB-7")
def test_a_link_to_a_page_that_is_gone_or_not_public_blocks(world):
    draft = world.draft()
    assert levels(links.check, page_link(999_999)) == ["blocks"]
    [found] = hits(links.check, page_link(draft.pk))
    assert found.level == "blocks"
    assert draft.title in found.message
    assert levels(links.check, page_link(world.zhengding_news.pk)) == []


@pytest.mark.req("PUB-7")
def test_a_link_to_a_document_that_is_gone_blocks(db):
    assert levels(links.check, '<a linktype="document" id="999999">申报表格</a>') == ["blocks"]


@pytest.mark.req("PUB-7")
@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "file:///C:/a.doc",
        "ftp://a.cn/",
        "",
        "http://",
        "http://[::1",
    ],
)
def test_a_harmful_or_broken_address_blocks(world, address):
    assert levels(links.check, f'<a href="{address}">申报表格</a>') == ["blocks"]


@pytest.mark.req("PUB-7")
def test_addresses_outside_and_usual_schemes_pass(world):
    for address in ("https://www.mofcom.gov.cn/a?b=c", "mailto:a@b.cn", "tel:0311-86012345", "#tiao-13"):
        assert levels(links.check, f'<a href="{address}">商务部网站</a>') == []


@pytest.mark.req("PUB-7")
def test_addresses_of_the_internal_network_must_be_justified(world):
    for address in ("http://192.168.1.8/oa", "http://10.0.0.1/", "http://localhost:8080/", "http://oaserver/"):
        assert levels(links.check, f'<a href="{address}">办公系统</a>') == ["justify"]


@pytest.mark.req("PUB-7")
def test_an_address_of_our_own_must_be_public(world):
    own = world.zhengding.public_url
    assert levels(links.check, f'<a href="{own}/gzdt/">工作动态</a>') == []
    assert levels(links.check, f'<a href="{own}/gzdt">工作动态</a>') == []
    assert levels(links.check, f'<a href="{own}/gzdt/index.html">工作动态</a>') == []
    assert levels(links.check, f'<a href="{own}">正定县商务局</a>') == []
    assert levels(links.check, f'<a href="{own}/nothing/">工作动态</a>') == ["blocks"]


@pytest.mark.req("PUB-7")
def test_an_address_of_our_own_may_be_a_released_file(world):
    folder = settings.RELEASE_ROOT / "current" / world.zhengding.domain / "gzdt" / "t20260312_0099"
    folder.mkdir(parents=True)
    (folder / "abc.pdf").write_bytes(b"%PDF")
    own = world.zhengding.public_url
    assert levels(links.check, f'<a href="{own}/gzdt/t20260312_0099/abc.pdf">申报表格</a>') == []
    assert levels(links.check, f'<a href="{own}/../portal.localhost/../../db.sqlite3">申报表格</a>') == ["blocks"]


@pytest.mark.req("PUB-7")
def test_a_site_of_ours_that_is_not_open_blocks(world):
    Website.objects.filter(pk=world.zhengding.pk).update(state=Website.State.SUSPENDED)
    [found] = hits(links.check, f'<a href="{world.zhengding.public_url}/gzdt/">工作动态</a>')
    assert "尚未开通或已关闭" in found.message


@pytest.mark.req("PUB-7")
def test_a_relative_address_is_looked_up_on_the_site_of_the_page(world):
    page = world.draft(text='<p><a href="/gzdt/">工作动态</a>、<a href="/nothing/">通知公告</a></p>')
    found = list(links.check(read(page), WORDS))
    assert [(hit.level, "/nothing/" in hit.excerpt) for hit in found] == [("blocks", True)]


@pytest.mark.req("PUB-5")
@pytest.mark.parametrize("text", ["点击这里", "更多>>", "【查看详情】", "这里", "更多"])
def test_a_link_text_that_says_nothing_is_advice(db, text):
    assert levels(links.check, f'<a href="https://a.gov.cn/">{text}</a>') == ["advice"]


@pytest.mark.req("PUB-5")
def test_a_link_without_text_blocks(db):
    assert levels(links.check, '前文<a href="https://a.gov.cn/"> </a>') == ["blocks"]


@pytest.mark.req("COL-5")
def test_sensitive_words_are_said_once_with_their_number():
    [found] = hits(sensitive.check, "信访事项。", "做好信访工作。")
    assert (found.check_code, found.level) == ("sensitive", "advice")
    assert "共 2 处" in found.message


@pytest.mark.req("COL-5")
def test_a_word_inside_a_harmless_one_or_a_longer_one_is_not_hit():
    assert levels(sensitive.check, "弘扬中华民族传统，依据《突发事件应对法》。") == []
    [found] = hits(sensitive.check, "重大行政决策目录。")
    assert "“重大行政决策”" in found.message


@pytest.mark.req("COL-5")
def test_a_draft_that_nobody_decided_must_be_justified():
    assert levels(sensitive.check, "正文。", title="管理办法（送审稿）") == ["justify"]


@pytest.mark.req("COL-5")
def test_a_thousand_numbers_are_one_hundred_findings_and_a_rest():
    body = [{"type": "table", "value": {"data": [[f"139{number:08d}"] for number in range(1000)]}}]
    content = read(article(body=body))
    content.page.genre = "news"
    found = [hit for hit in _text_only(content) if hit.check_code == privacy.CODE]
    assert len(found) == MOST_HITS + 1
    assert (found[-1].level, found[-1].place) == ("justify", "其余各处")
    assert "另有 900 处" in found[-1].message


def _text_only(content):
    from wangqun.screening import checks

    kept = checks.CHECKS[:]
    checks.CHECKS[:] = [privacy.check]
    try:
        return run(content, WORDS)
    finally:
        checks.CHECKS[:] = kept


@pytest.mark.req("COL-1")
def test_a_column_without_a_responsible_organisation_blocks(world):
    page = world.draft()
    assert list(circumstances.check(read(page), WORDS)) == []
    Duty.objects.filter(column=world.zhengding_news).update(valid_until=date(2026, 1, 2))
    [found] = circumstances.check(read(page), WORDS)
    assert (found.level, found.check_code) == ("blocks", "duty")
    assert found.message.startswith("栏目没有责任单位")


@pytest.mark.req("COL-1")
def test_a_column_whose_organisation_was_abolished_blocks(world):
    page = world.draft()
    Organisation.objects.filter(code="zhengding").update(abolished_on=date(2026, 1, 2))
    [found] = circumstances.check(read(page), WORDS)
    assert "已撤销" in found.message


@pytest.mark.req("COL-7")
def test_a_law_that_goes_online_after_its_effective_date_is_pointed_out(world, travel):
    travel("2026-03-12 09:00")
    for day, expected in ((date(2026, 3, 12), 1), (date(2026, 3, 13), 0)):
        page = world.draft(world.portal_law, by=world.wu, genre="law", effective_on=day)
        assert len(list(circumstances.check(read(page), WORDS))) == expected


@pytest.mark.req("COL-7")
def test_a_law_without_an_effective_date_is_pointed_out(world):
    page = world.draft(world.portal_law, by=world.wu, genre="law")
    [found] = circumstances.check(read(page), WORDS)
    assert (found.level, found.anchor) == ("advice", "effective_on")
