"""The page of results and the suggestions while typing. Answered anew at each request, kept by nobody.

Every answer is checked against the public rows at the moment of the question: what was withdrawn a moment ago is neither
shown nor counted nor suggested, however far the index has read.
"""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.safestring import SafeString

from wangqun.base.errors import Refused
from wangqun.base.moments import end_of, start_of, today
from wangqun.columns.models import PublicItem
from wangqun.languages import traditional
from wangqun.languages.known import spoken, written
from wangqun.people.models import Organisation
from wangqun.search import asked, asking, highlight, text
from wangqun.search.choices import KINDS, MOST_PAGES, ON_A_PAGE, ORDERS, Choices
from wangqun.search.engine import Hits, Question, Unavailable, engine
from wangqun.search.follow import withdrawn_since
from wangqun.search.labels import labels
from wangqun.search.models import AskedText, SynonymGroup
from wangqun.websites.answers import public, sites_asked
from wangqun.websites.models import Website
from wangqun.websites.sources import one_reading

logger = logging.getLogger(__name__)

TRADITIONAL = "zh-hant"
BESIDE = ["website", "column", "organisation"]
SHOWN = [
    "page_id",
    "title",
    "address",
    "published_at",
    "website__name",
    "website__domain",
    "column__title",
    "organisation__name",
]
"""The little of these rows that is shown; a column has fifty fields."""
MOST_SUGGESTIONS, ASKED_OFTEN, ASKED_SINCE = 8, 3, timedelta(days=60)


@dataclass
class Result:
    """One line of the answer."""

    item: PublicItem
    title: SafeString
    excerpt: SafeString
    address: str


def site_of(request: HttpRequest) -> Website:
    """Return the open site whose address was asked; the portal where the back office's own address was. Raises Http404."""
    found = sites_asked(request).select_related("site__root_page", "organisation", "undertaker").first()
    if found is None:
        raise Http404
    return found


def _moment_bounds(choices: Choices) -> tuple[int | None, int | None]:
    since = int(start_of(choices.since).timestamp()) if choices.since else None
    until = int(end_of(choices.until).timestamp()) - 1 if choices.until else None
    return since, until


def _scope(website: Website, *, is_everywhere: bool) -> dict[str, Any]:
    """Return the part of a question that says which sites may answer: this one, or all that are open."""
    if not is_everywhere:
        return {"websites": (website.pk,)}
    return {"closed": tuple(Website.objects.exclude(state=Website.State.OPEN).values_list("pk", flat=True))}


def _question(choices: Choices, website: Website, read: asking.Asked | None, language: str) -> Question:
    since, until = _moment_bounds(choices)
    return Question(
        words=read.words if read else (),
        terms=read.terms if read else (),
        title=read.title if read else "",
        **_scope(website, is_everywhere=choices.is_everywhere),
        without=withdrawn_since(engine().position()),
        column=choices.column,
        kind=choices.kind,
        organisation=choices.organisation,
        number=tuple(text.signs(text.fold(text.clean(choices.number)))),
        since=since,
        until=until,
        language="" if language == TRADITIONAL else language,
        order="date" if choices.order == "date" or read is None else "relevance",
        offset=(choices.page - 1) * ON_A_PAGE,
        limit=ON_A_PAGE,
    )  # fmt: skip


def _results(hits: Hits, read: asking.Asked | None, website: Website, language: str) -> list[Result]:
    """Return what may be shown of the hits: pages that are public at this moment, on sites that are open."""
    rows = PublicItem.objects.filter(page_id__in=[hit.page_id for hit in hits.found], website__state=Website.State.OPEN)
    items = {item.page_id: item for item in rows.select_related(*BESIDE).only(*SHOWN)}
    wanted = highlight.pattern(read.ways) if read else None
    shown = []
    for hit in hits.found:
        if item := items.get(hit.page_id):
            path = traditional.prefixed(item.address) if language == TRADITIONAL else item.address
            address = path if item.website_id == website.pk else item.website.public_url + path
            shown.append(Result(item, highlight.mark(item.title, wanted), highlight.excerpt(hit.text, wanted), address))
    return shown


