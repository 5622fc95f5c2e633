"""Keeps the manifest short and the disk clean: whole sheets in place of long chains, old files away, keys changed."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.db.models import Sum

from wangqun.audit.actions import record
from wangqun.base.moments import now
from wangqun.people.actions import system_user
from wangqun.publication import manifest, proof, verification
from wangqun.publication.models import Generation, Manifest

LONGEST = 100_000  # lines of changes after which a whole sheet is shorter to read
MOST_SHEETS = 5_000


@dataclass
class Done:
    """What one round of upkeep did; `faults` where it refused to sign what does not agree with the chain."""

    written: int = 0
    is_whole: bool = False
    removed: int = 0
    evidence: int = 0
    faults: list[proof.Fault] = field(default_factory=list)


def tidy(*, days: int, is_whole: bool = False, is_accepted: bool = False) -> Done:
    """Write missing files of sheets, a whole sheet where the chain is long, and forget what is older than `days` days.

    A whole sheet makes rows the truth, so none is written while rows and chain differ, unless people accept it.
    """
    done = Done(written=manifest.export())
    if is_whole or is_long():
        done.faults = [] if is_accepted else proof.faults()
        if not done.faults:
            done.is_whole = write_whole(is_accepted=is_accepted)
    done.removed = forget_sheets(days=days)
    done.evidence = verification.forget_evidence(days=days)
    return done


def is_long() -> bool:
    """Return whether the changes since the newest whole sheet are many."""
    whole = manifest.newest_whole()
    after = Manifest.objects.filter(number__gt=whole.number) if whole else Manifest.objects.all()
    return after.count() > MOST_SHEETS or (after.aggregate(lines=Sum("count"))["lines"] or 0) > LONGEST


@transaction.atomic
def write_whole(*, is_accepted: bool = False) -> bool:
    """Write a whole sheet of what the public sees; returns False where nothing is public yet."""
    generation = Generation.objects.select_for_update().filter(is_current=True).first()
    if generation is None:
        return False
    made = manifest.add_whole(generation)
    record("publication.sign", made, by=system_user(), data={"count": made.count, "is_accepted": is_accepted})
    transaction.on_commit(manifest.export)
    return True


@transaction.atomic
def change_key() -> Manifest:
    """Replace the signing key; the old one signs for the new. 依据：沪27。"""
    made = manifest.change_key()
    record("publication.change_key", made, by=system_user(), data={"signed_by": made.key_id})
    transaction.on_commit(manifest.export)
    return made


def forget_sheets(*, days: int) -> int:
    """Remove the files of sheets older than `days` days that lie before the newest whole one; their rows stay."""
    whole = manifest.newest_whole()
    if whole is None:
        return 0
    old = Manifest.objects.filter(number__lt=whole.number, at__lt=now() - timedelta(days=days))
    last = old.order_by("-number").values_list("number", flat=True).first() or 0
    removed = 0
    for place in manifest.sheet_place(1).parent.glob("*.json"):
        if place.stem.isdecimal() and int(place.stem) <= last:
            place.unlink(missing_ok=True)
            removed += 1
    return removed
