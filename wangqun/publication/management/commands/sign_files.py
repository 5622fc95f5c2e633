"""Keeps the manifest in order: files of its sheets, a fresh whole sheet now and then, what is old; changes the key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wangqun.publication import manifest, upkeep


class Command(BaseCommand):
    help = "整理文件清单：补写清单文件，变动多时重写一页完整的清单，清除过期的清单和留存；也用于更换签名密钥。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=90, help="清单文件和留存证据保留的天数")
        parser.add_argument("--whole", action="store_true", help="立即写一页完整的清单")
        parser.add_argument("--accept", action="store_true", help="数据库与清单不符时仍写；须先查明原因")
        parser.add_argument("--change-key", action="store_true", help="更换签名密钥")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["change_key"]:
            upkeep.change_key()
            self.stdout.write(f"已更换密钥，新公钥：{manifest.public_place()}")
            return
        done = upkeep.tidy(days=options["days"], is_whole=options["whole"], is_accepted=options["accept"])
        if done.faults:
            raise CommandError(f"数据库与清单有 {len(done.faults)} 处不符，没有重写；查明后加 --accept。")
        said = "，重写了完整的清单" if done.is_whole else ""
        self.stdout.write(f"补写 {done.written} 页{said}，清除 {done.removed} 页旧清单、{done.evidence} 天的留存。")
