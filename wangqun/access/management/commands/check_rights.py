"""The nightly check that what people can do is what the archive says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wangqun.access.actions import check


class Command(BaseCommand):
    help = "权限到期生效或失效，再核对实际权限与权限档案；有不符则告警并以退出码 1 结束，不自动修正。"

    def handle(self, *args: Any, **options: Any) -> None:
        found = check()
        for item in found:
            self.stderr.write(str(item))
        if found:
            raise CommandError(f"实际权限与权限档案有 {len(found)} 处不符。", returncode=1)
        self.stdout.write("实际权限与权限档案相符。")
