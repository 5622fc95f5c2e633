"""Writes the thresholds that clocks crossed, after counting afresh what a new calendar moved. Safe to run at any time."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.clocks.actions import recompute, sweep
from wangqun.people.actions import system_user


class Command(BaseCommand):
    """Recomputes, sweeps and says how much it found."""

    help = "按最新工作日历重新计算到期日，并登记预警和逾期；可反复运行。"

    def handle(self, *args: Any, **options: Any) -> None:
        system = system_user()
        moved = recompute(by=system)
        events = sweep(by=system)
        self.stdout.write(f"到期日变更{len(moved)}项，新登记预警和逾期{len(events)}项。")
