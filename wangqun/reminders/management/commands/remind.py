"""By the schedule, every working day before office hours: warnings, slips, escalations."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wangqun.base.errors import Refused
from wangqun.reminders.actions import remind


class Command(BaseCommand):
    help = "按提醒规则发出预警、提醒单并上报，可重复运行。"

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = remind()
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"预警 {done.warned} 项，第一次提醒 {done.first} 份，第二次提醒 {done.second} 份，上报 {done.escalated} 项。"
        )
