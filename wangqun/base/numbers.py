"""Numbers without gaps: given out inside the transaction that uses them, so a rollback takes them back."""

from django.db import connection, transaction
from django.db.models import F

from wangqun.base.models import NumberSeries


def next_number(register: str, year: int) -> int:
    """Return the next number of `register` in `year`, starting at 1.

    Must run inside a transaction: the series row stays locked until commit, so numbers have no gaps and no doubles.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("next_number needs a transaction: the number must roll back too")
    NumberSeries.objects.get_or_create(register=register, year=year)
    NumberSeries.objects.filter(register=register, year=year).update(last=F("last") + 1)
    return NumberSeries.objects.get(register=register, year=year).last
