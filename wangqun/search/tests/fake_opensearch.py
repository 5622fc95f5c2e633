"""A small OpenSearch for the contract test: the part of its HTTP interface that the adapter uses, over real sockets.

Written after the documented behaviour: index and alias operations, _bulk, _refresh (nothing is seen before it), _search with
bool, dis_max, term, terms, match_phrase by positions, range, constant_score, match_all, sort, from/size, search_after. Scores
are boosts times occurrences, not BM25. What it does not know it refuses with 400, as the server does.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Fault(Exception):
    """An answer of 4xx."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Store:
    """Indexes, aliases, and what waits for a refresh."""

    def __init__(self) -> None:
        self.indexes: dict[str, dict[str, Any]] = {}
        self.aliases: dict[str, set[str]] = {}
        self.lock = threading.RLock()

    def index(self, name: str, *, make: bool = False) -> dict[str, Any]:
        names = self.aliases.get(name) or {name}
        if len(names) > 1:
            raise Fault(400, "alias has more than one write index")
        real = next(iter(names))
        if real not in self.indexes:
            if not make:
                raise Fault(404, f"no such index [{name}]")
            self.indexes[real] = {"properties": None, "shown": {}, "written": {}}
        return self.indexes[real]


def tokens(value: Any) -> list[str]:
    return str(value).split() if value else []


def matches(query: dict[str, Any], source: dict[str, Any], fields: dict[str, Any]) -> float | None:
    """Return the score, None where the document does not match."""
    ((kind, body),) = query.items()
    if kind == "match_all":
        return 1.0
    if kind == "constant_score":
        return body.get("boost", 1.0) if matches(body["filter"], source, fields) is not None else None
    if kind == "dis_max":
        scores = [score for one in body["queries"] if (score := matches(one, source, fields)) is not None]
        return max(scores, default=None)
    if kind == "bool":
        return _bool(body, source, fields)
    if kind in {"term", "match_phrase", "terms", "range"}:
        ((name, wanted),) = ((key, value) for key, value in body.items() if key != "boost")
        if name not in fields:
            raise Fault(400, f"No mapping found for [{name}]")
        return _leaf(kind, wanted, source.get(name), fields[name]["type"])
    raise Fault(400, f"unknown query [{kind}]")


def _leaf(kind: str, wanted: Any, value: Any, type_: str) -> float | None:
    if kind == "range":
        fits = all({"gte": value >= bound, "lte": value <= bound}[name] for name, bound in wanted.items())
        return 0.0 if fits else None
    values = tokens(value) if type_ == "text" else [str(one) for one in (value if isinstance(value, list) else [value])]
    if kind == "terms":
        return 0.0 if {str(one) for one in wanted} & set(values) else None
    boost = wanted.get("boost", 1.0) if isinstance(wanted, dict) else 1.0
    if kind == "term":
        count = values.count(str(wanted["value"] if isinstance(wanted, dict) else wanted))
    else:
        phrase = tokens(wanted["query"])
        count = sum(values[start : start + len(phrase)] == phrase for start in range(len(values) - len(phrase) + 1))
    return boost * count if count else None


def _bool(body: dict[str, Any], source: dict[str, Any], fields: dict[str, Any]) -> float | None:
    score = 0.0
    for name in ("must", "filter"):
        for one in body.get(name, []):
            found = matches(one, source, fields)
            if found is None:
                return None
            score += found if name == "must" else 0.0
    if any(matches(one, source, fields) is not None for one in body.get("must_not", [])):
        return None
    optional = [found for one in body.get("should", []) if (found := matches(one, source, fields)) is not None]
    if not optional and body.get("should") and not body.get("must") and not body.get("filter"):
        return None
    return score + sum(optional)


