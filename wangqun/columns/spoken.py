"""In which foreign languages a site and its columns have anything to show."""

from wagtail.models import Page

from wangqun.columns.models import PublicItem
from wangqun.languages.known import written
from wangqun.websites.models import Website
from wangqun.websites.sources import read_once, uses


def columns_by_language(website: Website) -> dict[str, list[str]]:
    """Return for each foreign language the tree paths of the columns that hold articles in it; {"en": […]}.

    Every page of a site shows in its switch which languages there are; so this is noted as its navigation.
    """
    uses(f"navigation:{website.pk}")
    return read_once(f"spoken:{website.pk}", lambda: _read(website))


def _read(website: Website) -> dict[str, list[str]]:
    articles = PublicItem.objects.filter(website=website, kind=PublicItem.Kind.ARTICLE, language__in=written())
    found: dict[str, list[str]] = {}
    for language, path in articles.order_by().values_list("language", "column__path").distinct():
        found.setdefault(language, []).append(path)
    return {language: sorted(found[language]) for language in written() if language in found}


def languages_below(page: Page, website: Website) -> list[str]:
    """Return the foreign languages that a column or home page has articles in, its own or those of columns below it."""
    held = columns_by_language(website)
    return [language for language, paths in held.items() if any(path.startswith(page.path) for path in paths)]
