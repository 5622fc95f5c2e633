"""Dates and numbers as Chinese official pages print them."""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

register = template.Library()


@register.filter
def day(value: date | datetime | None) -> str:
    """2026-11-22"""
    if value is None:
        return ""
    return (timezone.localtime(value) if isinstance(value, datetime) else value).strftime("%Y-%m-%d")


@register.filter
def minute(value: datetime | None) -> str:
    """2026-11-22 09:05, the form that the page tag PubDate demands."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


@register.filter
def day_in_words(value: date | datetime | None) -> str:
    """2026-11-22; on a page in another language as that writes it: 22 November 2026."""
    return day(value) if is_chinese() or value is None else _written(value, "j F Y")


@register.filter
def minute_in_words(value: datetime | None) -> str:
    """2026-11-22 09:05; on a page in another language as that writes it: 22 November 2026, 09:05."""
    return minute(value) if is_chinese() or value is None else _written(value, "j F Y, H:i")


def is_chinese() -> bool:
    """Return whether the page being made speaks Chinese."""
    return (get_language() or "zh").startswith("zh")


def _written(value: date | datetime, form: str) -> str:
    return date_format(timezone.localtime(value) if isinstance(value, datetime) else value, form)


@register.filter
def long_day(value: date | datetime | None) -> str:
    """2026年11月22日"""
    if value is None:
        return ""
    if not is_chinese():
        return _written(value, "j F Y")
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return f"{local.year}年{local.month}月{local.day}日"


@register.filter
def grouped(value: int | None) -> str:
    """1,234"""
    return "" if value is None else f"{value:,}"
