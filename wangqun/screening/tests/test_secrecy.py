"""Markings block, words do not."""

import pytest

from wangqun.screening.checks import secrecy
from wangqun.screening.tests.texts import hits

pytestmark = [pytest.mark.req("COL-5"), pytest.mark.django_db]


def levels(*paragraphs, **fields):
    return [hit.level for hit in hits(secrecy.check, *paragraphs, **fields)]


@pytest.mark.parametrize(
    "marking",
    [
        "秘密★1年",
        "机密★",
        "绝密★长期",
        "绝密级★30年",
        "秘 密 ★ 1 年",
        "秘　密★１年",
        "秘\u200b密\u200b★1年",
        "機密★",
        "机-密★3年",
        "机密☆5年",
        "秘密*1年",
        "秘密·10年",
        "密级：秘密",
        "密级:绝密",
        "（机密）",
        "【绝密】",
        "机密",
        "秘密 3年",
        "★长期",
        "内部资料 注意保存",
        "内部资料，请注意保存",
        "内部文件　不得外传",
        "内部刊物，仅供领导参阅",
        "（内部资料）",
        "内部资料",
        "内 部 文 件",
        "此件不公开",
        "（此件依申请公开）",
        "本文件不得上网",
        "此件请勿外传",
        "不得外传",
        "（严禁外传）",
        "注意保存",
        "仅供内部使用",
        "本材料仅供本单位内部参考。",
    ],
)
def test_a_marking_blocks(marking):
    assert levels(marking)[:1] == ["blocks"], marking
    assert levels("第一段。", title=f"关于开展检查的通知（{marking}）")[:1] in (["blocks"], ["justify"])


@pytest.mark.parametrize(
    "sentence",
    [
        "各单位应当做好保密审查工作。",
        "不得泄露商业秘密和个人隐私。",
        "公安机关依法采取秘密侦查措施。",
        "凡不涉及机密或隐私的政务信息，原则上都应及时组织上网公开。",
        "确保上网信息内容不涉密。",
        "会议采取秘密投票方式选举产生。",
        "加强技术秘密保护，★为重点企业。",
        "★商业秘密保护★",
        "此件公开发布",
        "请妥善保管并注意保存票据。",
        "坚持公开为常态、不公开为例外。",
        "系统内部资料齐全，文件规范。",
    ],
)
def test_ordinary_sentences_do_not_block(sentence):
    assert set(levels(sentence)) <= {"advice"}


def test_the_source_documents_of_the_product_itself_have_no_marking():
    sentence = "严格遵守国家和省、市有关互联网管理及信息保密的法规、规定，落实安全保密工作责任制，确保上网信息内容不涉密。"
    assert levels(sentence) == []


def test_a_bare_word_is_advice_and_said_once():
    found = hits(secrecy.check, "本办法所称机密事项由办公室确定。", "机密事项另行规定。")
    assert [hit.level for hit in found] == ["advice"]
    assert found[0].place == "正文第1段"
    assert "【机密】" in found[0].excerpt


def test_a_sentence_that_speaks_of_internal_use_can_be_justified():
    assert levels("该系统是仅供内部使用的网络平台。")[:1] == ["justify"]
    assert levels("评标资料应妥善保管，不得外传。")[:1] == ["justify"]


def test_a_marking_in_the_name_of_an_attachment_is_found():
    assert levels("正文。", document_number="冀商〔2026〕1号 机密★")[:1] == ["blocks"]


def test_the_message_names_what_was_found_and_the_rule():
    found = hits(secrecy.check, "秘密★1年")[0]
    assert found.message.startswith("“秘密★1年”")
    assert found.basis == "石29、沪10(一)"
