"""Compares the index with what is public, and names the attachments that could not be read; changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from wangqun.search import attachments, follow
from wangqun.search.engine import Unavailable, engine


class Command(BaseCommand):
    """manage.py check_search"""

    help = "核对检索库与公开条目是否一致，列出读不出文字的附件。"

    def handle(self, *args: Any, **options: Any) -> None:
        for file, fault in attachments.faults(settings.SEARCH_ROOT / "texts"):
            self.stdout.write(f"附件读不出文字：{file}（{fault}）")
        try:
            wrong = follow.differences(engine())
        except Unavailable as fault:
            raise CommandError(str(fault)) from fault
        if wrong:
            raise CommandError(f"检索库有 {len(wrong)} 页与公开条目不符，如 {sorted(wrong)[:5]}；请执行 rebuild_search。")
        self.stdout.write("检索库与公开条目一致。")
