"""The back end's own search of pages, pictures and documents, in Chinese: Wagtail's database backend with two-sign tokens.

    WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wangqun.search.backoffice"}}

Stock Wagtail finds nothing for 商务 in 石家庄市商务局. Five faults of Wagtail 8.0 and modelsearch 1.3 are worked round:
1. SQLite ranks in quadratic time (26 s for 959 hits in 3,000 pages): replaced by one pass of the full-text table.
2. SQLite: a query with `"` or of blanks alone is an error 500: tokens hold no marks, and no token finds nothing.
3. PostgreSQL has no index for title || body: migration `0002_index_of_the_back_office` makes it.
4. PostgreSQL searches the raw columns where `fields` are named: here always the cut index.
5. ObjectIndexer is read as a module global: that one name is replaced, everything else is subclassing.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.db.models import Case, FloatField, Value, When
from django.db.models.expressions import RawSQL
from modelsearch.query import And, MatchAll, Or, Phrase, PlainText
from modelsearch.utils import get_descendants_content_types_pks

from wangqun.search import text

PART = re.compile(rf"[{text.HAN}]+|(?:(?![{text.HAN}])[^\W_])+")
HAN = re.compile(rf"[{text.HAN}]")
MOST_PARTS, LONGEST = 20, 200
TITLE_WEIGHT = 8


def parts(written: str) -> Iterator[list[str]]:
    """Yield the tokens of each run of Chinese or of Latin letters: 商务局 gives 商务 务局, covid-19 gives covid and 19."""
    for run in PART.findall(text.fold(text.clean(written))):
        yield text.pairs(run) or [run] if HAN.match(run) else [run]


def index_tokens(written: str) -> str:
    """Return a text as it is indexed; the last sign of a run stands alone too, so that every sign begins a token."""
    return " ".join(" ".join([*tokens, tokens[-1][-1]] if HAN.match(tokens[0]) else tokens) for tokens in parts(written))


def asked(query: Any) -> list[list[str]]:
    """Return what a query asks for, part by part; nothing for blanks and marks."""
    written = query.query_string[:LONGEST]
    return [tokens for word in written.split() for tokens in parts(word)][:MOST_PARTS]


class ChineseIndexer:
    """Mixed into modelsearch's ObjectIndexer: texts are cut, and kept whole only where somebody reads them."""

    obj: Any

    def prepare_value(self, value: Any) -> str:
        made = super().prepare_value(value)  # type: ignore[misc]
        return index_tokens(made) if isinstance(value, str) else made

    @property
    def title_text(self) -> str:
        return str(getattr(self.obj, "title", ""))

    body_text = ""


def _use_in(module: Any) -> None:
    if not issubclass(module.ObjectIndexer, ChineseIndexer):
        module.ObjectIndexer = type("ObjectIndexer", (ChineseIndexer, module.ObjectIndexer), {})


def _postgresql() -> type:
    from django.contrib.postgres.search import SearchQuery  # noqa: PLC0415 - needs its database
    from modelsearch.backends.database.postgres import postgres as stock  # noqa: PLC0415
    from modelsearch.backends.database.postgres.query import Lexeme  # noqa: PLC0415

    _use_in(stock)

    class Chinese:
        LAST_TERM_IS_PREFIX: bool
        query: Any
        queryset: Any
        get_index_vectors: Callable[[Any], Any]

        def build_tsquery_content(self, query: Any, config: Any = None, invert: bool = False) -> Any:
            if not isinstance(query, PlainText | Phrase):
                return super().build_tsquery_content(query, config=config, invert=invert)  # type: ignore[misc]
            made: Any = None
            is_or = getattr(query, "operator", "and").lower() == "or"
            for token in dict.fromkeys(token for tokens in asked(query) for token in tokens):
                one = Lexeme(token, invert=invert, prefix=len(token) == 1 or self.LAST_TERM_IS_PREFIX)
                made = one if made is None else (made | one if is_or else made & one)
            return SearchQuery(made, search_type="raw", config=config)

        def search(self, config: Any, start: int, stop: int | None, **details: Any) -> Any:
            if isinstance(self.query, PlainText | Phrase) and not asked(self.query):
                return self.queryset.none()
            return super().search(config, start, stop, **details)  # type: ignore[misc]

        def get_search_vectors(self, search_query: Any) -> Any:
            return self.get_index_vectors(search_query)

    class Backend(stock.PostgresSearchBackend):
        query_compiler_class = type("Compiler", (Chinese, stock.PostgresSearchQueryCompiler), {})
        autocomplete_query_compiler_class = type("AutocompleteCompiler", (Chinese, stock.PostgresAutocompleteQueryCompiler), {})

    return Backend


