"""Live parts of static pages: pieces of HTML that site.js puts in place. The pages are whole without them.

At most three questions to the database (one more in traditional Chinese, for its protected names); what is not public at
the moment of the question is 404. Nothing is remembered of who asks.
"""

from datetime import timedelta
from functools import wraps
from typing import Any, Protocol

from django.core.cache import cache
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from wangqun.base.moments import today
from wangqun.columns.models import PublicItem
from wangqun.languages import traditional
from wangqun.languages.known import SIMPLIFIED, TRADITIONAL
from wangqun.publication.models import File
from wangqun.visits.addresses import LONGEST, files_of, split
from wangqun.visits.models import Visit
from wangqun.websites.answers import public, sites_asked

DAYS = 30  # for which the most read are counted
SHOWN, CONSIDERED = 8, 24  # entries
REMEMBERED = 300  # seconds: sums change when the log is counted, every five minutes


class Part(Protocol):
    """A view that is told the public item asked about and the language to answer in."""

    def __call__(self, request: HttpRequest, item: PublicItem, language: str) -> HttpResponse: ...


def part(view: Part) -> Any:
    """Find the public item that `?path=` names, answer in its language, convert what is in traditional Chinese."""

    @public
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        path = request.GET.get("path", "")
        if not path.startswith("/") or len(path) > LONGEST or not path.isprintable():
            raise Http404
        asked, of_page = split(request.path)[0], split(path)[0]
        language = of_page if asked == SIMPLIFIED else asked
        with translation.override("zh-hans" if language in {SIMPLIFIED, TRADITIONAL} else language):
            response = view(request, _item(request, path), language)
        if language == TRADITIONAL:
            response.content = traditional.convert(response.content, "text/html")
        return response

    return answer


def _item(request: HttpRequest, path: str) -> PublicItem:
    """Return what is public at `path` of the site asked; raises Http404 where nothing is, or no longer."""
    pages = File.objects.filter(tree__website__in=sites_asked(request), path__in=files_of(path)).values("page")
    item = PublicItem.objects.filter(page__in=pages, website__in=sites_asked(request)).select_related("website").first()
    if item is None:
        raise Http404
    return item


@part
def visits(request: HttpRequest, item: PublicItem, language: str) -> HttpResponse:
    """How often an article was read; on a home page, the whole site. 依据：沪18。"""
    is_site = item.kind == PublicItem.Kind.HOME
    if is_site:
        number = cache.get_or_set(f"visits-of-site-{item.website_id}", lambda: _total(website=item.website_id), REMEMBERED)
    else:
        number = _total(page=item.page_id)
    return render(request, "visits/live/visits.html", {"number": number, "is_site": is_site, "language": language})


def _total(**of: Any) -> int:
    return Visit.objects.filter(**of).aggregate(total=Sum("views"))["total"] or 0


@part
def related(request: HttpRequest, item: PublicItem, language: str) -> HttpResponse:
    """The articles of the same column that were read most in the last 30 days; empty where there are none."""
    ranking = cache.get_or_set(
        f"most-read-{item.column_id}-{today()}", lambda: _most_read(item.column_id) if item.column_id else [], REMEMBERED
    )
    written = SIMPLIFIED if language == TRADITIONAL else language
    items = PublicItem.objects.articles(written).filter(page_id__in=ranking, column=item.column_id)
    public_now = {found.page_id: found for found in items}
    others = [public_now[page] for page in ranking if page in public_now and page != item.page_id]
    return render(request, "visits/live/related.html", {"entries": others[:SHOWN], "language": language})


def _most_read(column: int) -> list[int]:
    """Return the pages of a column that were read most, the most read first."""
    rows = Visit.objects.between(today() - timedelta(days=DAYS - 1), today()).filter(column=column, views__gt=0)
    sums = rows.order_by().values("page").annotate(total=Sum("views")).order_by("-total", "-page")
    return [row["page"] for row in sums[:CONSIDERED]]
