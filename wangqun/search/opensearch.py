"""The engine behind SEARCH_URL: an OpenSearch server, for several machines that share one index.

The server gets the very tokens that the engine in process indexes, divided by blanks, and phrases of them as questions, so
it needs no Chinese plug-in and finds the same. Indexes are `<name>-<n>` behind the alias `<name>`; the position is a document
of `<name>-position`. Standard library only.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from wangqun.search import text
from wangqun.search.engine import (
    EXACT_TITLE,
    FORMAT,
    LONGEST_TEXT,
    TITLE_WEIGHT,
    WORD_WEIGHT,
    Alternative,
    Document,
    Hit,
    Hits,
    Position,
    Question,
    Unavailable,
)

PATIENCE, PATIENCE_WRITING = 3.0, 60.0  # seconds
AT_ONCE = 500  # documents in one request
TOKENS = {"type": "text", "analyzer": "tokens"}
KEYWORD, NUMBER = {"type": "keyword"}, {"type": "long"}
SETTINGS = {
    "settings": {"analysis": {"analyzer": {"tokens": {"type": "custom", "tokenizer": "whitespace"}}}},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            **{f"{name}_{size}": TOKENS for name in ("title", "body", "number") for size in ("one", "two")},
            "words": TOKENS,
            "title": {"type": "keyword", "ignore_above": 8000},
            **dict.fromkeys(("kind", "language", "website", "column", "organisation"), KEYWORD),
            **dict.fromkeys(("page", "stamp", "published"), NUMBER),
            "shown": {"type": "keyword", "index": False, "doc_values": False},
        },
    },
}


def _source(one: Document) -> dict[str, Any]:
    body = one.text[:LONGEST_TEXT]
    title, folded, number = (text.fold(text.clean(part)) for part in (one.title, body, one.number))
    made: dict[str, Any] = {}
    for name, part in (("title", title), ("body", folded), ("number", number)):
        found = text.signs(part)
        made |= {f"{name}_one": " ".join(set(found) if name == "body" else found), f"{name}_two": " ".join(text.pairs(found))}
    organisation = [] if one.organisation_id is None else [str(one.organisation_id)]
    return made | {
        "words": " ".join(text.words(f"{title}\n{folded}")), "title": title, "kind": one.kind, "language": one.language,
        "website": str(one.website_id), "column": [str(column) for column in one.column_ids], "organisation": organisation,
        "page": one.page_id, "stamp": one.stamp, "published": one.published, "shown": body,
    }  # fmt: skip


def _has(name: str, signs: tuple[str, ...], weight: float = 1.0) -> dict[str, Any]:
    if len(signs) == 1:
        return {"term": {f"{name}_one": {"value": signs[0], "boost": weight}}}
    return {"match_phrase": {f"{name}_two": {"query": " ".join(text.pairs(list(signs))), "boost": weight}}}


def _word(alternatives: tuple[Alternative, ...], *, only_titles: bool) -> dict[str, Any]:
    made = [_has("title", one.signs, TITLE_WEIGHT * one.weight) for one in alternatives]
    if not only_titles:
        made += [_has("body", one.signs, one.weight) for one in alternatives]
    return {"dis_max": {"queries": made}}


def _query(question: Question) -> dict[str, Any]:
    should: list[dict[str, Any]] = [{"term": {"words": {"value": term, "boost": WORD_WEIGHT}}} for term in question.terms]
    if question.title:
        should.append({"constant_score": {"filter": {"term": {"title": question.title}}, "boost": EXACT_TITLE}})
    filters: list[dict[str, Any]] = []
    if question.websites is not None:
        filters.append({"terms": {"website": [str(number) for number in question.websites]}})
    for name in ("column", "organisation", "kind", "language"):
        if value := getattr(question, name):
            filters.append({"term": {name: str(value)}})
    if question.number:
        filters.append(_has("number", question.number))
    bounds = {name: value for name, value in (("gte", question.since), ("lte", question.until)) if value is not None}
    if bounds:
        filters.append({"range": {"published": bounds}})
    without: list[dict[str, Any]] = [{"terms": {"page": list(question.without)}}] if question.without else []
    if question.closed:
        without.append({"terms": {"website": [str(number) for number in question.closed]}})
    must = [_word(word, only_titles=question.only_titles) for word in question.words]
    return {"bool": {"must": must, "should": should, "filter": filters, "must_not": without}}


class OpenSearchEngine:
    """See `engine.Engine`. `url` is http(s)://user:password@host:port/name; the name is `wangqun` where none is given."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.host, self.port = parts.hostname or "", parts.port
        self.name = parts.path.strip("/") or "wangqun"
        self.headers = {"Content-Type": "application/x-ndjson"}
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self.headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        self.waiting: list[str] = []

    def _ask(
        self, method: str, path: str, body: Any = None, *, patience: float = PATIENCE, missing: bool = False
    ) -> dict[str, Any]:
        """Return the server's answer; raises Unavailable. `missing` allows for 404, which then answers {}."""
        sent = body if isinstance(body, str) else (None if body is None else json.dumps(body))
        connection = self.connect(self.host, self.port, timeout=patience)
        try:
            kind = {} if isinstance(body, str) else {"Content-Type": "application/json"}
            connection.request(method, path, sent.encode() if sent else None, self.headers | kind)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as fault:
            raise Unavailable("检索服务器没有应答。") from fault
        finally:
            connection.close()
        if answer.status == 404 and missing:
            return {}
        if answer.status >= 400:
            raise Unavailable(f"检索服务器答复 {answer.status}：{content[:300].decode('utf-8', 'replace')}")
        return dict(json.loads(content or b"{}"))

    def search(self, question: Question) -> Hits:
        if question.websites == ():
            return Hits()
        newest = {"published": "desc"}
        asked = {
            "query": _query(question), "from": question.offset, "size": question.limit, "track_total_hits": True,
            "_source": ["page"] if question.only_titles else ["page", "shown"],
            "sort": [newest] if question.order == "date" else ["_score", newest],
        }  # fmt: skip
        hits = self._ask("POST", f"/{self.name}/_search", asked)["hits"]
        found = tuple(Hit(one["_source"]["page"], one["_source"].get("shown", "")) for one in hits["hits"])
        return Hits(hits["total"]["value"], found)

    def stamps(self) -> dict[int, int]:
        found: dict[int, int] = {}
        last = -1
        while True:
            asked = {
                "query": {"match_all": {}}, "size": 5000, "sort": [{"page": "asc"}], "search_after": [last],
                "_source": ["page", "stamp"],
            }  # fmt: skip
            hits = self._ask("POST", f"/{self.name}/_search", asked, patience=PATIENCE_WRITING)["hits"]["hits"]
            if not hits:
                return found
            found |= {one["_source"]["page"]: one["_source"]["stamp"] for one in hits}
            last = hits[-1]["_source"]["page"]

    def position(self) -> Position | None:
        said = self._ask("GET", f"/{self.name}-position/_doc/1", missing=True).get("_source")
        return Position(said["newest"], frozenset(said["seen"])) if said and said["format"] == FORMAT else None

    def put(self, documents: Iterable[Document]) -> None:
        self.waiting += [_put(one) for one in documents]

    def remove(self, page_ids: Iterable[int]) -> None:
        self.waiting += [json.dumps({"delete": {"_id": str(page_id)}}) + "\n" for page_id in page_ids]

    def commit(self, position: Position) -> None:
        waiting, self.waiting = self.waiting, []
        for start in range(0, len(waiting), AT_ONCE):
            self._send(self.name, waiting[start : start + AT_ONCE])
        self._ask("POST", f"/{self.name}/_refresh", patience=PATIENCE_WRITING)
        self._keep(position)

    def rebuild(self, documents: Iterable[Document], position: Position) -> int:
        held = self._ask("GET", f"/_alias/{self.name}", missing=True)
        numbers = [int(index.rpartition("-")[2]) for index in held if index.rpartition("-")[2].isdecimal()]
        fresh = f"{self.name}-{max(numbers, default=0) + 1}"
        self._ask("DELETE", f"/{fresh}", missing=True, patience=PATIENCE_WRITING)  # left by a rebuild that was killed
        self._ask("PUT", f"/{fresh}", SETTINGS, patience=PATIENCE_WRITING)
        count = 0
        for some in _batches(map(_put, documents)):
            self._send(fresh, some)
            count += len(some)
        self._ask("POST", f"/{fresh}/_refresh", patience=PATIENCE_WRITING)
        turn = [{"remove_index": {"index": index}} for index in held] + [{"add": {"index": fresh, "alias": self.name}}]
        self._ask("POST", "/_aliases", {"actions": turn}, patience=PATIENCE_WRITING)
        self._keep(position)
        return count

    def _send(self, index: str, lines: list[str]) -> None:
        answer = self._ask("POST", f"/{index}/_bulk", "".join(lines), patience=PATIENCE_WRITING)
        refused = [one for item in answer["items"] for one in item.values() if one["status"] >= 400 and one["status"] != 404]
        if refused:
            raise Unavailable(f"检索服务器没有收下 {len(refused)} 篇：{refused[0]}")

    def _keep(self, position: Position) -> None:
        kept = {"format": FORMAT, "newest": position.newest, "seen": sorted(position.seen)}
        self._ask("PUT", f"/{self.name}-position/_doc/1?refresh=true", kept)


def _put(one: Document) -> str:
    return json.dumps({"index": {"_id": str(one.page_id)}}) + "\n" + json.dumps(_source(one)) + "\n"


def _batches(lines: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(lines, AT_ONCE)):
        yield some
