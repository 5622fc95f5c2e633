"""Checks the log's chains."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wangqun.audit.actions import verify
from wangqun.audit.models import Entry


class Command(BaseCommand):
    help = "校验操作日志：逐条重算摘要，报告第一条不符的记录。"

    def handle(self, *args: Any, **options: Any) -> None:
        if broken := verify():
            raise CommandError(f"操作日志 {broken.stream} 第 {broken.sequence} 条不符：{broken.reason}。")
        self.stdout.write(f"操作日志完好，共 {Entry.objects.count()} 条。")
