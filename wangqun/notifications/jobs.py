"""Sends what waits in the outbox. Safe to run twice, at once, and after a kill: rows are leased, not locked."""

import logging
import smtplib
from datetime import timedelta

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q, QuerySet
from django_tasks import task

from wangqun.base.moments import now
from wangqun.notifications.channels import email
from wangqun.notifications.models import Delivery

logger = logging.getLogger(__name__)

BACK_OFF = (1, 5, 30, 120)
"""Minutes from a failed attempt to the next; when these are used up the delivery has failed."""
MAXIMUM_ATTEMPTS = len(BACK_OFF) + 1
LEASE = timedelta(minutes=5)
"""How long a row belongs to a worker. Longer than the slowest answer of a mail server (EMAIL_TIMEOUT), by far."""
BATCH = 200


@task()
def send_deliveries() -> dict[str, int]:
    """Send every delivery that is due, one by one, each in its own writes; returns how many were sent and how many not.

    Stops at the first one where the mail server cannot be reached at all; the schedule comes again in a minute.
    """
    counts = {"sent": 0, "not_sent": 0}
    connection = get_connection()
    try:
        for number in _due().values_list("pk", flat=True)[:BATCH]:
            delivery = _lease(number)
            if delivery is None:
                continue
            try:
                connection.open()
            except (OSError, smtplib.SMTPException) as error:
                _note_failure(delivery, error)
                counts["not_sent"] += 1
                break
            counts["sent" if _send(delivery, connection) else "not_sent"] += 1
    finally:
        _close(connection)
    return counts


def _due() -> QuerySet[Delivery]:
    """Those whose time has come and that no living worker holds; a killed worker's lease runs out."""
    moment = now()
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lt=moment)
    return Delivery.objects.filter(is_free, state=Delivery.State.WAITING, not_before__lte=moment).order_by("not_before", "pk")


def _lease(number: int) -> Delivery | None:
    """Take a row for this worker by one conditional update; None where another one was faster.

    Taking it counts as an attempt, so a row that kills its worker each time comes to an end too.
    """
    if not _due().filter(pk=number).order_by().update(leased_until=now() + LEASE, attempts=F("attempts") + 1):
        return None
    delivery = Delivery.objects.select_related("notice__recipient").get(pk=number)
    if delivery.attempts > MAXIMUM_ATTEMPTS:
        _settle(delivery, state=Delivery.State.FAILED, last_error="发送中多次中断，未能确认是否发出。")
        return None
    return delivery


def _send(delivery: Delivery, connection: BaseEmailBackend) -> bool:
    try:
        email.send(delivery, connection)
    except Exception as error:
        # Whatever one letter's failure is, it must neither stop the others nor leave the row without a word.
        logger.warning("Delivery %s failed: %s", delivery.pk, error)
        _note_failure(delivery, error)
        _close(connection)  # after an error the conversation with the server is in no known state
        return False
    _settle(delivery, state=Delivery.State.SENT, sent_at=now(), last_error="")
    return True


def _note_failure(delivery: Delivery, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"[:255]
    if delivery.attempts >= MAXIMUM_ATTEMPTS:
        logger.error("Delivery %s given up after %s attempts: %s", delivery.pk, delivery.attempts, reason)
        _settle(delivery, state=Delivery.State.FAILED, last_error=reason)
        return
    wait = timedelta(minutes=BACK_OFF[delivery.attempts - 1])
    _settle(delivery, state=Delivery.State.WAITING, not_before=now() + wait, last_error=reason)


def _settle(delivery: Delivery, **changes: object) -> None:
    """Write the outcome, but only where the lease is still this worker's."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING, leased_until=delivery.leased_until)
    mine.update(leased_until=None, **changes)


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        logger.debug("The mail server hung up first.")
