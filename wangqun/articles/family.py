"""The same text in the languages in which it is public now."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Q

from wangqun.articles.models import ArticlePage
from wangqun.columns.models import PublicItem
from wangqun.languages.known import SIMPLIFIED


def addresses(page_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Return for each of these articles, sources or translations, where its text stands by language; in two queries.

    Traditional Chinese is not among them: it stands where simplified Chinese does.
    """
    members = ArticlePage.objects.filter(Q(pk__in=page_ids) | Q(translations__in=page_ids))
    source_of = {pk: source or pk for pk, source in members.values_list("pk", "translation_of_id")}
    related = ArticlePage.objects.filter(translation_of_id__in=set(source_of.values())).values_list("pk", "translation_of_id")
    source_of |= dict(related)
    found: dict[int, dict[str, str]] = defaultdict(dict)
    items = PublicItem.objects.filter(page_id__in=source_of).exclude(address__startswith="/zh-hant/")
    for page_id, language, address in items.order_by("pk").values_list("page_id", "language", "address"):
        found[source_of[page_id]][language] = address
    return {pk: found[source_of[pk]] for pk in page_ids if SIMPLIFIED in found.get(source_of.get(pk, 0), {})}
