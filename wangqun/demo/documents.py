"""The three source documents, cut into articles that have addresses of their own. The texts lie in data/seeds.

The Shanghai text was scraped: it has line breaks inside words, page numbers, repeated headings and, in place of the domains of
沪7, the address of the site that copied it. Those addresses are left out and the page says so; nothing else is changed.
"""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).resolve().parents[2] / "data" / "seeds"
DIGITS = "零一二三四五六七八九"
CHAPTER = re.compile(r"(?:第六章)*第([二三四五六])章(政府公众网站的内容|运行管理|安全防范|考核与监督|附则)")
LITTER = re.compile(r"(?:www\.xiexiebang\.com、?)+(?:和\s*www\.xiexiebang\.com)?")


@dataclass(frozen=True)
class Document:
    """A text ready for the editor: title, genre, body as stream data."""

    title: str
    genre: str
    summary: str
    body: list[tuple[str, Any]]


def number(text: str) -> int:
    """Return the value of a Chinese numeral below one hundred: 三十一 → 31."""
    tens, found, units = text.partition("十")
    if not found:
        return DIGITS.index(text)
    return (DIGITS.index(tens) if tens else 1) * 10 + (DIGITS.index(units) if units else 0)


def paragraphs(text: str) -> str:
    """Return the lines of `text` as HTML paragraphs."""
    return "".join(f"<p>{escape(line.strip())}</p>" for line in text.split("\n") if line.strip())


def clause(order: int, label: str, text: str, heading: str = "") -> tuple[str, dict[str, Any]]:
    """Return one article of a regulation as stream data."""
    return ("clause", {"number": order, "label": label, "heading": heading, "text": paragraphs(text)})


def heading(text: str, level: str = "2") -> tuple[str, dict[str, Any]]:
    """Return a heading as stream data."""
    return ("heading", {"text": text, "level": level})


def shijiazhuang() -> Document:
    """商务系统政府网站建设与管理办法总则: 31 articles; the last two are printed as 十 and 十一 after 二十九."""
    lines = _join((SEEDS / "shijiazhuang-commerce-sites.md").read_text(encoding="utf-8")).split("\n")
    body: list[tuple[str, Any]] = []
    order, label, text = 0, "", ""

    def close() -> None:
        if label:
            body.append(clause(order, label, text))

    for raw in lines[1:]:
        line = raw.strip()
        chapter = re.fullmatch(r"\((" + "[一二三四五六七八九十]+" + r")\)([\u4e00-\u9fff]{4})", line)
        article = re.match(r"([一二三四五六七八九十]+)、", line)
        if chapter:
            close()
            label = text = ""
            body.append(heading(f"（{chapter[1]}）{chapter[2]}"))
        elif article and (number(article[1]) == order + 1 or order >= 29):
            close()
            order += 1
            label, text = f"{article[1]}、", line[article.end() :]
        elif label and line != lines[-1].strip():
            text += "\n" + line
    close()
    return Document(
        "石家庄市商务系统政府网站建设与管理办法总则", "law",
        "石家庄市商务系统政府网站群的组织领导、运行管理、内容更新、信息公开、网上办事、考核奖励和安全保密规定。", body,
    )  # fmt: skip


def shanghai() -> Document:
    """政府网站管理办法 (Shanghai): 34 articles in six chapters."""
    text = re.sub(r"-\d+-", "", (SEEDS / "shanghai-government-sites.md").read_text(encoding="utf-8"))
    text = LITTER.sub("（网址从略）", re.sub(r"\s+", "", text.split("\n", 2)[2]))
    text = re.sub(r"(第[一二三四五六七八九十]+条\(([^)]{2,16})\))(?=\2)", r"\1", text)
    marks = list(re.finditer(r"第([一二三四五六七八九十]+)条\(([^()]{2,16})\)", text))
    body: list[tuple[str, Any]] = [heading("第一章 总则")]
    order = 0
    for index, mark in enumerate(marks):
        end = marks[index + 1].start() if index + 1 < len(marks) else len(text)
        content = text[mark.end() : end]
        if len(content) < 10:
            continue  # a heading printed twice
        order += 1
        content = re.sub(r"^(?:第[一二三四五六七八九十]+条)?" + mark[2] + r"\)", "", content)
        chapter = CHAPTER.search(content)
        content = CHAPTER.split(content)[0] if chapter else content
        if content.count(")") > content.count("("):  # the next heading, printed once before its number
            content = re.sub(r"(?:第[一二三四五六七八九十]+条?)?[\u4e00-\u9fff]{2,14}\)$", "", content)
        content = re.sub(r"第[二三]十?[一二三四五六七八九]*$", "", content)
        content = re.sub(r"([。；:;])(?=\([一二三四五六七八九十]+\))", "\\1\n", content)
        body.append(clause(order, f"第{mark[1]}条", content, mark[2]))
        if chapter:
            body.append(heading(f"第{chapter[1]}章 {chapter[2]}"))
    return Document(
        "政府网站管理办法（上海）", "policy",
        "政府公众网站的内容、名称、域名、页面形式、运行管理、安全防范和考核监督规定。原文网址为转载时误植，从略。", body,
    )  # fmt: skip


def shopping() -> Document:
    """购物网网站规划书: sections one to seventeen, two of them numbered 四."""
    lines = (SEEDS / "shopping-site-plan.md").read_text(encoding="utf-8").split("\n")
    body: list[tuple[str, Any]] = []
    order, label, text = 0, "", ""
    for raw in lines:
        line = raw.strip()
        section = re.match(r"([一二三四五六七八九十]+)、(.{2,24})$", line)
        if section and not line.endswith(("。", "；")):
            if label:
                body.append(clause(order, label, text or label))
            order += 1
            label, text = line, ""
        elif label and line:
            text += "\n" + line
    if label:
        body.append(clause(order, label, text))
    return Document("购物网网站规划书", "policy", "网上购物与拼团平台的市场分析、功能定位、内容规划、盈利方式和预算。", body)


def _join(text: str) -> str:
    """Join lines that were broken inside a sentence."""
    return re.sub(r"(?<=[\u4e00-\u9fff、])\n\n(?=庄商务|二:|各单位)", "", text)
