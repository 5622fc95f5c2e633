"""The verbs of notices: notify, read, read_all."""

import hashlib
from collections.abc import Iterable

from django.db import transaction

from wangqun.base.errors import Refused
from wangqun.base.moments import now
from wangqun.notifications.jobs import send_deliveries
from wangqun.notifications.models import Delivery, Notice
from wangqun.people.models import User

KEY_LENGTH = 100
"""Longest key that is stored as it is; a longer one is stored as its digest."""


@transaction.atomic
def notify(recipients: Iterable[User], *, topic: str, title: str, body: str = "", url: str = "", key: str) -> list[Notice]:
    """Tell `recipients` something once, in the inbox and by e-mail where they have an address; returns the new notices.

    `topic` groups notices (review, reminder, sharing …); `url` is the page of the back office where it is dealt with;
    `key` names the occasion: the same key never reaches the same person twice, so a repeated call is harmless.
    People who left and the system itself are skipped. E-mail leaves after commit; a rollback takes it back.
    依据：石15。
    """
    people = {user.pk: user for user in recipients if user.is_active and not user.is_system}
    keys = {_dedupe_key(key, user): user for user in people.values()}
    known = set(Notice.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    made, moment = [], now()
    for dedupe_key, user in keys.items():
        if dedupe_key in known:
            continue
        notice, is_new = Notice.objects.get_or_create(
            dedupe_key=dedupe_key,
            defaults={
                "recipient": user,
                "topic": topic,
                "title": _one_line(title),
                "body": body,
                "url": url,
                "created_at": moment,
            },
        )
        if is_new:
            made.append(notice)
    outside = [
        Delivery(notice=notice, channel=Delivery.Channel.EMAIL, address=notice.recipient.email, not_before=moment)
        for notice in made
        if notice.recipient.email
    ]
    if outside:
        Delivery.objects.bulk_create(outside)
        # Where the queue fails now, the schedule's send_notices finds the rows: they are the queue.
        transaction.on_commit(send_deliveries.enqueue, robust=True)
    return made


@transaction.atomic
def read(notice: Notice, *, by: User) -> Notice:
    """Mark a notice as read; a second time changes nothing. Raises Refused for somebody else's notice."""
    if notice.recipient_id != by.pk:
        raise Refused("这条通知不是发给您的，请回到自己的通知列表查看。")
    Notice.objects.unread().filter(pk=notice.pk).update(read_at=now())
    notice.refresh_from_db()
    return notice


@transaction.atomic
def read_all(*, by: User) -> int:
    """Mark everything in the inbox of `by` as read; returns how many were unread."""
    return Notice.objects.unread().filter(recipient=by).update(read_at=now())


def _dedupe_key(key: str, user: User) -> str:
    short = key if len(key) <= KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()
    return f"{short}:{user.pk}"


def _one_line(title: str) -> str:
    """A title is one line (it becomes the subject of a letter) and fits its column."""
    line = " ".join(title.split())
    return line if len(line) <= 255 else line[:254] + "…"
