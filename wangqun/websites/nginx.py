"""The configuration of nginx, made from deploy/nginx/wangqun.conf.template. Pure: knows neither database nor settings.

What nginx answers is what config/front.py answers; tests/test_nginx.py holds the two together. 依据：沪18、沪27。
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from django.template import Context, Engine

BROTLI = "ngx_http_brotli_static_module.so"
"""Debian: libnginx-mod-http-brotli-static."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PROTECTION = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SHOWN = {
    "html": "text/html", "css": "text/css", "js": "text/javascript", "mjs": "text/javascript", "txt": "text/plain",
    "xml": "application/xml", "rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/json",
    "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "ico": "image/x-icon", "woff2": "font/woff2", "woff": "font/woff",
    "pdf": "application/pdf", "webmanifest": "application/manifest+json",
}  # fmt: skip
"""What a browser may show. Any other kind of file is handed over to be saved."""
SAVED = {
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "zip": "application/zip",
}  # fmt: skip
TEXTUAL = (
    "text/",
    "application/xml",
    "application/rss",
    "application/atom",
    "application/json",
    "image/svg",
    "application/manifest",
)
ROBOTS = (
    r"(?<!cu)bot\b|bot[/_;-]|crawl|spider|slurp|scrap|archiver|monitor|probe|validator|lighthouse|headless|feedfetcher"
    r"|curl|wget|python|java/|go-http|okhttp|httpclient|facebookexternalhit|bingpreview"
)
TLS = (
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
    "ssl_prefer_server_ciphers off;",
    "ssl_session_cache shared:wangqun:10m;",
    "ssl_session_timeout 1d;",
    "ssl_session_tickets off;",
)
"""Of all servers at a port the first one decides which versions are spoken, so each says it."""
BAD_REQUEST, NOT_FOUND = "地址的写法不对，请检查后再试。", "没有这个文件。"
MISDIRECTED, NOT_ALLOWED = "本机没有这个网站。", "这个地址只能读取。"
SUSPENDED, CLOSED = "本网站已暂停服务，恢复时间请留意主办单位的公告。", "本网站已关闭。"
NOT_SATISFIABLE = "没有所要的这一段。"
TOO_MANY, TOO_LARGE = "操作过于频繁，请稍等片刻再试。", "提交的内容太大，请减小后再试。"
AWAY = "这项服务正在维护，请稍后再试；已公开的页面不受影响。"
STATES = ("open", "suspended", "closed")
HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
ADDRESS = re.compile(r"unix:/[\w./-]+|[A-Za-z0-9.:\[\]_-]+")
PATH = re.compile(r"/[\w./+-]*")


@dataclass(frozen=True)
class Setup:
    """One nginx in front of one installation. Without a certificate it speaks plain HTTP: inner networks, tests."""

    domain: str
    admin_host: str
    release_root: Path
    static_root: Path
    hosts_file: Path
    visits_log: Path
    languages: tuple[str, ...] = ("zh-hant", "en")
    upstream: str = "unix:/run/wangqun/django.sock"
    public_scheme: str = "https"
    certificate: str = ""
    key: str = ""
    strict_transport: int = 0  # seconds of HSTS, 0 for none
    listen: tuple[str, ...] = ("80", "[::]:80")
    listen_tls: tuple[str, ...] = ("443", "[::]:443")
    access_log: str = ""  # "" for none
    admin_log: str = ""
    trusted_proxies: tuple[str, ...] = ()
    admin_networks: tuple[str, ...] = ()
    has_brotli: bool = False
    refuses_links: bool = False  # nginx itself refuses symbolic links in the tree; costs it half of its speed
    kept_files: int = 20_000  # files that each nginx process keeps open

    def faults(self) -> list[str]:
        """Return what cannot stand in a configuration, as sentences; an empty list where all is well."""
        found = [
            f"主机名“{name}”的写法不对。"
            for name in (self.domain, self.admin_host, *self.languages)
            if not HOST.fullmatch(name)
        ]
        found += [
            f"地址“{address}”的写法不对。"
            for address in (self.upstream, *self.listen, *self.listen_tls)
            if not ADDRESS.fullmatch(address)
        ]
        paths = [self.release_root, self.static_root, self.hosts_file, self.visits_log]
        paths += [Path(path) for path in (self.certificate, self.key, self.access_log, self.admin_log) if path]
        found += [f"路径“{path}”须是绝对路径，且不含空格和特殊字符。" for path in paths if not PATH.fullmatch(str(path))]
        if bool(self.certificate) != bool(self.key):
            found.append("证书和私钥须同时给出。")
        for network in (*self.trusted_proxies, *self.admin_networks):
            try:
                ip_network(network)
            except ValueError:
                found.append(f"网段“{network}”的写法不对，应如 10.0.0.0/8。")
        return found


