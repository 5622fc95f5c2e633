"""Says which public files a change would make again, before anybody makes it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from wagtail.models import Page

from wangqun.publication.dependents import files_of, impact, name_of, sources_of


class Command(BaseCommand):
    help = "说明一项改动将重新生成哪些公开文件。例：explain_change --page 12，explain_change website:3 navigation:3"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", nargs="*", help="起源，如 website:3、navigation:3、item:12、leading_group")
        parser.add_argument("--page", type=int, help="某一页面再次发布或撤下")
        parser.add_argument("--files", type=int, default=0, help="列出前若干个文件")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = set(options["source"])
        if options["page"]:
            page = Page.objects.filter(pk=options["page"]).first()
            if page is None:
                raise CommandError("没有这个页面，请检查编号。")
            keys |= sources_of(page)
        if not keys:
            raise CommandError("请用 --page 指明页面，或写明起源。")
        found = impact(*keys)
        for site, number in found.by_site.items():
            self.stdout.write(f"{site}：{number} 个文件")
        self.stdout.write(f"共 {found.total} 个文件{'，将分批在后台生成' if found.is_wide else ''}，另有各自的繁体版本。")
        for key in sorted(keys) if options["files"] else []:
            self.stdout.write(f"{name_of(key)}（{key}）：")
            for row in files_of(key).select_related("tree").order_by("pk")[: options["files"]]:
                self.stdout.write(f"  {row}")
