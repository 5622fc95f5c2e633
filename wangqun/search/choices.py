"""What a reader may choose beside the words: where, what kind, from whom, when, in which order. Odd values are left out."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_date

from wangqun.search import text

KINDS = ["news", "notice", "policy", "law", "other", "column"]
ORDERS = ["relevance", "date"]
ON_A_PAGE, MOST_PAGES = 10, 50


@dataclass
class Choices:
    """The choices of one request."""

    q: str = ""
    is_everywhere: bool = False
    column: int | None = None
    kind: str = ""
    organisation: int | None = None
    number: str = ""
    since: date | None = None
    until: date | None = None
    order: str = "relevance"
    page: int = 1

    @classmethod
    def of(cls, sent: QueryDict) -> "Choices":
        """Read the parameters of an address."""

        def one_of(name: str, known: list[str]) -> str:
            return str(sent[name]) if sent.get(name) in known else ""

        days = sorted(day for name in ("since", "until") if (day := _day(sent.get(name, ""))))
        since, until = days if len(days) == 2 else (_day(sent.get("since", "")), _day(sent.get("until", "")))
        return cls(
            q=sent.get("q", ""),
            is_everywhere=sent.get("scope") == "all",
            column=_number(sent.get("column", "")),
            kind=one_of("kind", KINDS),
            organisation=_number(sent.get("organisation", "")),
            number=" ".join(text.INVISIBLE.sub("", sent.get("number", "")).split())[:64],
            since=since,
            until=until,
            order=one_of("order", ORDERS) or "relevance",
            page=min(max(_number(sent.get("page", "")) or 1, 1), MOST_PAGES),
        )

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the words narrows the answer."""
        return any((self.column, self.kind, self.organisation, self.number, self.since, self.until))

    def address(self, **other: Any) -> str:
        """Return the query string of these choices with `other` values in place; the page is the first unless named."""
        values = {
            "q": self.q, "scope": "all" if self.is_everywhere else "", "column": self.column, "kind": self.kind,
            "organisation": self.organisation, "number": self.number, "since": self.since, "until": self.until,
            "order": self.order, "page": None,
        } | other  # fmt: skip
        said = {name: str(value) for name, value in values.items() if value and (name, value) != ("order", "relevance")}
        return "?" + urlencode(said)

    @property
    def without_filters(self) -> str:
        """The address of the same words without any filter."""
        return self.address(column=None, kind="", organisation=None, number="", since=None, until=None)

    @property
    def everywhere(self) -> str:
        """The address of the same words on all sites; a column belongs to one site."""
        return self.address(scope="all", column=None)


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None


def _day(written: str) -> date | None:
    try:
        return parse_date(written.strip())
    except ValueError:  # the 31st of February
        return None
