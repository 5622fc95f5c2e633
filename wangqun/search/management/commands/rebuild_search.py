"""Makes the index afresh beside the one in use, and switches."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.search import follow
from wangqun.search.engine import engine


class Command(BaseCommand):
    """manage.py rebuild_search"""

    help = "重新建立检索库；建成前读者仍用旧的。"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"检索库已重新建立，共 {follow.rebuild(engine())} 篇。")
