"""Writes the configuration of nginx from the settings, and the list of sites from the registry."""

from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from wangqun.websites import nginx
from wangqun.websites.models import Website

MODULES = Path("/usr/lib/nginx/modules")


class Command(BaseCommand):
    help = "生成 nginx 的配置（写到标准输出）；加 --hosts 只按网站登记更新 nginx 读的网站清单。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hosts", action="store_true", help="只更新网站清单 <WANGQUN_DATA>/nginx/hosts.map")
        parser.add_argument("--certificate", default="", help="证书（含中间证书）的路径；不给则只用 http")
        parser.add_argument("--key", default="", help="私钥的路径")
        parser.add_argument("--upstream", default="unix:/run/wangqun/django.sock", help="程序监听的地址，如 127.0.0.1:8000")
        parser.add_argument("--listen", action="append", metavar="地址", help="http 监听的地址，可重复；默认 80 和 [::]:80")
        parser.add_argument("--listen-tls", action="append", metavar="地址", help="https 监听的地址，默认 443 和 [::]:443")
        parser.add_argument("--log-folder", default="/var/log/wangqun", help="访问日志所在的目录；给空值则不记")
        parser.add_argument(
            "--trusted-proxy", action="append", default=[], metavar="网段", help="前面的负载均衡或防护设备，由它说明读者的地址"
        )
        parser.add_argument("--admin-from", action="append", default=[], metavar="网段", help="只允许从这些网段打开后台")
        parser.add_argument(
            "--brotli",
            action=BooleanOptionalAction,
            default=(MODULES / nginx.BROTLI).exists(),
            help="nginx 有没有 brotli 模块；默认看本机装了没有",
        )
        parser.add_argument("--refuse-links", action="store_true", help="由 nginx 自己拒绝公开文件中的符号链接，速度约减半")
        parser.add_argument("--kept-files", type=int, default=20_000, help="每个 nginx 进程最多保持打开的文件数")

    def handle(self, *args: Any, **options: Any) -> None:
        hosts_file = Path(settings.DATA) / "nginx" / "hosts.map"
        if write_hosts(hosts_file):
            said = self.stdout if options["hosts"] else self.stderr  # the other one is for the configuration
            said.write(f"网站清单有变动，已写入 {hosts_file}，nginx 重新加载后生效。")
        if options["hosts"]:
            return
        visits_log = Path(settings.DATA) / "visits" / "access.log"
        visits_log.parent.mkdir(parents=True, exist_ok=True)
        folder = options["log_folder"].rstrip("/")
        defaults = nginx.Setup(settings.WANGQUN_DOMAIN, settings.ADMIN_HOST, Path(), Path(), hosts_file, visits_log)
        setup = nginx.Setup(
            domain=settings.WANGQUN_DOMAIN,
            admin_host=settings.ADMIN_HOST,
            release_root=Path(settings.RELEASE_ROOT),
            static_root=Path(settings.STATIC_ROOT),
            hosts_file=hosts_file,
            visits_log=visits_log,
            upstream=options["upstream"],
            public_scheme=settings.PUBLIC_SCHEME,
            certificate=options["certificate"],
            key=options["key"],
            strict_transport=settings.SECURE_HSTS_SECONDS,
            listen=tuple(options["listen"] or defaults.listen),
            listen_tls=tuple(options["listen_tls"] or defaults.listen_tls),
            access_log=f"{folder}/access.log" if folder else "",
            admin_log=f"{folder}/admin.log" if folder else "",
            trusted_proxies=tuple(options["trusted_proxy"]),
            admin_networks=tuple(options["admin_from"]),
            has_brotli=options["brotli"],
            refuses_links=options["refuse_links"],
            kept_files=options["kept_files"],
        )
        template = Path(settings.BASE_DIR) / "deploy" / "nginx" / "wangqun.conf.template"
        try:
            self.stdout.write(nginx.configuration(setup, template.read_text(encoding="utf-8")))
        except ValueError as error:
            raise CommandError(str(error)) from error


def write_hosts(target: Path) -> bool:
    """Put the list of sites in place if it changed; returns whether it did. Renamed, so nginx never reads half of it."""
    listed = nginx.hosts_map(Website.objects.filter(state__in=nginx.STATES).values_list("domain", "state"))
    if target.exists() and target.read_text(encoding="ascii") == listed:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".new")
    aside.write_text(listed, encoding="ascii")
    aside.replace(target)
    return True
