"""Shows the files of the generation before again, with every release and withdrawal made since."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wangqun.base.errors import Refused
from wangqun.people.actions import system_user
from wangqun.publication.generations import rollback


class Command(BaseCommand):
    help = "退回上一版公开文件；此后的发布、更正和撤下仍然有效。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="退回上一版", help="记入日志的事由")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = rollback(by=system_user(), reason=options["reason"])
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"已退回，现用{made}。")
