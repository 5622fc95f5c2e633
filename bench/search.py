"""How fast and how exact search is over the released articles: `python -m bench search`.

The index is made by `rebuild_search` from the run's installation, in process (tantivy). Times are of one question after
another in one process: in the engine as the page of results asks it (ten hits with their texts, and the count), and of the
whole page through Django. The peer is SQLite's FTS5 over the same documents, the same two-sign tokens and the same questions.
Exactness is measured against a plain search for the substring in every folded text.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bench.common import Installation, Row, at_least, at_most, installation, percentile

ROUND = {False: 100, True: 300}  # questions of each kind
EXACT = {False: 60, True: 60}  # questions of each kind whose hits are compared with the substring's
TITLES = 1_000
USUAL, SLOWEST, SLOWEST_PAGE = 2, 20, 40  # milliseconds
PAGES = {False: 100, True: 300}
HAN = ("\u4e00", "\u9fff")
FREQUENT = ["商务", "通知", "工作", "企业", "石家庄", "项目", "消费", "电子商务", "申报指南", "信息公开", "网站", "外贸"]


@dataclass(frozen=True)
class Text:
    """One document, folded."""

    page_id: int
    website_id: int
    published: int
    title: str
    folded_title: str
    folded: str


def rows(full: bool) -> list[Row]:
    """Make the index, ask, compare; return times, exactness and the peer's times."""
    where = installation(full)
    from wangqun.search import follow  # noqa: PLC0415 - Django is set up now
    from wangqun.search.engine import engine  # noqa: PLC0415

    kept: list[Text] = []
    seconds = build(kept)
    chance = random.Random(20261122)  # noqa: S311 - the same questions every time
    asked = questions(kept, chance, ROUND[full])
    for question in asked["两字"][:20]:
        engine().search(question)  # the first questions fill memory
    ours = {kind: [timed(engine().search, one) for one in some] for kind, some in asked.items()}
    theirs = peer(kept, asked)
    name = f"（{where.size}）"
    median = f"{name}；对照为自己的中位"
    against = f"{name}；对照为 SQLite FTS5"
    found = []
    for kind, times in ours.items():
        found.append(
            at_most(
                f"检索引擎，{kind}，99%{name}；对照为 SQLite FTS5",
                percentile(times, 0.99),
                "毫秒",
                20,
                percentile(theirs[kind], 0.99),
            )
        )
    every, others = sum(ours.values(), []), sum(theirs.values(), [])
    pages = whole_pages(where, kept, chance, PAGES[full])
    recall, precision = exactness(kept, questions(kept, chance, EXACT[full]))
    fresh = freshness(follow)
    return [
        at_most(f"检索引擎，全部问法，中位{against}", percentile(every, 0.5), "毫秒", USUAL, percentile(others, 0.5)),
        at_most(f"检索引擎，全部问法，99%{against}", percentile(every, 0.99), "毫秒", SLOWEST, percentile(others, 0.99)),
        *found,
        at_most(f"检索结果整页，99%{median}", percentile(pages, 0.99), "毫秒", SLOWEST_PAGE, percentile(pages, 0.5)),
        at_least(f"查全率，对照逐字查找{name}", recall, "", 1.0),
        at_least(f"查准率，对照逐字查找{name}", precision, "", 1.0),
        at_least(f"以标题检索，该稿排第一{name}", exact_titles(kept, chance), "", 0.99),
        at_most(f"一份备案写入检索库并可查到，99%{median}", percentile(fresh, 0.99), "毫秒", 500, percentile(fresh, 0.5)),
        at_least(f"重建检索库，每秒稿件{name}", len(kept) / seconds, "篇/秒", 50),
    ]  # fmt: skip