@public
def results(request: HttpRequest, language: str = "") -> HttpResponse:
    """The page of results: whatever is typed gets an answer or one sentence, never an error."""
    website = site_of(request)
    choices = Choices.of(request.GET)
    say = labels(language)
    hits, found, sentence, read, status = Hits(), [], "", None, 200
    try:
        read = asking.read(choices.q, [group.group for group in SynonymGroup.objects.all()])
        is_asked = read is not None or bool(text.signs(choices.number))
        if is_asked:
            hits = engine().search(_question(choices, website, read, language))
            found = _results(hits, read, website, language)
        if read and choices.page == 1:
            asked.note(read.typed, website=website, is_everywhere=choices.is_everywhere, hits=hits.total)
    except Refused as refusal:
        sentence, status, is_asked = say[str(refusal)], 400, False
        choices.q = choices.q[: asking.LONGEST]
    except Unavailable as fault:
        logger.error("search: %s", fault)
        sentence, status, is_asked = say["unavailable"], 503, False
    home = website.site.root_page  # what navigation and trail start from
    home.website = website
    context = {
        "website": website, "page": home, "say": say, "choices": choices,
        "results": found, "sentence": sentence, "is_asked": is_asked, "pages": _pages(choices, hits.total),
        "total": len(found) if hits.total <= ON_A_PAGE else hits.total, "most": ON_A_PAGE * MOST_PAGES,
        "words": [(word, choices.address(q=word)) for word in read.parts] if read and len(read.parts) > 1 else [],
        "columns": _columns(website), "organisations": Organisation.objects.ranked().order_by("pk").values_list("pk", "name"),
        "kinds": [(kind, say[kind]) for kind in KINDS],
        "orders": [(order, say[order], choices.address(order=order)) for order in ORDERS],
        "longest": asking.LONGEST,
    }  # fmt: skip
    with translation.override(language if language in written() else settings.LANGUAGE_CODE), one_reading():
        context["address"] = context["action"] = spoken().search
        response = render(request, "search/results.html", context, status=status)
    if language == TRADITIONAL:
        response.content = traditional.convert(response.content, response["Content-Type"])
    return response


def _columns(website: Website) -> list[tuple[int, str]]:
    rows = PublicItem.objects.columns().filter(website=website).order_by("path").values_list("page_id", "title", "path")
    depth = len(website.site.root_page.path) + 4
    return [(page_id, "　" * ((len(path) - depth) // 4) + title) for page_id, title, path in rows]


@dataclass(frozen=True)
class Pages:
    """The links between the pages of an answer."""

    current: int
    last: int
    numbers: tuple[tuple[int, str], ...]
    newer: str
    older: str


def _pages(choices: Choices, total: int) -> Pages | None:
    last = min(-(-total // ON_A_PAGE), MOST_PAGES)
    if last < 2:
        return None
    current = min(choices.page, last)
    first = max(1, min(current - 2, last - 4))
    numbers = tuple((number, choices.address(page=number)) for number in range(first, min(last, first + 4) + 1))
    newer = choices.address(page=current - 1) if current > 1 else ""
    older = choices.address(page=current + 1) if current < last else ""
    return Pages(current, last, numbers, newer, older)


@public
def suggestions(request: HttpRequest, language: str = "") -> HttpResponse:
    """What the reader may mean, as JSON: texts that others ask for and find, then titles with their addresses."""
    website = site_of(request)
    is_everywhere = request.GET.get("scope") == "all"
    made: list[dict[str, str]] = []
    try:
        read = asking.read(request.GET.get("q", ""))
        if read:
            base = Question(
                words=read.words, **_scope(website, is_everywhere=is_everywhere),
                without=withdrawn_since(engine().position()), only_titles=True, limit=MOST_SUGGESTIONS,
                language="" if language == TRADITIONAL else language,
            )  # fmt: skip
            made = [{"text": one} for one in _often_asked(read, base)]
            for one in _results(engine().search(base), None, website, language)[: MOST_SUGGESTIONS - len(made)]:
                title = traditional.converter().text(one.item.title) if language == TRADITIONAL else one.item.title
                made.append({"text": title, "address": one.address})
    except Refused:
        made = []
    except Unavailable as fault:
        logger.error("suggestions: %s", fault)
    return JsonResponse({"suggestions": made}, json_dumps_params={"ensure_ascii": False})


def _often_asked(read: asking.Asked, base: Question) -> list[str]:
    """Return texts that begin like the question, that readers ask often, and that still find something."""
    beginning = text.fold(read.typed)
    rows = AskedText.objects.filter(text__startswith=beginning, day__gte=today() - ASKED_SINCE, hits__gt=0)
    often = rows.values("text").annotate(sum=Sum("times")).filter(sum__gte=ASKED_OFTEN).order_by("-sum", "text")
    found = []
    for row in often.exclude(text=beginning)[:4]:
        again = asking.read(row["text"])
        if again and engine().search(replace(base, words=again.words, only_titles=False, limit=1)).total:
            found.append(row["text"])
    return found[:3]
