"""The one verb: read the server's log and add up. 依据：石26、沪18。"""

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import transaction

from wangqun.base.moments import now
from wangqun.publication.models import File
from wangqun.visits import log
from wangqun.visits.addresses import LONGEST, files_of, split
from wangqun.visits.models import Counting, LogFile, Referrer, Visit
from wangqun.visits.places import AT_ONCE, columns_of, parts
from wangqun.websites.models import Website

logger = logging.getLogger(__name__)
MOST_REFERRERS = 50  # named hosts kept per site and day
KEPT = timedelta(days=30)  # for which it is remembered that a deleted file was counted


@dataclass
class Counted:
    """What a run did."""

    views: int = 0
    robot_views: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        return self.views + self.robot_views + self.skipped.total()


@dataclass
class Sums:
    """What the lines of one piece come to, before it is known which pages they speak of."""

    visits: Counter[tuple[date, str, str, bool]] = field(default_factory=Counter)  # day, host, path, is_robot
    referrers: Counter[tuple[date, str, str]] = field(default_factory=Counter)  # day, host, host of the referrer
    skipped: Counter[str] = field(default_factory=Counter)
    lines: int = 0


def count_visits() -> Counted:
    """Count every line of the log that was not counted yet, exactly once, and delete files that are done with.

    May be killed at any point and run twice at once: the sums and how far the file was read are one transaction.
    Only whole sentences of the log are trusted: wrong lines, unknown hosts and addresses are skipped and counted as such.
    """
    total = Counted()
    if log.folder().is_dir():
        log.rotate()
        moment = log.disk_time()
        files = log.rotated()
        for file in files:
            while (piece := _count_piece(file, moment)) is not None:
                total.views += piece.views
                total.robot_views += piece.robot_views
                total.skipped += piece.skipped
        for file in files[:-1]:  # the newest stays: whoever has seen no reader since may still hold it open
            _remove(file, moment)
    _finish()
    if total.skipped:
        logger.info("略过 %s 行：%s", total.skipped.total(), dict(total.skipped))
    return total


@transaction.atomic
def _count_piece(file: Path, moment: float) -> Counted | None:
    """Count the next piece of a file; returns None where there is none."""
    _only_one()
    held, _ = LogFile.objects.get_or_create(name=file.name)
    try:
        piece = b"" if held.removed_at else log.read(file, held.offset, is_final=log.rests(file, moment))
    except FileNotFoundError:  # the other run deleted it
        piece = b""
    if not piece:
        return None
    sums = _sum(piece, now())
    counted = _add(sums)
    held.offset += len(piece)
    held.lines += sums.lines
    held.skipped = dict(Counter(held.skipped) + counted.skipped)
    held.counted_at = now()
    held.save()
    return counted


def _only_one() -> Counting:
    """Wait until no other process counts; others wait until this transaction ends."""
    return Counting.objects.select_for_update().get_or_create(pk=1)[0]


def _sum(piece: bytes, moment: datetime) -> Sums:
    """Return what the lines of a piece come to."""
    sums = Sums()
    for line in piece.removesuffix(b"\n").split(b"\n"):
        sums.lines += 1
        try:
            visit = log.parse(line, moment)
        except log.BadLine as why:
            sums.skipped[str(why)] += 1
            continue
        sums.visits[visit.day, visit.host, visit.path, visit.is_robot] += 1
        if visit.referrer is not None and not visit.is_robot:
            sums.referrers[visit.day, visit.host, visit.referrer] += 1
    return sums


