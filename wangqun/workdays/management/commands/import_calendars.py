"""Takes over the calendars of data/workdays. Safe to run at every start."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wangqun.base.errors import Refused
from wangqun.workdays.actions import import_files


class Command(BaseCommand):
    """Imports what is new, says what it did, refuses bad data naming every bad row."""

    help = "导入 data/workdays 中的国务院办公厅放假安排；可反复运行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=None, help="数据文件所在目录，默认为 data/workdays。")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changed = import_files(folder=options["folder"])
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        for year in changed:
            self.stdout.write(f"已导入{year.year}年放假安排（{year.source_number}）。")
        if not changed:
            self.stdout.write("工作日历已是最新。")
