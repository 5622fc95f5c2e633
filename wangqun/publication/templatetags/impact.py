"""What a change will touch, told before anybody makes it."""

from collections.abc import Iterable
from typing import Any

from django import template

from wangqun.publication import dependents
from wangqun.websites.models import Website

register = template.Library()


@register.inclusion_tag("components/impact.html")
def impact(sources: Iterable[str]) -> dict[str, Any]:
    """Show how many files of which sites show one of `sources`."""
    return {"impact": dependents.impact(*sources)}


@register.inclusion_tag("components/impact.html")
def impact_of_registration(website: Website) -> dict[str, Any]:
    """Show what a changed entry of the registry touches."""
    return {"impact": dependents.impact(f"website:{website.pk}")}
