"""Runs deploy/crontab: what is due, one after the other, until asked to stop."""

import io
import logging
import signal
import threading
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, close_old_connections

from wangqun.base.moments import now
from wangqun.base.schedule import BadSchedule, Line, parse, tick

logger = logging.getLogger(__name__)
LONGEST_SLEEP = timedelta(seconds=20)
"""A clock set forward is noticed after this time."""


class Command(BaseCommand):
    help = "按 deploy/crontab 执行定时任务，直到收到停止信号；加 --once 只补做当前到期的任务。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="执行当前到期的任务后退出")
        parser.add_argument("--file", default="", help="另一份定时表")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"] or settings.BASE_DIR / "deploy" / "crontab")
        try:
            lines = parse(path.read_text(encoding="utf-8"))
        except (OSError, BadSchedule) as error:
            raise CommandError(f"定时表 {path} 不能用：{error}") from error
        if options["once"]:
            for line in tick(lines, self.run_line):
                self.stdout.write(f"已执行：{line.name}")
            return
        self.run_for_ever(lines)

    def run_for_ever(self, lines: list[Line]) -> None:
        """Run what is due and sleep until the next slot. A signal ends it after the command that is running."""
        is_stopping = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            is_stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        while not is_stopping.is_set():
            close_old_connections()
            try:
                tick(lines, self.run_line, may_go_on=lambda: not is_stopping.is_set())
            except OperationalError:
                logger.exception("定时任务：数据库暂时不可用，稍后再试")
            due_at = min(line.next_slot(now()) for line in lines)
            is_stopping.wait(max(0.05, min(due_at - now(), LONGEST_SLEEP).total_seconds()))

    def run_line(self, line: Line) -> None:
        """Run one command in this process, its remarks unheard: starting another would cost three seconds every minute."""
        call_command(line.command, *line.arguments, verbosity=0, stdout=io.StringIO())
