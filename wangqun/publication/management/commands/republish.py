"""Makes the files of every released page afresh."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wangqun.publication.actions import order_all
from wangqun.publication.jobs import work_off


class Command(BaseCommand):
    help = "重新生成全部（或一个网站的）公开文件。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="", help="只生成此域名的网站")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"已列入 {order_all(host=options['host'])} 个页面，正在生成……")
        self.stdout.write(f"已生成 {work_off()} 个页面的文件。")
