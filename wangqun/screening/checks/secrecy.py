"""保密: markings of state secrets and internal documents block; the bare words only ask for a second look.

A marking is told from a word by its form: a star or a term of years, brackets, a line of its own. “保密审查”, “商业秘密”
and “秘密侦查” in a sentence are words; `not_hits` of the dictionary names more. 依据：石21、石29、沪10(一)。
"""

import re
from collections.abc import Iterator

from wangqun.screening.checks.hit import ADVICE, BLOCKS, JUSTIFY, Hit, hit_in
from wangqun.screening.content import Content
from wangqun.screening.words import WordLists

CODE = "secrecy"
BASIS = "石29、沪10(一)"
TRADITIONAL = str.maketrans("絕機祕內資參傳級長發掌閱", "绝机秘内资参传级长发掌阅")

MARK = r"(?:绝[·.\-_—*]?密|机[·.\-_—*]?密|秘[·.\-_—*]?密)"
STAR = r"[★☆✩✭✮✯✰⋆⭐🌟]"
TERM = r"(?:长期|永久|[\d一二三四五六七八九十]+(?:年|个月|月|天|日))"
OPEN, CLOSE = r"[(\[【〔{<]", r"[)\]】〕}>]"
LEFT = r"(?:(?<=[\n。;,、:!?()\[\]【】〔〕“”\"'|])|^)"
RIGHT = r"(?=[\n。;,、:!?()\[\]【】〔〕“”\"'|]|$)"
INTERNAL = r"内部(?:资料|文件|材料|刊物|情况|参阅|参考|传阅|使用|掌握)"
ASKING = r"(?:不得|请勿|严禁|切勿|禁止)(?:擅自|随意)?"
KEEPING = (
    rf"(?:请?(?:注意|妥善)(?:保存|保管|保密)|{ASKING}(?:外传|外泄|翻印|复制|转发|公开|上网)|仅供\S{{0,4}}(?:参考|参阅|使用))"
)
THIS = r"(?:此件|本件|此文|此文件|本文件|该文件|此材料|本材料|此资料|本资料)"
READING = r"内部(?:使用|参考|传阅|交流|掌握|学习|参阅|查阅)"

RULES: list[tuple[re.Pattern[str], str, str]] = [
    (re.compile(pattern, re.MULTILINE), level, message)
    for pattern, level, message in [
        (rf"(?<!商业)(?<!工作)(?<!技术){MARK}(?:级|件)?{STAR}{TERM}?", BLOCKS, "是国家秘密的标志，涉密信息不得上网。"),
        (rf"{MARK}(?:级|件)?[*·•:\-—]+{TERM}{RIGHT}", BLOCKS, "是国家秘密的标志，涉密信息不得上网。"),
        (rf"(?:^|{OPEN}){STAR}{TERM}(?:$|{CLOSE})", BLOCKS, "是国家秘密的保密期限标志，涉密信息不得上网。"),
        (rf"(?:密级|保密级别|秘密等级|涉密等级):{MARK}", BLOCKS, "标明了密级，涉密信息不得上网。"),
        (rf"{OPEN}{MARK}(?:级|件)?(?:[*:]?{TERM})?{CLOSE}", BLOCKS, "是国家秘密的标志，涉密信息不得上网。"),
        (rf"^{MARK}(?:级|件)?(?:{TERM})?$", BLOCKS, "独占一行，是国家秘密的标志，涉密信息不得上网。"),
        (rf"{INTERNAL}[^\u4e00-\u9fff\n]{{0,4}}{KEEPING}", BLOCKS, "是内部文件的标志，内部文件不得上网。"),
        (rf"(?:^|{OPEN}){INTERNAL}(?:$|{CLOSE})", BLOCKS, "是内部文件的标志，内部文件不得上网。"),
        (
            rf"{THIS}(?:{ASKING}(?:外传|外泄|翻印|复制|转发|公开|上网)|(?:不|不予|不宜|暂不|依申请)公开)",
            BLOCKS,
            "表明此件不得公开。",
        ),
        (rf"(?:^|{OPEN}){ASKING}(?:外传|外泄|翻印)[。!]?(?:$|{CLOSE})", BLOCKS, "是内部文件的标志，内部文件不得上网。"),
        (rf"(?:^|{OPEN})注意保存[。!]?(?:$|{CLOSE})", BLOCKS, "是内部文件的标志，内部文件不得上网。"),
        (rf"仅[供限]\S{{0,4}}{READING}{RIGHT}", BLOCKS, "表明仅供内部，不得上网。"),
        (rf"仅[供限]\S{{0,4}}{READING}", JUSTIFY, "提到仅供内部，请核实内容可否公开。"),
        (rf"{LEFT}{ASKING}(?:外传|外泄){RIGHT}", JUSTIFY, "像是内部文件的标志，请核实内容可否公开。"),
    ]
]
TRIGGER = re.compile(r"[密★☆✩✭✮✯✰⋆⭐🌟]|内部|此件|本件|此文|文件|材料|资料|外传|外泄|翻印|保存")


def check(content: Content, words: WordLists) -> Iterator[Hit]:
    """Yield markings (which block) and words that ask for a second look (advice)."""
    advised: set[str] = set()
    for piece in content.pieces:
        tight = piece.folded.tight
        text = tight.text.translate(TRADITIONAL)
        taken = bytearray(len(text))
        for pattern, level, message in RULES if TRIGGER.search(text) else []:
            for found in pattern.finditer(text):
                start, end = found.span()
                if any(taken[start:end]):
                    continue
                taken[start:end] = b"\x01" * (end - start)
                marked = text[start:end].strip()[:20]
                yield hit_in(piece, tight, (start, end), code=CODE, level=level, message=f"“{marked}”{message}", basis=BASIS)
        for word in words.find("secrecy", text):
            if word.word in advised or any(taken[word.start : word.end]):
                continue
            advised.add(word.word)
            yield hit_in(
                piece, tight, (word.start, word.end), code=CODE, level=ADVICE,
                message=f"出现“{word.word}”，请再看一遍内容是否涉密。", basis=BASIS,
            )  # fmt: skip
