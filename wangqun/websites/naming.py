"""The rules for names and domains of sites, pure. 依据：沪6-7、石2。

The rule names sites city + short name, city + district, district + department, and takes domains from the initials of
the pinyin. The web addresses printed in the source text of 沪7 are scraper litter and are no rule.
"""

import re

from pypinyin import Style, lazy_pinyin

SUFFIXES = ("自治县", "开发区", "保税区", "新区", "县", "区", "市", "省")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def initials(name: str) -> str:
    """Return the first letters of the pinyin of `name`: 外贸处 → wmc."""
    return re.sub(r"[^a-z0-9]", "", "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower())


def pinyin(name: str) -> str:
    """Return the pinyin of `name` in one word: 正定 → zhengding."""
    return re.sub(r"[^a-z0-9]", "", "".join(lazy_pinyin(name)).lower())


def short_region(name: str) -> str:
    """Return a region's name without its generic ending: 正定县 → 正定; two characters stay whole: 赵县 → 赵县."""
    for suffix in SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name[: -len(suffix)]
    return name


def propose_name(*, kind: str, city: str, region: str = "", department: str = "", given: str = "") -> str:
    """Return the name the rule gives: portal 中国+city+department; county site region+department; others as given."""
    if kind == "portal":
        return f"中国{short_region(city)}{department}"
    if kind == "county":
        return f"{region}{department}"
    if kind == "division":
        return f"{short_region(city)}{department}"
    return given


def breaches_of_name(name: str, *, kind: str, city: str, region: str = "", department: str = "") -> list[str]:
    """Return why `name` breaks the naming rule, as sentences; an empty list where it holds."""
    found = []
    if not re.fullmatch(r"[\u4e00-\u9fff（）]{2,30}", name):
        found.append("网站名称应为 2 至 30 个汉字。")
    if kind in {"portal", "county", "division"}:
        expected = propose_name(kind=kind, city=city, region=region, department=department)
        if name != expected:
            found.append(f"按命名规则，网站名称应为“{expected}”。")
    return found


def propose_domain(*, kind: str, parent: str, name: str = "", region: str = "", department: str = "") -> str:
    """Return the domain the rule gives under `parent` (e.g. sjz.gov.cn).

    A department by the initials of its short name, a county by the pinyin of its region; others by the initials of the name.
    """
    label = {"county": pinyin(short_region(region)), "division": initials(department)}.get(kind) or initials(name)
    return f"{label}.{parent}"


def breaches_of_domain(domain: str, *, parent: str) -> list[str]:
    """Return why `domain` breaks the rule, as sentences; an empty list where it holds."""
    found = []
    if domain != domain.lower() or not all(LABEL.fullmatch(label) for label in domain.split(".")):
        found.append("域名只能用小写字母、数字和连字符。")
    if domain != parent and not domain.endswith("." + parent):
        found.append(f"域名应在“{parent}”之下。")
    if len(domain) > 120:
        found.append("域名过长，请改用拼音首字母缩写。")
    return found
