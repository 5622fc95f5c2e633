"""Keeps the index at the release records: a process of its own, which counts what readers ask and checks itself at night."""

import logging
import signal
import time
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections

from wangqun.base.moments import now
from wangqun.search import asked, follow
from wangqun.search.engine import Broken, Engine, Unavailable, engine

logger = logging.getLogger(__name__)
PAUSE = 0.2  # seconds between two looks
PAUSE_AFTER_FAULT = 5.0
COUNT_EVERY = 60.0  # seconds
CHECK_AT = 3  # o'clock


class Command(BaseCommand):
    """manage.py follow_releases [--once]"""

    help = "跟随发布备案更新检索库（常驻）；每分钟统计检索用语，每天凌晨核对检索库。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="读完现有的备案、统计一次后退出。")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        self.is_asked_to_stop = False
        found = engine()
        if once:
            while follow.step(found):
                pass
            asked.count()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._run(found)

    def _stop(self, *args: Any) -> None:
        self.is_asked_to_stop = True

    def _run(self, found: Engine) -> None:
        checked_on: date | None = None  # at the start too: what happened while nothing ran
        counted_at = 0.0
        while not self.is_asked_to_stop:
            try:
                done = follow.step(found)
                if not done and checked_on is None or (checked_on != now().date() and now().hour >= CHECK_AT):
                    follow.compare(found)
                    asked.forget()
                    checked_on = now().date()
                if time.monotonic() - counted_at >= COUNT_EVERY:
                    counted_at = time.monotonic()
                    asked.count()
                pause = 0.0 if done else PAUSE
            except Broken as fault:
                logger.error("the search index is broken and made afresh: %s", fault)
                follow.rebuild(found)
                pause = PAUSE_AFTER_FAULT
            except (Unavailable, Error, OSError) as fault:
                logger.error("search is not up to date, trying again: %s: %s", type(fault).__name__, fault)
                close_old_connections()
                pause = PAUSE_AFTER_FAULT
            time.sleep(pause)
