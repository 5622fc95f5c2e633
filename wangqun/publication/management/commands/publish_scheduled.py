"""Stands in the place of Wagtail's command of this name, which would publish without asking anything again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "不用：定时发布和到期下线由 release_due 办理。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dryrun", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError("本系统的定时发布和到期下线由 release_due 办理，不使用此命令。")
