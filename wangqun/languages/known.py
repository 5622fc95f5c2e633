"""Which languages the sites are written in. Simplified Chinese is the source, traditional Chinese is converted from it,
the others (setting WANGQUN_LANGUAGES, English first) are written by people."""

from django.conf import settings
from django.utils.translation import get_language_info

SIMPLIFIED, TRADITIONAL = "zh-Hans", "zh-Hant"
OWN_NAMES = {SIMPLIFIED: "简体", TRADITIONAL: "繁體"}


def written() -> list[str]:
    """Return the codes of the languages that people translate into, as in their addresses: ["en"]."""
    return list(settings.WANGQUN_LANGUAGES)


def name_of(language: str) -> str:
    """Return what a language calls itself: 简体, 繁體, English."""
    return OWN_NAMES.get(language) or get_language_info(language)["name_local"]


def folder(language: str) -> str:
    """Return the first part of every address in a language: "" for simplified Chinese, "zh-hant", "en"."""
    return "" if language == SIMPLIFIED else language.lower()


def choices() -> list[tuple[str, str]]:
    """Return the languages an article can be written in, with their names."""
    return [(code, name_of(code)) for code in (SIMPLIFIED, TRADITIONAL, *written())]
