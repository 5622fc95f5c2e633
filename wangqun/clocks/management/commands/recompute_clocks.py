"""Counts every running clock afresh; to be run after import_calendars. Safe to run at any time."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.clocks.actions import recompute
from wangqun.people.actions import system_user


class Command(BaseCommand):
    """Recomputes and names the clocks that moved."""

    help = "工作日历变更后，重新计算运行中的时限；可反复运行。"

    def handle(self, *args: Any, **options: Any) -> None:
        moved = recompute(by=system_user())
        for clock in moved:
            self.stdout.write(f"“{clock}”改为{clock.due_on}到期。")
        if not moved:
            self.stdout.write("到期日没有变化。")
