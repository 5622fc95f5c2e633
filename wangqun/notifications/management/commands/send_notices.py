"""Every minute by the schedule: sends what waits in the outbox, also what a killed worker left behind."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.notifications.jobs import send_deliveries


class Command(BaseCommand):
    help = "发送到期的外发通知（电子邮件），可重复运行。"

    def handle(self, *args: Any, **options: Any) -> None:
        counts = send_deliveries.call()
        self.stdout.write(f"已发 {counts['sent']} 条，未发出 {counts['not_sent']} 条。")