def hosts_map(states: Iterable[tuple[str, str]]) -> str:
    """Return the list that nginx includes: a line per site, `"host" state;`. Raises ValueError for an odd host or state."""
    lines = []
    for host, state in sorted(states):
        if not HOST.fullmatch(host) or state not in STATES:
            raise ValueError(f"not a site: {host!r} {state!r}")
        lines.append(f'"{host}" {state};\n')
    return "".join(lines)


def configuration(setup: Setup, template: str) -> str:
    """Return the configuration of nginx, to stand inside `http { }`. Raises ValueError with what is wrong with `setup`."""
    if faults := setup.faults():
        raise ValueError("".join(faults))
    has_tls = bool(setup.certificate)
    prefixes = ["", *(f"/{name}" for name in setup.languages)]
    values = {
        "domain": setup.domain, "admin_host": setup.admin_host, "hosts_file": str(setup.hosts_file),
        "tree": f"{setup.release_root}/current", "upstream": setup.upstream, "visits_log": str(setup.visits_log),
        "robots": ROBOTS, "shown": "|".join(SHOWN), "has_tls": has_tls, "has_brotli": setup.has_brotli,
        "refuses_links": setup.refuses_links, "kept_files": str(setup.kept_files),
        "trusted_proxies": setup.trusted_proxies, "admin_networks": setup.admin_networks,
        "access_log": _log(setup.access_log), "admin_log": _log(setup.admin_log),
        "bad_request": BAD_REQUEST, "not_found": NOT_FOUND, "misdirected": MISDIRECTED, "suspended": SUSPENDED,
        "closed": CLOSED, "tls_port": _port(setup.listen_tls),
        "listen": _listen(setup.listen_tls, " ssl http2") if has_tls else _listen(setup.listen),
        "listen_plain": _listen(setup.listen), "listen_default": _listen_default(setup),
        "protection": _protection(setup), "common": _common(setup), "types": _types(), "static": _static(setup),
        "errors": _errors(setup), "to_program": _to_program(is_limited=True),
        "to_program_unlimited": _to_program(is_limited=False),
        "asked_often": [f"{prefix}/{place}/" for prefix in prefixes for place in ("search", "live")],
    }  # fmt: skip
    made = Engine(autoescape=False).from_string(template).render(Context(values, autoescape=False))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", made))


def _lines(indent: int, *lines: str) -> str:
    return "\n".join(" " * indent + line for line in lines)


def _log(path: str) -> str:
    return f"{path} combined buffer=64k flush=5s" if path else "off"


def _port(listen_tls: tuple[str, ...]) -> str:
    """Return what follows the host in an https address, "" for the usual port."""
    port = listen_tls[0].rpartition(":")[2]
    return "" if port == "443" else f":{port}"


def _listen(addresses: tuple[str, ...], options: str = "") -> str:
    return _lines(4, *(f"listen {address}{options};" for address in addresses))


def _listen_default(setup: Setup) -> str:
    """Return where the server for unknown hosts listens, and its refusal of a TLS handshake for them."""
    plain = _listen(setup.listen, " default_server")
    if not setup.certificate:
        return plain
    return "\n".join(
        [plain, _listen(setup.listen_tls, " ssl http2 default_server"), _lines(4, "ssl_reject_handshake on;", *TLS)]
    )


def _protection(setup: Setup, indent: int = 4) -> str:
    """Return the headers that every answer of ours carries."""
    headers = dict(PROTECTION)
    if setup.strict_transport:
        headers["Strict-Transport-Security"] = f"max-age={setup.strict_transport}; includeSubDomains"
    return _lines(indent, *(f'add_header {name} "{value}" always;' for name, value in headers.items()))


