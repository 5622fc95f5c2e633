"""Makes the public files that are ordered and not made yet."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.publication.jobs import work_off


class Command(BaseCommand):
    help = "生成已备案而尚未写出的公开文件。"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"已生成 {work_off()} 个页面的文件。")
