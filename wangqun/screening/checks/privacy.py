"""个人隐私: identity numbers, mobile numbers and bank cards, however they are written. 依据：沪10(五)、沪27。

Numbers are read from the folded text, so width, invisible signs and look-alikes do not hide them; separators are
allowed inside; Chinese numerals are read in a second pass.
"""

import re
from collections.abc import Iterator
from datetime import date

from wangqun.base.moments import today
from wangqun.screening.checks.hit import ADVICE, BLOCKS, JUSTIFY, Hit, hit_in
from wangqun.screening.content import Content, Piece
from wangqun.screening.folding import NUMERALS
from wangqun.screening.words import WordLists

CODE = "privacy"
BASIS = "沪10(五)"

PROVINCES = frozenset(
    str(code)
    for code in [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83]
)
IDENTITY_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

BLANK = r"[\s\-‐‑‒–—―−_.·•・]{0,3}"
IDENTITY = re.compile(rf"(?<![0-9])[1-9](?:{BLANK}[0-9]){{16}}{BLANK}[0-9Xx](?![0-9])")
OLD_IDENTITY = re.compile(r"(?<![0-9A-Za-z.])[1-9][0-9]{14}(?![0-9A-Za-z])")
GAP = r"[^\S\n]{0,2}(?:[\-‐‑‒–—―−_.·•・/()]{1,2}[^\S\n]{0,2})?"  # one way only to match, so that no text makes it slow
MOBILE = re.compile(rf"(?<![0-9])(?:(?:\+|00)?86{GAP}|0)?(1{GAP}[3-9](?:{GAP}[0-9]){{9}})(?![0-9])")
CARD = re.compile(r"(?<![0-9A-Za-z.])[2-69](?:[ \t\u00a0\-‐‑–—]{0,2}[0-9]){12,18}(?![0-9A-Za-z])")
CREDIT_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])")
MONEY = re.compile(r"\s*(?:\.[0-9]|[万亿千百]?元|万|亿|美元|欧元|日元|港元|公?吨|公斤|千克|平方|立方|千瓦|%)")
COUNTED = re.compile(r"(?:[¥￥$€£]|人民币|RMB|USD)\s*$", re.IGNORECASE)
LABELLED_NUMBER = re.compile(
    r"(?:订单|运单|快递|物流|流水|批次|序列|条形?码|货号|发票|文号|编号|编码|单号|许可证|备案|注册|登记|项目|合同|标的|统一社会信用)\S{0,6}$"
)
PHONE_WORD = re.compile(r"(?:tel|phone|mobile|mob|cell|call|wechat|vx|wx|qq|mp|m|t)[.:]?$", re.IGNORECASE)
CARD_PREFIX = re.compile(r"(?:62|4|5[0-9]|60|68|69|3[4-7]|2[2-7]|90|95|98)")
CARD_LENGTHS = {"4": {13, 16, 19}, "5": {16, 18, 19}, "3": {14, 15, 16}, "2": {16}}
NUMERAL_RUN = re.compile("[" + "".join(NUMERALS) + "]")


def is_identity_number(text: str, *, before: date | None = None) -> bool:
    """Return whether `text` is a resident identity number by GB 11643: region, a real birth date, and the check digit."""
    return _looks_like_identity(text, before or today()) and identity_check_digit(text[:17]) == text[17].upper()


def identity_check_digit(first: str) -> str:
    """Return the check digit that belongs to the `first` 17 digits of an identity number (ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first, IDENTITY_WEIGHTS, strict=True)) % 11]


def _looks_like_identity(text: str, before: date) -> bool:
    region = text[1:3] if text[0] == "9" else text[:2]  # 9: a foreigner's residence card
    if region not in PROVINCES:
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return date(1900, 1, 1) <= born <= before


def is_credit_code(text: str) -> bool:
    """Return whether `text` is a unified social credit code by GB 32100: 18 signs with their check sign."""
    if len(text) != 18 or any(sign not in CREDIT_ALPHABET for sign in text):
        return False
    total = sum(CREDIT_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(text[:17]))
    return CREDIT_ALPHABET[(31 - total % 31) % 31] == text[17]


def is_luhn(digits: str) -> bool:
    """Return whether the last of `digits` is the Luhn check digit of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def check(content: Content, words: WordLists) -> Iterator[Hit]:
    """Yield identity and bank card numbers (which block) and mobile numbers (which another person must justify)."""
    for piece in content.pieces:
        if piece.anchor == "source_url":
            continue  # an address; the reprint check looks at it
        folded = piece.folded
        taken = bytearray(len(folded.text))
        yield from _numbers(piece, folded.text, taken)
        if _has_numeral_run(folded.text):
            yield from _numbers(piece, folded.digits, taken, numerals_of=folded.text)