def _common(setup: Setup) -> str:
    """Return what both servers say: TLS, patience, and how the program is asked."""
    tls = (f"ssl_certificate {setup.certificate};", f"ssl_certificate_key {setup.key};", *TLS)
    cleared = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP", "Proxy")
    return _lines(
        4,
        *(tls if setup.certificate else ()),
        "server_tokens off;",
        "absolute_redirect off;",
        "recursive_error_pages on;",
        "sendfile on;",
        "tcp_nopush on;",
        "types { }",
        "default_type text/plain;",
        "charset utf-8;",
        f"charset_types {' '.join(_textual())};",
        "gzip off;",
        "gzip_vary on;",
        "gzip_proxied any;",
        "keepalive_timeout 30s;",
        "keepalive_requests 10000;",
        "client_header_timeout 10s;",
        "client_body_timeout 15s;",
        "send_timeout 15s;",
        "reset_timedout_connection on;",
        "large_client_header_buffers 4 8k;",
        "limit_req_status 429;",
        "limit_conn_status 429;",
        "proxy_http_version 1.1;",
        "proxy_set_header Host $host$wangqun_port;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        f"proxy_set_header X-Forwarded-Proto {setup.public_scheme};",
        *(f'proxy_set_header {name} "";' for name in cleared),
        "proxy_hide_header X-Content-Type-Options;",
        "proxy_connect_timeout 3s;",
        "proxy_send_timeout 15s;",
        "proxy_read_timeout 30s;",
        "proxy_buffer_size 16k;",
        "proxy_buffers 8 16k;",
        "proxy_redirect off;",
        "proxy_cache off;",
    )


def _textual() -> list[str]:
    return sorted({kind for kind in SHOWN.values() if kind.startswith(TEXTUAL)} - {"text/html"})


def _types(indent: int = 8) -> str:
    """Return the kinds of files."""
    endings: dict[str, list[str]] = {}
    for ending, kind in (SHOWN | SAVED).items():
        endings.setdefault(kind, []).append(ending)
    inner = " " * (indent + 4)
    listed = "\n".join(f"{inner}{kind} {' '.join(found)};" for kind, found in endings.items())
    return f"{' ' * indent}types {{\n{listed}\n{' ' * indent}}}"


def _to_program(*, is_limited: bool) -> str:
    """Return the inside of a location that the program answers; a header of its own keeps ours for files away."""
    limits = ("limit_req zone=wangqun_program burst=40 nodelay;", "limit_req zone=wangqun_forms burst=10 nodelay;")
    return _lines(
        8, *(limits if is_limited else ()), "add_header X-Content-Type-Options nosniff always;", "proxy_pass http://wangqun;"
    )


def _static(setup: Setup) -> str:
    """Return the location of styles and scripts."""
    twins = ("gzip_static on;", "brotli_static on;") if setup.has_brotli else ("gzip_static on;",)
    return "\n".join([
        "    location ^~ /static/ {",
        _lines(8, f"alias {setup.static_root}/;", "default_type application/octet-stream;"),
        _types(),
        _lines(8, *twins, "gzip on;", f"gzip_types {' '.join(_textual())};"),
        _protection(setup, 8),
        "        add_header Cache-Control $wangqun_keeping always;",
        "    }",
    ])  # fmt: skip


def _errors(setup: Setup) -> str:
    """Return what is said where something is refused or missing, as one sentence of plain text."""
    said = {
        "@not_found": (404, NOT_FOUND, ""),
        "@only_read": (405, NOT_ALLOWED, 'add_header Allow "GET, HEAD" always;'),
        "@too_large": (413, TOO_LARGE, ""),
        "@not_satisfiable": (416, NOT_SATISFIABLE, ""),
        "@too_many": (429, TOO_MANY, "add_header Retry-After 10 always;"),
        "@away": (503, AWAY, "add_header Retry-After 60 always;"),
    }
    pages = (
        "404 @not_found", "405 @only_read", "410 $wangqun_gone", "413 @too_large", "416 @not_satisfiable", "429 @too_many",
        "502 504 = @away",
    )  # fmt: skip
    parts = [_lines(4, *(f"error_page {page};" for page in pages))]
    for name, (status, sentence, extra) in said.items():
        more = [_protection(setup, 8), "        add_header Cache-Control no-cache always;", f"        {extra}"] if extra else []
        parts.append("\n".join([f"    location {name} {{", *more, f'        return {status} "{sentence}";', "    }"]))
    return "\n".join(parts)
