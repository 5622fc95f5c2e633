"""Forgets which files were ordered long ago; what stands in the tree keeps its own reason."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wangqun.publication.jobs import prune


class Command(BaseCommand):
    help = "清除早已完成的生成任务。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="保留的天数")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"已清除 {prune(days=options['days'])} 条。")
