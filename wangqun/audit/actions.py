"""The only door into the log, and the check that nobody else came in."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.models import Max

from wangqun.audit.chain import FIELDS, digest
from wangqun.audit.models import ChainHead, Entry
from wangqun.base.middleware import current_address
from wangqun.base.moments import now

if TYPE_CHECKING:
    from wangqun.people.models import User


def record(
    verb: str, subject: models.Model | None, *, by: "User | None", data: dict[str, Any] | None = None, stream: str = "main"
) -> Entry:
    """Add one entry to the chain, in the caller's transaction.

    `verb` is "app.verb"; `subject` the row acted on; `by` the person (None for an act before anybody signed in);
    `data` plain JSON values. Call it last in an action: the stream stays locked until commit. 依据：石9、沪22。
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record needs the transaction of the act that it records")
    ChainHead.objects.get_or_create(stream=stream)
    head = ChainHead.objects.select_for_update().get(stream=stream)
    organisation = by.organisation if by is not None else None
    values: dict[str, Any] = {
        "stream": stream,
        "sequence": head.sequence + 1,
        "verb": verb,
        "actor_id": by.pk if by is not None else None,
        "actor_name": by.get_full_name() if by is not None else "",
        "actor_organisation": organisation.name if organisation else "",
        "address": current_address(),
        "subject_type": subject._meta.label_lower if subject is not None else "",
        "subject_id": str(subject.pk) if subject is not None else "",
        "subject_label": str(subject)[:255] if subject is not None else "",
        # As it will come back from the database: keys as text, dates as text. The digest is made of that.
        "data": json.loads(json.dumps(data or {}, cls=DjangoJSONEncoder)),
    }
    at = now()
    entry = Entry.objects.create(**values, at=at, previous_digest=head.digest, digest=digest(values, at, head.digest))
    head.sequence, head.digest = entry.sequence, entry.digest
    head.save(update_fields=["sequence", "digest"])
    return entry


@dataclass(frozen=True)
class Break:
    """The first place at which a chain does not hold."""

    stream: str
    sequence: int
    reason: str


def verify() -> Break | None:
    """Recompute every chain and return its first break, or None where all hold. Reads in steady memory.

    People may go on working meanwhile: each chain is checked up to where it ended when its turn came. 依据：石9、沪27。
    """
    for head in ChainHead.objects.order_by("stream"):
        if broken := _verify_stream(head):
            return broken
    stray = Entry.objects.exclude(stream__in=ChainHead.objects.values("stream")).order_by("stream", "sequence").first()
    return Break(stray.stream, stray.sequence, "此日志流没有链头") if stray else None


def _verify_stream(head: ChainHead) -> Break | None:
    """Return the first break of one stream, or None."""
    previous, sequence = "", 0
    entries = Entry.objects.filter(stream=head.stream, sequence__lte=head.sequence).order_by("sequence")
    for entry in entries.iterator(chunk_size=2000):
        sequence += 1
        if reason := _fault(entry, sequence, previous):
            return Break(head.stream, sequence, reason)
        previous = entry.digest
    if sequence != head.sequence:
        return Break(head.stream, sequence + 1, f"链头记有 {head.sequence} 条，实有 {sequence} 条")
    if previous != head.digest:
        return Break(head.stream, sequence, "与链头的摘要不符")
    # The order matters: a chain only grows, so a head read after its entries is never shorter than they are.
    last = Entry.objects.filter(stream=head.stream).aggregate(last=Max("sequence"))["last"] or 0
    end = ChainHead.objects.get(pk=head.pk).sequence
    return Break(head.stream, end + 1, "此条在链头之外") if last > end else None


def _fault(entry: Entry, sequence: int, previous: str) -> str:
    """Return why `entry` cannot be the one with this sequence after the digest `previous`; "" where it can."""
    if entry.sequence != sequence:
        return f"缺第 {sequence} 条"
    if entry.previous_digest != previous:
        return "与前一条的摘要不相接"
    if digest({name: getattr(entry, name) for name in FIELDS}, entry.at, previous) != entry.digest:
        return "内容与摘要不符"
    return ""
