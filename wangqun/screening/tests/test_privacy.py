"""Personal numbers, however written; and the many numbers that are none."""

import random

import pytest

from wangqun.screening.checks import privacy
from wangqun.screening.content import read
from wangqun.screening.tests.texts import WORDS, article, hits

pytestmark = [pytest.mark.req("COL-5"), pytest.mark.django_db]

IDENTITY = "13010519491231002" + privacy.identity_check_digit("13010519491231002")
IDENTITY_X = "11010519491231002X"  # the example of GB 11643
CARD = "6222020200112230122"[:-1]
CARD += next(digit for digit in "0123456789" if privacy.is_luhn(CARD + digit))


def levels(*paragraphs, **fields):
    return [hit.level for hit in hits(privacy.check, *paragraphs, **fields)]


def test_the_check_digit_follows_the_example_of_the_standard():
    assert privacy.is_identity_number(IDENTITY_X)
    assert privacy.identity_check_digit(IDENTITY_X[:17]) == "X"
    assert not privacy.is_identity_number("110105194912310021")


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "１３８００１３８０００",
        "138 0013 8000",
        "138　0013　8000",
        "138-0013-8000",
        "138－0013－8000",
        "138.0013.8000",
        "138·0013·8000",
        "1\u200b38\u200b0013\u200b8000",
        "138\u00ad0013\u20608000",
        "+8613800138000",
        "+86 138 0013 8000",
        "（+86）13800138000",
        "008613800138000",
        "8613800138000",
        "013800138000",
        "一三八零零一三八零零零",
        "幺三八〇〇幺三八〇〇〇",
        "壹叁捌零零壹叁捌零零零",
        "①③⑧⓪⓪①③⑧⓪⓪⓪",
        "1 3 8 0 0 1 3 8 0 0 0",
        "138<b>0013</b>8000",
        "138001 38000",
        "138(0013)8000",
        "1️3️8️0️0️1️3️8️0️0️0️",
        "Tel:13800138000",
        "微信vx13800138000",
        "十一13800138000",
    ],
)
def test_a_mobile_number_is_found_however_it_is_written(written):
    assert levels(f"联系人电话{written}，请拨打。") == ["justify"]


@pytest.mark.parametrize(
    "written",
    [
        IDENTITY,
        IDENTITY_X,
        IDENTITY_X.lower(),
        IDENTITY_X[:-1] + "ｘ",
        IDENTITY_X[:-1] + "Х",
        f"{IDENTITY[:6]} {IDENTITY[6:14]} {IDENTITY[14:]}",
        f"{IDENTITY[:6]}-{IDENTITY[6:14]}-{IDENTITY[14:]}",
        " ".join(IDENTITY),
        "\u200d".join(IDENTITY),
        "".join(chr(ord(sign) + 0xFEE0) for sign in IDENTITY),
        "".join("〇一二三四五六七八九"[int(sign)] for sign in IDENTITY),
        f"身份证{IDENTITY}号",
        f"ID{IDENTITY}",
    ],
)
def test_an_identity_number_blocks_however_it_is_written(written):
    assert levels(f"申请人：张某，证件号码{written}。") == ["blocks"]


@pytest.mark.parametrize("written", [CARD, " ".join(CARD[start : start + 4] for start in range(0, 19, 4)), "\u200b".join(CARD)])
def test_a_bank_card_number_blocks(written):
    assert levels(f"请汇入{written}。") == ["blocks"]


@pytest.mark.parametrize(
    "field", ["title", "summary", "author", "keywords", "cover_text", "correction_note", "document_number"]
)
def test_every_field_is_read(field):
    found = hits(privacy.check, "正文。", **{field: f"张某 {IDENTITY}"})
    assert [(hit.level, hit.anchor) for hit in found] == [("blocks", field)]


def test_a_number_in_a_table_is_found_with_its_row_and_column():
    body = [{"type": "table", "value": {"data": [["姓名", "电话"], ["张某", "13800138000"]], "table_caption": ""}}]
    [found] = hits(privacy.check, body=body)
    assert (found.place, found.anchor) == ("表格第2行第2列", "body-0-value")


def test_an_old_identity_number_and_one_with_a_slip_are_only_advice():
    assert levels("证号130105491231002。") == ["advice"]
    wrong = "0" if IDENTITY[-1] != "0" else "1"
    assert levels(f"证号{IDENTITY[:-1]}{wrong}。") == ["advice"]


def test_the_excerpt_hides_the_middle_of_the_number():
    [found] = hits(privacy.check, f"申请人证件号码{IDENTITY}。")
    assert IDENTITY not in found.excerpt
    assert f"【{IDENTITY[:3]}*************{IDENTITY[-2:]}】" in found.excerpt


def test_two_numbers_in_one_sentence_are_two_findings():
    assert levels("张某13800138000、李某13900139000") == ["justify", "justify"]


@pytest.mark.parametrize(
    "harmless",
    [
        "电话0311-86012345，传真0311-86012346。",
        "电话（0311）8662 1388、8662 1389",
        "0311-86621381 86621382",
        "热线12345、12312，400-618-1999。",
        "2026年3月12日至2026年4月12日",
        "20260312-20260412",
        "2026-03-12 09:00:00",
        "19900307-20000307",
        "进出口总额13800138000元",
        "完成投资13800138000.50元，增长13.8%",
        "人民币13800138000",
        "成交额15,000,000,000元",
        "石商字〔2026〕13号、冀商建函〔2025〕138号",
        "统一社会信用代码91130100601234567T",
        "统一社会信用代码：91350100M000100Y43",
        "统一社会信用代码12100000400000624H",
        "统一社会信用代码111301000006789018",
        "订单号202603121234567，运单号SF1380013800012",
        "订单编号20260312123456789012",
        "项目代码2403-130100-89-01-123456",
        "备案号冀ICP备13800138号-1",
        "网站标识码1301000013，公安备案号13010202001234号",
        "条形码6901234567892",
        "ISBN 978-7-301-13800-1",
        "第13、14、15、16、17条",
        "13 14 15 16 17 18",
        "13-15 2024 2025 1",
        "占比138.00138000",
        "坐标114.5149，38.0428",
        "130102********0011",
        "138****8000",
        "会议室1380013",
        "账号0402020109300012345",
        "一三五七九、二四六八十",
        "型号DD13800138000",
        "二〇二六年三月十二日至二〇二六年四月十二日",
        "http://www.example.gov.cn/art/20260312/t_1380013800.html",
    ],
)
def test_ordinary_numbers_are_left_alone(harmless):
    assert levels(harmless) == []


def test_real_credit_codes_are_never_taken_for_personal_numbers():
    digits = random.Random(7)  # noqa: S311 - the same numbers on every run
    for _ in range(2000):
        first = "".join(digits.choices("0123456789", k=17))
        code = next(first + sign for sign in privacy.CREDIT_ALPHABET if privacy.is_credit_code(first + sign))
        if not privacy.is_identity_number(code):
            assert "blocks" not in levels(f"统一社会信用代码：{code}"), code


def test_an_order_number_that_happens_to_pass_as_a_card_can_be_justified():
    assert levels(f"订单编号：{CARD}") == ["justify"]


def test_the_link_to_a_reprint_is_no_place_for_personal_numbers_to_be_sought():
    page = article("正文。", source_url="https://example.cn/13800138000")
    assert list(privacy.check(read(page), WORDS)) == []
