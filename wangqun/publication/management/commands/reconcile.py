"""Compares what is live in the database with the release records."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.publication.verification import reconcile


class Command(BaseCommand):
    help = "核对公开页面与发布备案，发现无备案而公开的即报警。"

    def handle(self, *args: Any, **options: Any) -> None:
        alarms = reconcile()
        for alarm in alarms:
            self.stderr.write(str(alarm))
        self.stdout.write(f"核对完毕，未消除的异常 {len(alarms)} 项。")
