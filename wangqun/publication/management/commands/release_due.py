"""Releases the texts whose moment has come, and withdraws those whose time is over."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.publication.scheduling import release_due


class Command(BaseCommand):
    help = "发布到时的稿件（先按现行规则复核），撤下到期的稿件。"

    def handle(self, *args: Any, **options: Any) -> None:
        done = release_due()
        self.stdout.write(f"按时发布 {done.released} 篇，未通过复核 {done.refused} 篇，到期下线 {done.expired} 篇。")
