"""Addresses of articles: ASCII, given once, never from the title, so that correcting a title moves nothing."""

from django.db import transaction

from wangqun.base.moments import today
from wangqun.base.numbers import next_number


@transaction.atomic
def next_slug() -> str:
    """Return the next address part, e.g. t20260312_0042: the day it was first saved and a running number of the year."""
    day = today()
    return f"t{day:%Y%m%d}_{next_number('article', day.year):04d}"
