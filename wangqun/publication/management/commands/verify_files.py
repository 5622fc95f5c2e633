"""Compares the public tree with its records, file by file."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.publication.actions import verify_files
from wangqun.publication.jobs import work_off


class Command(BaseCommand):
    help = "逐个核对公开文件的 SHA-256；被改动、缺失的重新生成，多出的删除，并报警。"

    def handle(self, *args: Any, **options: Any) -> None:
        alarms = verify_files()
        for alarm in alarms:
            self.stderr.write(str(alarm))
        work_off()
        self.stdout.write(f"核对完毕，发现并恢复 {len(alarms)} 处。")
