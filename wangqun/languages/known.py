"""Which languages the sites are written in. Simplified Chinese is the source, traditional Chinese is converted from it,
the others (setting WANGQUN_LANGUAGES, English first) are written by people."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language, get_language_info

from wangqun.websites.pages import CHINESE as SIMPLIFIED

TRADITIONAL = "zh-Hant"
OWN_NAMES = {SIMPLIFIED: "简体", TRADITIONAL: "繁體"}
CHINESE_NAMES = {TRADITIONAL: "繁体中文", "en": "英文", "ja": "日文", "ko": "韩文", "ru": "俄文", "fr": "法文", "de": "德文"}


def written() -> list[str]:
    """Return the codes of the languages that people translate into, as in their addresses: ["en"]."""
    return list(settings.WANGQUN_LANGUAGES)


def own_name(language: str) -> str:
    """Return what a language calls itself: 简体, 繁體, English."""
    return OWN_NAMES.get(language) or get_language_info(language)["name_local"]


def chinese_name(language: str) -> str:
    """Return what editors call a language: 繁体中文, 英文."""
    return CHINESE_NAMES.get(language) or own_name(language)


def folder(language: str) -> str:
    """Return the first part of every address in a language: "" for simplified Chinese, "zh-hant", "en"."""
    return "" if language == SIMPLIFIED else language.lower()


@dataclass(frozen=True)
class Spoken:
    """The language that a page is being made in."""

    language: str

    @property
    def is_foreign(self) -> bool:
        return self.language != SIMPLIFIED

    @property
    def prefix(self) -> str:
        """What every address in this language begins with: "" or "/en"."""
        return f"/{self.language}" if self.is_foreign else ""

    @property
    def home(self) -> str:
        return self.prefix + "/"

    @property
    def search(self) -> str:
        return self.prefix + "/search/"


def spoken() -> Spoken:
    """Return the language of the page being made; both kinds of Chinese are one, until the text is converted."""
    language = get_language() or SIMPLIFIED
    return Spoken(language if language in written() else SIMPLIFIED)


def alternates(address: str, foreign: dict[str, str]) -> list[tuple[str, str]]:
    """Return (hreflang, address) for every language of a page that stands at `address` in simplified Chinese."""
    chinese = [(SIMPLIFIED, address), (TRADITIONAL, f"/{folder(TRADITIONAL)}{address}")]
    return [*chinese, *foreign.items(), ("x-default", address)]
