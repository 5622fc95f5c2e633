"""Watches the public tree and puts right, within seconds, what somebody else did to it, until asked to stop."""

import logging
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections

from wangqun.publication.watching import Watcher

logger = logging.getLogger(__name__)
TROUBLE = 5.0  # seconds before a new start when database or disk refuse


class Command(BaseCommand):
    help = "监视公开文件：改动、删除、添加的几秒内发现、恢复并报警；启动时全面核对一遍。"

    def handle(self, *args: Any, **options: Any) -> None:
        is_stopping = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            is_stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        while not is_stopping.is_set():
            close_old_connections()
            try:
                Watcher(self.stdout.write).run(lambda: not is_stopping.is_set())
            except (OperationalError, OSError):
                logger.exception("文件监视：数据库或磁盘暂时不可用，稍后重新开始")
                is_stopping.wait(TROUBLE)
