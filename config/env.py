"""Reads the environment once, with types, and refuses odd values in one sentence.

Settings come from environment variables and, where present, from a file named `.env` beside manage.py.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def read_file(path: Path) -> None:
    """Put `KEY=value` lines of the file at `path` into the environment; what is already set there wins."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        key, separator, value = stripped.partition("=")
        if not separator or not key.strip().isidentifier():
            raise ImproperlyConfigured(f"{path} 第 {number} 行不是 KEY=value 的形式：{line!r}")
        os.environ.setdefault(key.strip(), value.strip().strip("'\""))


def text(name: str, default: str) -> str:
    """Return the variable's text, or `default` where it is not set."""
    return os.environ.get(name, default)


def boolean(name: str, *, default: bool) -> bool:
    """Return the variable as a truth value; raises ImproperlyConfigured for anything but 1/0, true/false, yes/no."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"环境变量 {name} 只能是 1 或 0，现在是 {value!r}。")


def integer(name: str, *, default: int, least: int, most: int) -> int:
    """Return the variable as a whole number between `least` and `most`; raises ImproperlyConfigured otherwise."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"环境变量 {name} 应为 {least} 到 {most} 的整数，现在是 {value!r}。")
    return int(value)


def words(name: str, default: str) -> list[str]:
    """Return the variable's comma-separated words."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(url: str, data: Path) -> dict:
    """Return Django's database settings for `url`, or for SQLite inside `data` where `url` is empty.

    Raises ImproperlyConfigured for any scheme but sqlite and postgres.
    """
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path(unquote(parts.path)) if url else data / "wangqun.sqlite3"),
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;PRAGMA cache_size=-32000;"
                ),
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured("DATABASE_URL 应以 postgres:// 或 sqlite:// 开头；不设时使用内嵌的 SQLite。")