def _add(sums: Sums) -> Counted:
    """Add the sums of known pages of known sites to the tables."""
    counted = Counted(skipped=sums.skipped)
    websites = {website.domain.lower(): website for website in Website.objects.only("pk", "domain")}
    pages = _pages({(host, path) for _, host, path, _ in sums.visits if host in websites})
    columns = columns_of(set(pages.values()))
    found: dict[tuple[date, int, str], Visit] = {}
    for (day, host, path, is_robot), number in sums.visits.items():
        page = pages.get((host, path))
        if page is None:
            counted.skipped["没有这个页面" if host in websites else "没有这个网站"] += number
            continue
        language = split(path)[0]
        blank = Visit(day=day, website=websites[host], column_id=columns.get(page), page_id=page, language=language)
        visit = found.setdefault((day, page, language), blank)
        visit.robot_views += number if is_robot else 0
        visit.views += 0 if is_robot else number
        counted.robot_views += number if is_robot else 0
        counted.views += 0 if is_robot else number
    _add_visits(found)
    _add_referrers(sums, websites)
    return counted


def _add_visits(found: dict[tuple[date, int, str], Visit]) -> None:
    """Write the new totals; nobody else does meanwhile."""
    for part in parts(found.values()):
        held = Visit.objects.filter(day__in={visit.day for visit in part}, page__in={visit.page_id for visit in part})
        for before in held:
            if visit := found.get((before.day, before.page_id, before.language)):
                visit.views += before.views
                visit.robot_views += before.robot_views
        Visit.objects.bulk_create(
            part, update_conflicts=True, unique_fields=["day", "page", "language"], update_fields=["views", "robot_views"]
        )


def _add_referrers(sums: Sums, websites: dict[str, Website]) -> None:
    """Keep the most frequent hosts of each site and day by name; the others, however many, are one row."""
    days: dict[tuple[date, int], Counter[str]] = defaultdict(Counter)
    for (day, host, referrer), number in sums.referrers.items():
        if host in websites:
            days[day, websites[host].pk][referrer] += number
    held = Referrer.objects.filter(day__in={day for day, _ in days}, website__in={website for _, website in days})
    for row in held:
        if (row.day, row.website_id) in days:
            days[row.day, row.website_id][row.host] += row.views
    rows = []
    for (day, website), hosts in days.items():
        others = hosts.pop(log.OTHER, 0)
        kept = dict(sorted(hosts.items(), key=lambda item: (-item[1], item[0]))[:MOST_REFERRERS])
        others += hosts.total() - sum(kept.values())
        Referrer.objects.filter(day=day, website=website).exclude(host__in=[*kept, log.OTHER]).delete()
        rows += [Referrer(day=day, website_id=website, host=host, views=views) for host, views in kept.items()]
        rows += [Referrer(day=day, website_id=website, host=log.OTHER, views=others)] if others else []
    Referrer.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["day", "website", "host"], update_fields=["views"], batch_size=AT_ONCE
    )


def _pages(addresses: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the page behind each (host, path); unknown ones are left out."""
    wanted = {address: files_of(address[1]) for address in addresses if len(address[1]) <= LONGEST}
    names = {file for files in wanted.values() for file in files}
    hosts = {host for host, _ in wanted}
    known: dict[tuple[str, str], int] = {}
    for part in parts(names):
        rows = File.objects.filter(tree__host__in=hosts, path__in=part).values_list("tree__host", "path", "page_id")
        known |= {(host, path): page for host, path, page in rows}
    return {
        (host, path): page
        for (host, path), files in wanted.items()
        if (page := next((known[host, file] for file in files if (host, file) in known), None)) is not None
    }


def _remove(file: Path, moment: float) -> None:
    """Delete a file that is counted to its end and that nobody writes to any more.

    That it is gone is written first: a run killed in between deletes it the next time and never counts it again.
    """
    with transaction.atomic():
        _only_one()
        held = LogFile.objects.filter(name=file.name).first()
        if held is None or not file.exists():
            return
        if held.removed_at is None:
            if not log.rests(file, moment) or file.stat().st_size > held.offset:
                return
            held.removed_at = now()
            held.save(update_fields=["removed_at"])
    file.unlink(missing_ok=True)


@transaction.atomic
def _finish() -> None:
    """Note when this run ended, and forget files that are long gone."""
    state = _only_one()
    state.counted_at = now()
    state.save(update_fields=["counted_at"])
    there = {file.name for file in log.rotated()}
    LogFile.objects.filter(removed_at__lt=now() - KEPT).exclude(name__in=there).delete()