def build(kept: list[Text]) -> float:
    """Make the index as `rebuild_search` does, and keep what went in; returns the seconds it took."""
    from wangqun.search import documents as source  # noqa: PLC0415
    from wangqun.search import follow, text  # noqa: PLC0415
    from wangqun.search.engine import Document, engine  # noqa: PLC0415

    def noted(page_ids: Iterable[int]) -> Iterator[Document]:
        for one in source.documents(page_ids):
            folded = text.fold(one.text)
            kept.append(Text(one.page_id, one.website_id, one.published, one.title, text.fold(text.clean(one.title)), folded))
            yield one

    follow.documents = noted  # type: ignore[attr-defined]
    started = time.perf_counter()
    follow.rebuild(engine())
    follow.documents = source.documents  # type: ignore[attr-defined]
    return time.perf_counter() - started


def questions(kept: list[Text], chance: random.Random, amount: int) -> dict[str, list[Any]]:
    """Return questions of each kind, drawn from the texts themselves, and frequent words among them."""
    from wangqun.search import asking  # noqa: PLC0415
    from wangqun.search.engine import Question  # noqa: PLC0415

    sites = sorted({one.website_id for one in kept})
    middle = sorted(one.published for one in kept)[len(kept) // 2]

    def ask(typed: str, **details: Any) -> Question:
        read = asking.read(typed)
        return Question(**({"words": read.words, "terms": read.terms, "title": read.title} | details))

    def piece(length: int) -> str:
        while True:
            body = chance.choice(kept).folded
            start = chance.randrange(max(1, len(body) - length))
            found = body[start : start + length]
            if len(found) == length and all(HAN[0] <= sign <= HAN[1] for sign in found):
                return found

    def narrowed() -> Question:
        asked = ask(f"{chance.choice(FREQUENT)} {piece(2)}")
        return replace(asked, websites=(chance.choice(sites),), since=middle)

    def some(make: Callable[[], Question]) -> list[Question]:
        return [make() for _ in range(amount)]

    two = [ask(word) for word in FREQUENT] + [ask(piece(2)) for _ in range(amount - len(FREQUENT))]
    return {
        "两字": two,
        "四字": some(lambda: ask(piece(4))),
        "两词": some(lambda: ask(f"{piece(2)} {piece(2)}")),
        "整句": some(lambda: ask(piece(10))),
        "两词，限网站和日期": some(narrowed),
        "两字，按时间": [replace(one, order="date") for one in two],
    }  # fmt: skip


def timed(ask: Callable[[Any], Any], question: Any) -> float:
    """Return the milliseconds of one answer."""
    started = time.perf_counter()
    ask(question)
    return (time.perf_counter() - started) * 1000


def exactness(kept: list[Text], asked: dict[str, list[Any]]) -> tuple[float, float]:
    """Return recall and precision of all hits against a plain search for the substrings."""
    from wangqun.search import local  # noqa: PLC0415
    from wangqun.search.engine import engine  # noqa: PLC0415

    searcher = engine()._index().searcher()  # type: ignore[attr-defined]
    right = wanted_all = found_all = 0
    for question in [one for some in asked.values() for one in some]:
        words = ["".join(word[0].signs) for word in question.words]
        wanted = {
            one.page_id
            for one in kept
            if (question.websites is None or one.website_id in question.websites)
            and (question.since is None or one.published >= question.since)
            and all(word in one.folded or word in one.folded_title for word in words)
        }
        hits = searcher.search(local._query(question), limit=len(kept), count=False).hits
        found = set(searcher.fast_field_values("page", [address for _, address in hits]))
        right += len(wanted & found)
        wanted_all += len(wanted)
        found_all += len(found)
    return right / max(1, wanted_all), right / max(1, found_all)


def exact_titles(kept: list[Text], chance: random.Random) -> float:
    """Return the share of titles that, asked for as they stand, bring a document of that title first."""
    from wangqun.search import asking  # noqa: PLC0415
    from wangqun.search.engine import Question, engine  # noqa: PLC0415

    titles = {one.page_id: one.folded_title for one in kept}
    chosen = chance.sample(kept, min(TITLES, len(kept)))
    first = 0
    for one in chosen:
        read = asking.read(one.title)
        hits = engine().search(Question(words=read.words, terms=read.terms, title=read.title, limit=1))
        first += bool(hits.found) and titles[hits.found[0].page_id] == one.folded_title
    return first / len(chosen)


def whole_pages(where: Installation, kept: list[Text], chance: random.Random, amount: int) -> list[float]:
    """Return the milliseconds of whole pages of results, through all of Django."""
    from django.test import Client  # noqa: PLC0415

    from wangqun.websites.models import Website  # noqa: PLC0415

    client = Client(headers={"host": Website.objects.open().get(kind=Website.Kind.PORTAL).domain})
    asked = [typed(one) for one in questions(kept, chance, amount)["两词"]] + FREQUENT
    times = []
    for number, q in enumerate(asked[:10] + asked):
        choices = {"q": q, "scope": "all"} | ({"kind": "notice"} if number % 3 == 0 else {})
        started = time.perf_counter()
        answer = client.get("/search/", choices)
        times.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} for {q}")
    return times[10:]  # the first pages compile templates


