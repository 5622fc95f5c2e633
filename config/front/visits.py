"""The log of visits: one line per page shown, without anything that tells who read it (ASM-5).

    <ISO time with zone> TAB host TAB path TAB status TAB robot (0|1) TAB host of the referrer, or -

Lines are gathered in memory and written by a thread, so that no answer waits for the disk. Several processes append
to one file. It is opened anew where it was renamed away.
"""

import contextlib
import os
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

EVERY = 0.5  # seconds between writings
LOOK_AGAIN = 5.0  # seconds for which the open file is believed to be the one of that name
BUNDLE = 500  # lines written at once; the thread that answers waits for no more than making these
MOST_WAITING = 200_000  # lines kept while the disk takes none; later ones are lost
BEIJING = timezone(timedelta(hours=8))


class Visits:
    """Gathers lines for `path`. `days_ahead` is the demonstration's clock."""

    def __init__(self, path: Path, *, days_ahead: int = 0) -> None:
        self.path, self.ahead = path, timedelta(days=days_ahead)
        self.waiting: list[str] = []
        self.rest = b""  # what the disk did not take of lines that were begun
        self._second, self._stamp = 0, ""
        self._descriptor, self._looked_at = -1, 0.0
        self._thread: threading.Thread | None = None
        self._writing = threading.Lock()
        self._stopped = threading.Event()

    def note(self, host: str, path: str, status: int, *, is_robot: bool, referrer: str) -> None:
        """Remember one visit; written within a second."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._stamp = (datetime.fromtimestamp(second, UTC) + self.ahead).astimezone(BEIJING).isoformat()
        if len(self.waiting) < MOST_WAITING:
            self.waiting.append(f"{self._stamp}\t{host}\t{path}\t{status}\t{'1' if is_robot else '0'}\t{referrer}\n")
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_on, name="visits", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write what waits and stop."""
        self._stopped.set()
        self.flush()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def flush(self) -> None:
        """Write what waits, a bundle of whole lines at a time; what the disk does not take waits for the next time."""
        with self._writing, contextlib.suppress(OSError):
            while self.waiting or self.rest:
                if not self.rest:
                    count = min(len(self.waiting), BUNDLE)  # more may be noted while this runs
                    self.rest = "".join(self.waiting[:count]).encode()
                    del self.waiting[:count]
                self._reopen()
                taken = os.write(self._descriptor, self.rest)
                self.rest = self.rest[taken:]
                if self.rest:
                    return

    def _reopen(self) -> None:
        """See to it that the descriptor is that of the file which now bears the name."""
        now = time.monotonic()
        if self._descriptor >= 0 and now - self._looked_at < LOOK_AGAIN:
            return
        self._looked_at = now
        with contextlib.suppress(FileNotFoundError):
            if self._descriptor >= 0 and os.path.samestat(os.stat(self.path), os.fstat(self._descriptor)):
                return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = opened

    def _write_on(self) -> None:
        while not self._stopped.wait(EVERY):
            self.flush()
