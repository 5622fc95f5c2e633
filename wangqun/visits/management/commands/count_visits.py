"""By the schedule, every five minutes: the log of visits becomes sums."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.visits.actions import count_visits


class Command(BaseCommand):
    help = "把访问日志计入访问统计，每行只计一次，可重复运行。"

    def handle(self, *args: Any, **options: Any) -> None:
        done = count_visits()
        self.stdout.write(f"浏览 {done.views} 次，机器人访问 {done.robot_views} 次，略过 {done.skipped.total()} 行。")
