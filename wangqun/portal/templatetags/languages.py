"""Tags for a page in its languages: the switch, the links for engines, names, how far a translation lags behind."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from wangqun.articles.family import addresses
from wangqun.articles.models import ArticlePage
from wangqun.columns.spoken import columns_by_language, languages_below
from wangqun.languages import names
from wangqun.languages.known import SIMPLIFIED, TRADITIONAL, Spoken, alternates, folder, own_name
from wangqun.languages.known import spoken as language_spoken
from wangqun.portal.translations import versions_behind
from wangqun.websites.models import Website

register = template.Library()


@dataclass(frozen=True)
class Choice:
    """One language of the switch."""

    language: str
    name: str
    address: str
    is_current: bool
    is_home: bool  # leads to the home page, since this page does not exist in it


@dataclass(frozen=True)
class Switch:
    """The languages of a page: what readers choose from, and what engines are told."""

    choices: list[Choice]
    alternates: list[tuple[str, str]]


@register.simple_tag
def spoken() -> Spoken:
    """Return the language that the page is being made in."""
    return language_spoken()


@register.simple_tag
def site_name(website: Website | None) -> str:
    """Return what the site is called in the language that the page is being made in."""
    return names.site_name(website) if website else ""


@register.simple_tag
def language_switch(website: Website, page: Any, address: str) -> Switch:
    """Return the languages of the page at `address`. Each stays on the same page; where that does not exist, a foreign one
    leads to its home, and where there is none, it is not offered."""
    now = language_spoken()
    held = columns_by_language(website)
    chinese = address.removeprefix(now.prefix)
    if isinstance(page, ArticlePage):
        known = addresses([page.pk]).get(page.pk, {}) if held else {}
        chinese = known.get(SIMPLIFIED, chinese)
        if page.language == TRADITIONAL:
            chinese = chinese.removeprefix(f"/{folder(TRADITIONAL)}")
        foreign = {language: place for language, place in known.items() if language != SIMPLIFIED}
    elif page is None or not hasattr(page, "public_path"):
        foreign = {language: f"/{language}{chinese}" for language in held}
    else:
        is_front = chinese == page.public_path
        foreign = {language: f"/{language}{chinese}" for language in languages_below(page, website) if is_front}
    if now.is_foreign:
        foreign[now.language] = address
    choices = [Choice(code, own_name(code), place, False, False) for code, place in alternates(chinese, {})[:2]]
    for language in dict.fromkeys([*held, *foreign]):
        choices.append(
            Choice(language, own_name(language), foreign.get(language, f"/{language}/"), False, language not in foreign)
        )
    current = now.language
    marked = [Choice(one.language, one.name, one.address, one.language == current, one.is_home) for one in choices]
    return Switch(marked, alternates(chinese, foreign))


@register.simple_tag
def behind(article: ArticlePage) -> int:
    """Return how many versions of its source came after the one that a translation was made from."""
    return versions_behind(article)


@register.filter
def in_chinese(text: str) -> str | SafeString:
    """Mark Chinese words on a foreign page as Chinese, so that they are read out and broken as such."""
    if not text or not language_spoken().is_foreign:
        return text
    return format_html('<span lang="{}">{}</span>', SIMPLIFIED, text)
