"""Makes the files of every released page afresh beside the old ones, and switches to them at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wangqun.base.errors import Refused
from wangqun.people.actions import system_user
from wangqun.publication.generations import republish
from wangqun.websites.models import Website


class Command(BaseCommand):
    help = "重新生成全部（或一个网站的）公开文件，完成后一次切换；切换前读者所见不变。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="", help="只生成此域名的网站")
        parser.add_argument("--processes", type=int, default=1, help="同时生成的进程数")
        parser.add_argument("--reason", default="重新生成", help="记入日志的事由")

    def handle(self, *args: Any, **options: Any) -> None:
        websites = Website.objects.filter(site__isnull=False)
        if options["host"]:
            websites = websites.filter(domain=options["host"])
            if not websites.exists():
                raise CommandError(f"没有域名为 {options['host']} 的网站，请查看网站登记中的域名。")
        try:
            made = republish(
                list(websites), by=system_user(), reason=options["reason"], processes=max(1, options["processes"]), say=self.say
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"现用{made}，如有问题可执行 rollback 退回。")

    def say(self, text: str) -> None:
        self.stdout.write(text)
