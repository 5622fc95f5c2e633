"""Start the clocks of columns that must tell readers of a change."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.columns.changes import raise_changes
from wangqun.people.actions import system_user


class Command(BaseCommand):
    help = "随时更新类栏目：机构、人员、联系方式有变动而栏目未更新的，开始计时；可重复执行。"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"开始计时的栏目 {raise_changes(by=system_user())} 个。")
