"""The log of what is asked: a line in a file at each question, counted into rows once a minute by the follower.

The page of results writes no row: it would wait for the database's one writer. A line holds day, site, scope, number of hits
and the text, nothing of the person. 依据：沪10(五)。
"""

import contextlib
import os
import re
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F

from wangqun.base.moments import today
from wangqun.screening.checks import privacy
from wangqun.screening.folding import fold as unmask
from wangqun.search import text
from wangqun.search.models import AskedText
from wangqun.websites.models import Website

LONGEST = 50
FOLDER = "asked"
KEPT = timedelta(days=730)
LINE = re.compile(r"(\d{4}-\d\d-\d\d)\t(\d{1,9})\t([01])\t(\d{1,9})\t(\S.{0,49})")
PERSONAL = [privacy.MOBILE, privacy.IDENTITY, privacy.OLD_IDENTITY, privacy.CARD, re.compile(r"\d[\d\s-]{5,}\d|\S@\S")]


def kept_form(typed: str) -> str:
    """Return the form in which a text is counted, "" for one that is not kept: too long, or like a person's number."""
    folded = " ".join(text.fold(text.INVISIBLE.sub("", typed)).split())
    if len(folded) > LONGEST:
        return ""
    plain = unmask(folded)
    if any(one.search(written) for one in PERSONAL for written in (plain.text, plain.digits, plain.tight.digits)):
        return ""
    return folded


def note(typed: str, *, website: Website, is_everywhere: bool, hits: int) -> None:
    """Write one line; a full disk or a missing folder never disturbs the answer."""
    kept = kept_form(typed)
    if not kept:
        return
    line = f"{today().isoformat()}\t{website.pk}\t{int(is_everywhere)}\t{hits}\t{kept}\n".encode()
    with contextlib.suppress(OSError):
        folder: Path = settings.SEARCH_ROOT / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "asked.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.write(descriptor, line)  # one call, one whole line
        finally:
            os.close(descriptor)


def count() -> int:
    """Count what was written until the last call into rows, each line once; returns how many lines.

    The log is set aside at each call and counted at the next one, so that nobody writes into it any more. Killed between
    commit and removal, a log set aside is counted again: a few questions too many, and no lock between readers.
    """
    folder: Path = settings.SEARCH_ROOT / FOLDER
    counted = 0
    for aside in sorted(folder.glob("aside-*.log")):
        counted += _count_file(aside)
        aside.unlink()
    with contextlib.suppress(FileNotFoundError):
        (folder / "asked.log").rename(folder / f"aside-{time.time_ns()}.log")
    return counted


@transaction.atomic
def _count_file(path: Path) -> int:
    Key = tuple[date, int, bool, str]
    times, empty, hits = Counter[Key](), Counter[Key](), dict[Key, int]()
    known = set(Website.objects.values_list("pk", flat=True))
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        found = LINE.fullmatch(line)
        if found and int(found[2]) in known:
            key = (date.fromisoformat(found[1]), int(found[2]), found[3] == "1", found[5])
            times[key] += 1
            empty[key] += found[4] == "0"
            hits[key] = int(found[4])
    for (day, website, is_everywhere, asked), number in times.items():
        row, _ = AskedText.objects.get_or_create(day=day, website_id=website, is_everywhere=is_everywhere, text=asked)
        key = (day, website, is_everywhere, asked)
        AskedText.objects.filter(pk=row.pk).update(
            times=F("times") + number, times_empty=F("times_empty") + empty[key], hits=hits[key]
        )
    return times.total()


def forget() -> int:
    """Remove the rows that are older than two years; returns how many."""
    return AskedText.objects.filter(day__lt=today() - KEPT).delete()[0]
