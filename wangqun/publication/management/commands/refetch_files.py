"""Fetches public pages from outside, as readers do, and compares them with what was released."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wangqun.publication.served import refetch


class Command(BaseCommand):
    help = "从外部取回公开页面（原样、gzip、br），与已发布的内容核对；已撤下的应返回 410。不符即报警。"

    def add_arguments(self, parser: CommandParser) -> None:
        amount = parser.add_mutually_exclusive_group()
        amount.add_argument("--sample", type=int, default=300, help="随机抽取的文件数")
        amount.add_argument("--all", action="store_true", help="全部文件")
        parser.add_argument("--host", default="", help="只核对此域名的网站")
        parser.add_argument("--base", default="", help="改向此地址取，如 http://127.0.0.1:8000；平时按各网站自己的域名")
        parser.add_argument("--rate", type=float, default=20.0, help="每秒最多几次请求")

    def handle(self, *args: Any, **options: Any) -> None:
        sample = 0 if options["all"] else max(1, options["sample"])
        asked, alarms = refetch(sample=sample, host=options["host"], base=options["base"], rate=options["rate"])
        for alarm in alarms:
            self.stderr.write(str(alarm))
        self.stdout.write(f"从外部核对 {asked} 个文件，不符 {sum(alarm.count for alarm in alarms)} 处。")
