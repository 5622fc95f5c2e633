"""Short marks of articles (石15(1), 沪23) spelled out as an official form prints them. Pure."""

import re

SOURCES = {"石": "《石家庄市商务系统政府网站建设与管理办法总则》", "沪": "《政府网站管理办法》"}
DIGITS = "零一二三四五六七八九"
MARK = re.compile(r"([石沪])(\d{1,2})(?:\((\d{1,2})\))?")


def numeral(number: int) -> str:
    """Return a number from 1 to 99 in Chinese: 15 is 十五, 20 is 二十."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return head + (DIGITS[ones] if ones else "")


def spell_out(mark: str) -> str:
    """Return `mark` with every short form replaced: 石15(1) is 《……总则》第十五条第1项. Other text stays."""

    def full(found: re.Match[str]) -> str:
        item = f"第{found[3]}项" if found[3] else ""
        return f"{SOURCES[found[1]]}第{numeral(int(found[2]))}条{item}"

    return MARK.sub(full, mark)
