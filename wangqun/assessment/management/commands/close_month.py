"""Freeze the ranking of a month, by the system itself."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wangqun.assessment.actions import close_month
from wangqun.base.errors import Refused
from wangqun.people.actions import system_user


class Command(BaseCommand):
    help = "将一个月的考核排名定稿，如：close_month 2026-03"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="年-月，如 2026-03")

    def handle(self, *args: Any, month: str, **options: Any) -> None:
        try:
            year, number = (int(part) for part in month.split("-"))
        except ValueError as problem:
            raise CommandError("月份请按“2026-03”的形式填写。") from problem
        try:
            ranking = close_month(year, number, by=system_user())
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{ranking}已定稿，{ranking.rows.count()} 个单位。")
