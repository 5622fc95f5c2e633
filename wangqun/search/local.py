"""The engine in process: tantivy over a folder. No server, no port; readers see a commit at their next question.

`<folder>/current` is a link to `index-<n>`; a rebuild writes the next one and turns the link. `position.json` lies inside the
index that it belongs to and is written after the commit: an older position only means that some work is done again.
"""

import contextlib
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tantivy

from wangqun.search import text
from wangqun.search.engine import (
    EXACT_TITLE,
    FORMAT,
    LONGEST_TEXT,
    TITLE_WEIGHT,
    WORD_WEIGHT,
    Alternative,
    Broken,
    Document,
    Hit,
    Hits,
    Position,
    Question,
    Unavailable,
)

Query, Occur = tantivy.Query, tantivy.Occur
FOLLOWER_MEMORY, REBUILD_MEMORY = 50_000_000, 150_000_000  # bytes that the writer fills before it writes a segment
KEYWORDS = ("website", "column", "organisation")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("title_two", "body_two", "number_two"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("title_one", "body_one", "number_one", "words"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("title", "kind", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in KEYWORDS:
        builder.add_integer_field(name, indexed=True)
    for name in ("page", "published"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_integer_field("stamp", fast=True)
    builder.add_bytes_field("shown", stored=True)
    return builder.build()


SCHEMA = _schema()


def _document(one: Document) -> tantivy.Document:
    body = one.text[:LONGEST_TEXT]
    title, folded, number = (text.fold(text.clean(part)) for part in (one.title, body, one.number))
    made = tantivy.Document()
    for name, part in (("title", title), ("body", folded), ("number", number)):
        found = text.signs(part)
        made.add_text(f"{name}_one", " ".join(set(found) if name == "body" else found))
        made.add_text(f"{name}_two", " ".join(text.pairs(found)))
    made.add_text("words", " ".join(text.words(f"{title}\n{folded}")))
    made.add_text("title", title)
    made.add_text("kind", one.kind)
    made.add_text("language", one.language)
    made.add_integer("website", one.website_id)
    for column in one.column_ids:
        made.add_integer("column", column)
    if one.organisation_id is not None:
        made.add_integer("organisation", one.organisation_id)
    made.add_integer("page", one.page_id)
    made.add_integer("stamp", one.stamp)
    made.add_integer("published", one.published)
    made.add_bytes("shown", body.encode())
    return made


# -- questions -----------------------------------------------------------------------------------------------------------


def _has(name: str, signs: tuple[str, ...]) -> tantivy.Query:
    """Documents whose field `name` holds these signs one after another."""
    if len(signs) == 1:
        return Query.term_query(SCHEMA, f"{name}_one", signs[0], "freq")
    tokens = text.pairs(list(signs))
    if len(tokens) == 1:
        return Query.term_query(SCHEMA, f"{name}_two", tokens[0])
    last = len(tokens) - 1  # every second pair and the last hold all signs: half the work for the same answer
    needed: list[str | tuple[int, str]] = [(place, one) for place, one in enumerate(tokens) if place % 2 == 0 or place == last]
    return Query.phrase_query(SCHEMA, f"{name}_two", needed)


def _alternative(one: Alternative, *, only_titles: bool) -> tantivy.Query:
    in_title = Query.boost_query(_has("title", one.signs), TITLE_WEIGHT * one.weight)
    if only_titles:
        return in_title
    return Query.disjunction_max_query([in_title, Query.boost_query(_has("body", one.signs), one.weight)])


def _word(alternatives: tuple[Alternative, ...], *, only_titles: bool) -> tantivy.Query:
    made = [_alternative(one, only_titles=only_titles) for one in alternatives]
    return made[0] if len(made) == 1 else Query.disjunction_max_query(made)


def _filters(question: Question) -> Iterator[tantivy.Query]:
    if question.websites is not None:
        yield Query.term_set_query(SCHEMA, "website", list(question.websites))
    for name, value in (("column", question.column), ("organisation", question.organisation)):
        if value is not None:
            yield Query.term_query(SCHEMA, name, value)
    for name, word in (("kind", question.kind), ("language", question.language)):
        if word:
            yield Query.term_query(SCHEMA, name, word, "basic")
    if question.number:
        yield _has("number", question.number)
    if question.since is not None or question.until is not None:
        yield Query.range_query(SCHEMA, "published", tantivy.FieldType.Integer, question.since, question.until)


def _query(question: Question) -> tantivy.Query:
    parts = [(Occur.Must, _word(word, only_titles=question.only_titles)) for word in question.words]
    parts += [
        (Occur.Should, Query.boost_query(Query.term_query(SCHEMA, "words", term, "freq"), WORD_WEIGHT))
        for term in question.terms
    ]
    if question.title:
        parts.append(
            (Occur.Should, Query.const_score_query(Query.term_query(SCHEMA, "title", question.title, "basic"), EXACT_TITLE))
        )
    parts += [(Occur.Must, Query.const_score_query(one, 0.0)) for one in _filters(question)]
    for name, numbers in (("page", question.without), ("website", question.closed)):
        if numbers:
            parts.append((Occur.MustNot, Query.term_set_query(SCHEMA, name, list(numbers))))
    if all(occur == Occur.MustNot for occur, _ in parts):
        parts.append((Occur.Must, Query.all_query()))
    return Query.boolean_query(parts)


def _numbers(searcher: tantivy.Searcher, name: str, addresses: list[tantivy.DocAddress]) -> list[int]:
    return [int(value or 0) for value in searcher.fast_field_values(name, addresses)]


class LocalEngine:
    """See `engine.Engine`. Opens what it needs when it is first needed; `folder` may not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._opened: tuple[tuple[int, int], Path, tantivy.Index] | None = None
        self._writer: tuple[Path, tantivy.IndexWriter] | None = None

    # reading

    def _index(self) -> tantivy.Index:
        """Return the index in use as it was last committed; a look at one file's time tells whether there is news."""
        try:
            seen = os.stat(self.folder / "current" / "meta.json")
        except OSError as missing:
            raise Unavailable("检索库还没有建立。") from missing
        version = (seen.st_ino, seen.st_mtime_ns)
        if self._opened is None or self._opened[0] != version:
            with self._lock, _failing("检索库打不开。"):
                path = (self.folder / "current").resolve()
                if self._opened is None or self._opened[1] != path:
                    index = tantivy.Index.open(str(path))
                    index.config_reader("manual")  # we look ourselves, at each question
                else:
                    index = self._opened[2]
                index.reload()
                self._opened = (version, path, index)
        return self._opened[2]

    def search(self, question: Question) -> Hits:
        if question.websites == ():
            return Hits()
        searcher = self._index().searcher()
        by = "published" if question.order == "date" else None
        with _failing("检索库读不出来。"):
            result = searcher.search(_query(question), limit=question.limit, offset=question.offset, order_by_field=by)
            addresses = [address for _, address in result.hits]
            pages = _numbers(searcher, "page", addresses)
            texts = [] if question.only_titles else [bytes(searcher.doc(address)["shown"][0]).decode() for address in addresses]
        found = tuple(Hit(page, shown) for page, shown in zip(pages, texts or [""] * len(pages), strict=True))
        return Hits(result.count or 0, found)  # type: ignore[attr-defined] # the stubs lack it

    def stamps(self) -> dict[int, int]:
        searcher = self._index().searcher()
        addresses = [address for _, address in searcher.search(Query.all_query(), limit=max(1, searcher.num_docs)).hits]
        return dict(zip(_numbers(searcher, "page", addresses), _numbers(searcher, "stamp", addresses), strict=True))

    def position(self) -> Position | None:
        try:
            kept: dict[str, Any] = json.loads((self.folder / "current" / "position.json").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return Position(kept["newest"], frozenset(kept["seen"])) if kept.get("format") == FORMAT else None

    # writing

    def _writing(self) -> tantivy.IndexWriter:
        """Return the writer of the index in use; opened anew where a rebuild has turned the link."""
        path = (self.folder / "current").resolve()
        if self._writer is None or self._writer[0] != path:
            self.close()
            if not (path / "meta.json").exists():
                raise Unavailable("检索库还没有建立。")
            with _failing("检索库打不开。"):
                self._writer = (path, tantivy.Index.open(str(path)).writer(FOLLOWER_MEMORY, 1))
        return self._writer[1]

    @contextlib.contextmanager
    def _write(self) -> Iterator[tantivy.IndexWriter]:
        """Give the writer out; one that fails (a full disk) is thrown away with what was not committed."""
        try:
            yield self._writing()
        except (ValueError, OSError) as fault:
            self._writer = None
            raise Unavailable("检索库写不进去。") from fault

    def put(self, documents: Iterable[Document]) -> None:
        with self._write() as writer:
            for one in documents:
                writer.delete_documents_by_term("page", one.page_id)
                writer.add_document(_document(one))

    def remove(self, page_ids: Iterable[int]) -> None:
        with self._write() as writer:
            for page_id in page_ids:
                writer.delete_documents_by_term("page", page_id)

    def commit(self, position: Position) -> None:
        with self._write() as writer:
            path = self._writer[0] if self._writer else self.folder
            writer.commit()
            _keep(path, position)

    def rebuild(self, documents: Iterable[Document], position: Position) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "rebuild.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two rebuilds at once would take each other's number
            used = (self.folder / "current").resolve()
            numbers = [int(path.name.partition("-")[2]) for path in self.folder.glob("index-*")]
            fresh = self.folder / f"index-{max(numbers, default=0) + 1}"
            fresh.mkdir()
            writer = tantivy.Index(SCHEMA, str(fresh)).writer(REBUILD_MEMORY, 1)
            count = 0
            for count, one in enumerate(documents, 1):  # noqa: B007 - the number of the last one is the result
                writer.add_document(_document(one))
            writer.commit()
            writer.wait_merging_threads()
            _keep(fresh, position)
            turned = self.folder / "current.new"
            turned.unlink(missing_ok=True)
            turned.symlink_to(fresh.name)
            turned.rename(self.folder / "current")
            for old in self.folder.glob("index-*"):
                if old not in (fresh, used):  # readers may still hold the one used until now
                    shutil.rmtree(old, ignore_errors=True)
        return count

    def close(self) -> None:
        """Give the writer back, after its merges."""
        if self._writer is not None:
            writer, self._writer = self._writer[1], None
            writer.wait_merging_threads()


def _keep(path: Path, position: Position) -> None:
    fresh = path / "position.new"
    fresh.write_text(json.dumps({"format": FORMAT, "newest": position.newest, "seen": sorted(position.seen)}), encoding="ascii")
    fresh.rename(path / "position.json")


@contextlib.contextmanager
def _failing(sentence: str) -> Iterator[None]:
    """Say that the index is broken where tantivy cannot open or read it."""
    try:
        yield
    except (ValueError, OSError) as fault:
        raise Broken(sentence) from fault
