"""Dates and numbers as Chinese official pages print them."""

from datetime import date, datetime

from django import template
from django.utils import timezone

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
def long_day(value: date | datetime | None) -> str:
    """2026年11月22日"""
    if value is None:
        return ""
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return f"{local.year}年{local.month}月{local.day}日"
