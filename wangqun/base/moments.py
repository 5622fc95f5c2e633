"""The day and the moment, always aware and always in Asia/Shanghai."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def now() -> datetime:
    """Return this moment, aware, in local time."""
    return timezone.localtime()


def today() -> date:
    """Return the local calendar day."""
    return timezone.localdate()


def start_of(day: date) -> datetime:
    """Return 00:00 of `day`, local time."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """Return the moment at which `day` is over: 00:00 of the next day. A legal day ends at 24:00."""
    return start_of(day + timedelta(days=1))
