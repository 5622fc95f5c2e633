"""Compares the public tree with its records, file by file, and the manifest with both."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wangqun.publication.jobs import work_off
from wangqun.publication.verification import close_restored, verify


class Command(BaseCommand):
    help = "逐个核对公开文件及其压缩副本的 SHA-256，核对文件清单；改动、缺失的恢复，多出的移走，并报警。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--processes", type=int, default=2, help="同时核对的进程数")

    def handle(self, *args: Any, **options: Any) -> None:
        alarms = verify(processes=options["processes"])
        for alarm in alarms:
            self.stderr.write(str(alarm))
        work_off()
        close_restored()
        self.stdout.write(f"核对完毕，发现并恢复 {sum(alarm.count for alarm in alarms)} 处。")