def search(store: Store, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    index = store.index(name)
    hits = []
    for number, source in index["shown"].items():
        score = matches(asked["query"], source, index["properties"])
        if score is not None:
            hits.append({"_id": number, "_score": score, "_source": source})
    for order in reversed(asked.get("sort", ["_score"])):
        ((field, way),) = order.items() if isinstance(order, dict) else (("_score", "desc"),)
        hits.sort(key=lambda hit, field=field: (hit | hit["_source"])[field], reverse=way == "desc")
    total = len(hits)
    if "search_after" in asked:
        (field,) = asked["sort"][0]
        hits = [hit for hit in hits if hit["_source"][field] > asked["search_after"][0]]
    start = asked.get("from", 0)
    if start + asked["size"] > 10_000:
        raise Fault(400, "Result window is too large")
    kept = asked["_source"]
    shown = [hit | {"_source": {key: hit["_source"][key] for key in kept}} for hit in hits[start : start + asked["size"]]]
    return {"hits": {"total": {"value": total, "relation": "eq"}, "hits": shown}}


def bulk(store: Store, name: str, body: str) -> dict[str, Any]:
    index, lines, items = store.index(name), iter(body.splitlines()), []
    for line in lines:
        ((verb, about),) = json.loads(line).items()
        status = 200
        if verb == "index":
            source = json.loads(next(lines))
            if set(source) - set(index["properties"]):
                status = 400
            else:
                index["written"][about["_id"]] = source
        elif index["written"].pop(about["_id"], None) is None:
            status = 404
        items.append({verb: {"_id": about["_id"], "status": status}})
    return {"errors": any(one["status"] >= 400 for item in items for one in item.values()), "items": items}


def turn(store: Store, actions: list[dict[str, Any]]) -> dict[str, Any]:
    for action in actions:
        ((verb, about),) = action.items()
        if verb == "add":
            store.index(about["index"])
            store.aliases.setdefault(about["alias"], set()).add(about["index"])
        elif verb == "remove_index":
            del store.indexes[about["index"]]
            for names in store.aliases.values():
                names.discard(about["index"])
        else:
            raise Fault(400, f"unknown action [{verb}]")
    return {"acknowledged": True}


def answer(store: Store, method: str, path: str, body: str) -> dict[str, Any]:  # noqa: PLR0911, PLR0912 - a table of addresses
    path = path.partition("?")[0]
    if found := re.fullmatch(r"/_alias/([\w-]+)", path):
        names = store.aliases.get(found[1])
        if not names:
            raise Fault(404, "alias missing")
        return {name: {"aliases": {found[1]: {}}} for name in names}
    if path == "/_aliases":
        return turn(store, json.loads(body)["actions"])
    if found := re.fullmatch(r"/([\w-]+)/_doc/(\w+)", path):
        index = store.index(found[1], make=method == "PUT")
        if method == "PUT":
            index["written"][found[2]] = index["shown"][found[2]] = json.loads(body)
            return {"result": "created"}
        if found[2] not in index["shown"]:
            raise Fault(404, "not found")
        return {"found": True, "_source": index["shown"][found[2]]}
    if found := re.fullmatch(r"/([\w-]+)/_(bulk|search|refresh)", path):
        if found[2] == "bulk":
            return bulk(store, found[1], body)
        if found[2] == "search":
            return search(store, found[1], json.loads(body))
        index = store.index(found[1])
        index["shown"] = dict(index["written"])
        return {"_shards": {"failed": 0}}
    if found := re.fullmatch(r"/([a-z0-9-]+)", path):
        if method == "DELETE":
            store.index(found[1])
            return {"acknowledged": bool(store.indexes.pop(found[1]))}
        if method == "PUT":
            if found[1] in store.indexes:
                raise Fault(400, "resource_already_exists_exception")
            properties = json.loads(body)["mappings"]["properties"]
            store.indexes[found[1]] = {"properties": properties, "shown": {}, "written": {}}
            return {"acknowledged": True}
    raise Fault(400, f"no handler found for {method} {path}")


class FakeOpenSearch:
    """The server: `url` names it while the block runs."""

    def __enter__(self) -> "FakeOpenSearch":
        store = Store()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                try:
                    with store.lock:
                        status, said = 200, answer(store, self.command, self.path, body)
                except Fault as fault:
                    status, said = fault.status, {"error": str(fault), "status": fault.status}
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/wq"
        return self

    def __exit__(self, *args: Any) -> None:
        self.server.shutdown()
        self.server.server_close()
