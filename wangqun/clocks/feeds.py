"""The calendar of due days as iCalendar (RFC 5545). Pure: clocks in, octets out."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from wangqun.clocks.models import Clock
from wangqun.workdays.arithmetic import ONE_DAY

LINE = 75  # octets, without the line break: RFC 5545 section 3.1
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def escape(text: str) -> str:
    """Return `text` as a TEXT value: RFC 5545 section 3.3.11. Control characters are not allowed there."""
    plain = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """Return one content line with its breaks: at most 75 octets each, no character cut in two."""
    pieces, room = [b""], LINE
    for character in line:
        octets = character.encode()
        if len(pieces[-1]) + len(octets) > room:
            pieces.append(b"")
            room = LINE - 1  # the space that marks a continuation counts
        pieces[-1] += octets
    return b"\r\n ".join(pieces) + b"\r\n"


def render(clocks: Iterable[Clock], *, name: str, host: str, base_url: str, at: datetime) -> bytes:
    """Return the calendar: one all-day event for each clock on its due day.

    `host` makes the identifiers unique in the world, `base_url` turns a clock's address into a whole one, `at` is the
    moment of writing, local. A clock keeps its identifier through a round, so that a moved due day moves the event.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Wangqun//Clocks//ZH",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{escape(name)}",
    ]
    for clock in clocks:
        if clock.due_on is not None:
            lines += _event(clock, clock.due_on, at, host, base_url)
    lines.append("END:VCALENDAR")
    return b"".join(fold(line) for line in lines)


def _event(clock: Clock, due_on: date, at: datetime, host: str, base_url: str) -> list[str]:
    late = "（已逾期）" if due_on < at.date() else ""
    owner = clock.organisation.name if clock.organisation else ""
    parts = [
        f"责任单位：{owner}" if owner else "",
        f"网站：{clock.site}" if clock.site else "",
        f"依据：{clock.basis}" if clock.basis else "",
        "到期日为暂定，以国务院办公厅通知为准。" if clock.is_provisional else "",
    ]
    description = "\n".join(part for part in parts if part)
    return [
        "BEGIN:VEVENT",
        f"UID:clock-{clock.pk}-{clock.cycle}@{host}",
        f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{due_on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{due_on + ONE_DAY:%Y%m%d}",
        f"SUMMARY:{escape(f'{clock.name}到期{late}')}",
        f"DESCRIPTION:{escape(description)}",
        *([f"URL:{base_url}{CONTROLS.sub('', clock.url)}"] if clock.url.startswith("/") else []),
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]
