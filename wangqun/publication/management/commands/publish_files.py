"""The publisher: makes ordered files as soon as a release is committed, until asked to stop."""

import itertools
import logging
import signal
import threading
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections

from wangqun.publication.jobs import is_work_waiting, work_off

logger = logging.getLogger(__name__)
PAUSE = 0.1  # seconds between two looks when nothing waits
DISK = 50  # looks at the database for one at the links on the disk
LONGEST = 600.0  # seconds for which --once waits for other workers
TROUBLE = 5.0  # seconds before the next try when database or disk refuse


class Command(BaseCommand):
    help = "发布进程：稿件一经备案即生成公开文件，直到收到停止信号；加 --once 做完现有的就退出。"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="做完现有的任务后退出")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"已完成 {self.once()} 项生成任务。")
            return
        is_stopping = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            is_stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        for look in itertools.count():
            if is_stopping.is_set():
                return
            close_old_connections()
            pause = PAUSE
            try:
                work_off(may_go_on=lambda: not is_stopping.is_set(), looks_at_disk=look % DISK == 0)
            except (OperationalError, OSError):
                logger.exception("发布进程：数据库或磁盘暂时不可用，稍后再试")
                pause = TROUBLE
            is_stopping.wait(pause)

    def once(self) -> int:
        """Do what waits, and wait for what another worker has taken; returns how many orders were done here."""
        done, until = 0, time.monotonic() + LONGEST
        while is_work_waiting() and time.monotonic() < until:
            done += work_off()
            time.sleep(PAUSE)
        return done