def typed(question: Any) -> str:
    """Return a question as a reader types it."""
    return " ".join("".join(word[0].signs) for word in question.words)


def freshness(follow: Any) -> list[float]:
    """Return the milliseconds in which the follower indexes one page and commits, forty times."""
    from wangqun.columns.models import PublicItem  # noqa: PLC0415
    from wangqun.search.engine import Question, engine  # noqa: PLC0415

    times = []
    for page in PublicItem.objects.articles().order_by("?").values_list("page_id", flat=True)[:40]:
        started = time.perf_counter()
        follow._renew(engine(), [page], engine().position())
        engine().search(Question(limit=1))  # a reader opens the new state
        times.append((time.perf_counter() - started) * 1000)
    return times


def peer(kept: list[Text], asked: dict[str, list[Any]]) -> dict[str, list[float]]:
    """Return the milliseconds of the same questions in SQLite FTS5 over the same tokens."""
    from wangqun.search import text  # noqa: PLC0415

    database = sqlite3.connect("")
    database.execute("PRAGMA cache_size=-300000")
    database.execute("CREATE VIRTUAL TABLE found USING fts5(title, body, content='', tokenize='unicode61')")
    database.execute("CREATE TABLE about (number INTEGER PRIMARY KEY, website INTEGER, published INTEGER)")

    def tokens(folded: str) -> str:
        return " ".join(text.pairs(text.signs(folded))).replace("_", "的的")

    lines = ((number, tokens(one.folded_title), tokens(one.folded)) for number, one in enumerate(kept))
    database.executemany("INSERT INTO found(rowid, title, body) VALUES (?, ?, ?)", lines)
    database.executemany(
        "INSERT INTO about VALUES (?, ?, ?)", ((n, one.website_id, one.published) for n, one in enumerate(kept))
    )
    database.execute("INSERT INTO found(found) VALUES ('optimize')")

    def search(question: Any) -> None:
        match = " AND ".join(f'"{" ".join(text.pairs(list(word[0].signs)))}"' for word in question.words)
        sites = ",".join(str(one) for one in question.websites or ())
        narrowed = "found MATCH ? AND published >= ?" + (f" AND website IN ({sites})" if sites else "")
        order = "published DESC" if question.order == "date" else "rank"
        joined = "FROM found JOIN about ON about.number = found.rowid WHERE " + narrowed
        values = (match, question.since or 0)
        database.execute(f"SELECT found.rowid {joined} ORDER BY {order} LIMIT 10", values).fetchall()  # noqa: S608 - our own words
        database.execute(f"SELECT count(*) {joined}", values).fetchone()  # noqa: S608

    return {kind: [timed(search, one) for one in some] for kind, some in asked.items()}