def _has_numeral_run(text: str) -> bool:
    """Whether enough Chinese numerals stand in `text` to hide a number."""
    return len(NUMERAL_RUN.findall(text)) >= 6


def _numbers(piece: Piece, text: str, taken: bytearray, numerals_of: str | None = None) -> Iterator[Hit]:
    """Yield the numbers in `text`; with `numerals_of`, only those that Chinese numerals stand in."""

    def is_free(start: int, end: int) -> bool:
        if any(taken[start:end]):
            return False
        return numerals_of is None or NUMERAL_RUN.search(numerals_of, start, end) is not None

    def hit(start: int, end: int, level: str, message: str) -> Hit:
        taken[start:end] = b"\x01" * (end - start)
        return hit_in(piece, piece.folded, (start, end), code=CODE, level=level, message=message, basis=BASIS, is_masked=True)

    day = today()
    for start, end, number in _matches(IDENTITY, text):
        if not is_free(start, end) or (number[0] == "9" and is_credit_code(number.upper())):
            continue
        if is_identity_number(number, before=day):
            if not (is_credit_code(number.upper()) and LABELLED_NUMBER.search(text[max(0, start - 16) : start])):
                yield hit(start, end, BLOCKS, "是居民身份证号码，个人信息不得公开；确需公示的，请隐去出生日期等部分。")
        elif end - start == 18 and _looks_like_identity(number, day):
            yield hit(start, end, ADVICE, "像是身份证号码，但校验位不对；如确是身份证号码，请隐去。")
    for found in CREDIT_CODE.finditer(text):
        if is_credit_code(found.group()):
            taken[found.start() : found.end()] = b"\x01" * 18
    yield from _cards(text, is_free, hit)
    yield from _mobiles(text, is_free, hit)
    for found in OLD_IDENTITY.finditer(text):
        number = found.group()
        if is_free(*found.span()) and _looks_like_identity(f"{number[:6]}19{number[6:]}0", day):
            yield hit(*found.span(), ADVICE, "像是 15 位的旧身份证号码；如确是，请隐去。")


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int, str]]:
    for found in pattern.finditer(text):
        yield found.start(), found.end(), re.sub(r"[^0-9A-Za-z]", "", found.group())


def _cards(text: str, is_free, hit) -> Iterator[Hit]:
    for start, end, number in _matches(CARD, text):
        if not is_free(start, end) or not is_luhn(number) or len(set(number)) < 3:
            continue
        groups = [len(group) for group in re.findall(r"[0-9]+", text[start:end])]
        is_grouped = len(groups) == 1 or set(groups) == {1} or groups in ([6, len(number) - 6],) or set(groups[:-1]) <= {4, 6}
        is_card_number = CARD_PREFIX.match(number) and len(number) in CARD_LENGTHS.get(number[0], {16, 17, 18, 19})
        if not is_grouped or not is_card_number:
            continue
        if LABELLED_NUMBER.search(text[max(0, start - 16) : start]):
            yield hit(start, end, JUSTIFY, "像是银行卡号；如是订单号、编号等，请由另一人说明。")
        else:
            yield hit(start, end, BLOCKS, "是银行卡号，个人信息不得公开。")


def _mobiles(text: str, is_free, hit) -> Iterator[Hit]:
    for found in MOBILE.finditer(text):
        start, end = found.span()
        body = found.group(1)
        groups = [len(group) for group in re.findall(r"[0-9]+", body)]
        is_plausible = len(groups) == 1 or groups[0] >= 3 or set(groups) == {1}
        is_decimal = len(groups) == 2 and "." in body
        before = text[max(0, start - 12) : start]
        is_code = bool(before) and before[-1].isascii() and before[-1].isalpha() and not PHONE_WORD.search(before)
        is_amount = MONEY.match(text, end) or COUNTED.search(before)
        if is_plausible and not is_decimal and not is_code and not is_amount and is_free(start, end):
            yield hit(start, end, JUSTIFY, "是手机号码；如是单位对外公布的办公号码，请由另一人说明，否则请删去。")