def _match(query: Any, is_prefix: bool) -> str | None:
    """Return a query as a MATCH expression of SQLite's full-text table, None for one without words."""
    if isinstance(query, PlainText | Phrase):
        made = []
        for tokens in asked(query):
            open_end = "*" if is_prefix or len(tokens[0]) == 1 else ""
            made.append(f'"{" ".join(tokens)}"{open_end}')
        joint = " OR " if getattr(query, "operator", "and").lower() == "or" else " AND "
        return f"({joint.join(made)})" if made else None
    if isinstance(query, And | Or):
        known = [part for part in (_match(one, is_prefix) for one in query.subqueries) if part]
        return f"({(' AND ' if isinstance(query, And) else ' OR ').join(known)})" if known else None
    raise NotImplementedError(type(query).__name__)  # Not, Boost, Fuzzy: the stock search answers


def _sqlite() -> type:
    from modelsearch.backends.database.sqlite import sqlite as stock  # noqa: PLC0415 - needs its database

    _use_in(stock)
    table, entries = stock.SQLiteFTSIndexEntry._meta.db_table, stock.IndexEntry._meta.db_table

    class Chinese:
        LAST_TERM_IS_PREFIX: bool
        FTS_TABLE_FIELDS: list[str]
        fields: list[str] | None
        order_by_relevance: bool
        query: Any
        queryset: Any

        def search(self, config: Any, start: int, stop: int | None, score_field: str | None = None, **details: Any) -> Any:
            if isinstance(self.query, MatchAll):
                return self.queryset[start:stop]
            try:
                wanted = _match(self.query, self.LAST_TERM_IS_PREFIX)
            except NotImplementedError:
                return super().search(config, start, stop, score_field=score_field, **details)  # type: ignore[misc]
            if not wanted:
                return self.queryset.none()
            known = [one for one in self.fields or [] if one in ("title", "body", "autocomplete")] or self.FTS_TABLE_FIELDS
            scores = self._scores(f"{{{' '.join(known)}}} : {wanted}")
            key = self.queryset.model._meta.pk
            cast = str if key.get_internal_type() in ("CharField", "UUIDField") else int
            keys = json.dumps([cast(one) for one in scores])
            rows = self.queryset.filter(pk__in=RawSQL("SELECT value FROM json_each(%s)", [keys]))
            if not self.order_by_relevance:
                return (rows if rows.query.order_by else rows.order_by("-pk"))[start:stop]
            numbers = list(rows.order_by().values_list("pk", flat=True))
            numbers.sort(key=lambda one: (scores[str(one)], -one if isinstance(one, int) else 0))
            return self._ranked(numbers[start:stop], scores, score_field or "_score")

        def _scores(self, wanted: str) -> dict[str, float]:
            """Return the score of every object found; columns of the table are autocomplete, body, title."""
            kinds = ",".join(str(int(one)) for one in get_descendants_content_types_pks(self.queryset.model))
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT e.object_id, f.s FROM (SELECT rowid AS r, bm25({table}, 1, 1, {TITLE_WEIGHT}) AS s FROM {table} "  # noqa: S608
                    f"WHERE {table} MATCH %s) f CROSS JOIN {entries} e ON e.id = f.r WHERE e.content_type_id IN ({kinds})",
                    [wanted],
                )
                return dict(cursor.fetchall())

        def _ranked(self, numbers: list[Any], scores: dict[str, float], name: str) -> Any:
            if len(numbers) > 500:  # SQLite takes so many cases and no more; nobody reads on so far by relevance
                keys = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(numbers)])
                return self.queryset.filter(pk__in=keys).annotate(**{name: Value(0.0)})
            cases = [When(pk=one, then=Value(float(scores[str(one)]))) for one in numbers]
            rank = Case(*cases, default=Value(0.0), output_field=FloatField())
            return self.queryset.filter(pk__in=numbers).annotate(**{name: rank}).order_by(name, "-pk")

    class Backend(stock.SQLiteSearchBackend):
        query_compiler_class = type("Compiler", (Chinese, stock.SQLiteSearchQueryCompiler), {})
        autocomplete_query_compiler_class = type("AutocompleteCompiler", (Chinese, stock.SQLiteAutocompleteQueryCompiler), {})

    return Backend


def SearchBackend(params: dict[str, Any]) -> Any:  # noqa: N802 - the name that modelsearch looks for
    """Return the backend for the database in use."""
    if connection.vendor == "postgresql":
        return _postgresql()({"SEARCH_CONFIG": "simple", **params})
    return _sqlite()(params)
