"""Says why a public file was made when it was, by which record, and from what."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from wangqun.publication.dependents import name_of
from wangqun.publication.models import File
from wangqun.publication.render import TRADITIONAL
from wangqun.websites.sources import of_every_page


class Command(BaseCommand):
    help = "说明一个公开文件为何、何时、依据哪条备案生成，用到了什么。例：explain_file http://portal.localhost/xwdt/"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="网址，或“域名/路径”")

    def handle(self, *args: Any, **options: Any) -> None:
        given = options["address"] if "//" in options["address"] else f"//{options['address']}"
        parts = urlsplit(given)
        path = unquote(parts.path).lstrip("/")
        files = File.objects.public().filter(tree__host=parts.hostname or "").select_related("page", "release", "tree__website")
        names = [path] if path and not path.endswith("/") else [f"{path}index.html", f"{path}gone.html"]
        row = files.filter(path__in=[*names, f"{path}/index.html", f"{path}/gone.html"]).order_by("path").first()
        if row is None:
            raise CommandError("没有这个公开文件，请检查网址。")
        origin = row
        if row.path.startswith(TRADITIONAL):
            origin = files.filter(path=row.path.removeprefix(TRADITIONAL)).first() or row
        self.stdout.write(f"文件：{row}")
        self.stdout.write(f"页面：{row.page_id} {row.page.title}")
        self.stdout.write(f"备案：{row.release or '无'}")
        self.stdout.write(f"生成：{timezone.localtime(row.built_at):%Y-%m-%d %H:%M:%S}，第 {row.run} 批，起因：{row.reason}")
        self.stdout.write(f"SHA-256：{row.sha256}，{row.size} 字节")
        keys = sorted(origin.sources.values_list("key", flat=True)) + sorted(of_every_page(row.tree.website))
        for key in keys:
            self.stdout.write(f"用到：{name_of(key)}（{key}）")
