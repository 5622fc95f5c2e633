"""Hand the clocks over to whom today's duty rows name, and stop or start those of sites that shut or opened."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.columns.actions import hand_over
from wangqun.people.actions import system_user


class Command(BaseCommand):
    help = "栏目责任交接：更新时限按当日的责任明细表归属责任单位，并随网站暂停、关闭、恢复而停止或重新起算；可重复执行。"

    def handle(self, *args: Any, **options: Any) -> None:
        changed = hand_over(by=system_user())
        self.stdout.write(f"调整了 {changed} 个时限。" if changed else "没有需要调整的时限。")
