"""Brings the installation up to date before it starts; each step is skipped where nothing has to be done.

    python -m config.prepare [--demo]

With --demo (only with DEBUG=1) a database that is new is filled with the demonstration city.
"""

import gzip
import hashlib
import io
import os
import sys
from functools import partial
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import brotli
import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

PACKERS = {".gz": partial(gzip.compress, compresslevel=6, mtime=0), ".br": partial(brotli.compress, quality=6)}
COMPRESSED = {".css", ".js", ".mjs", ".svg", ".json", ".txt", ".xml", ".html", ".map"}


def say(sentence: str) -> None:
    """Print one line for the person at the keyboard, at once."""
    print(f"» {sentence}", flush=True)  # noqa: T201 - this is what the command line shows


def unfinished() -> Path:
    """The mark of a demonstration that was begun and not finished."""
    return settings.DATA / "demo-unfinished"


def database_is_new() -> bool:
    """Return whether no migration has ever run here."""
    return "django_migrations" not in connection.introspection.table_names()


def migrate() -> None:
    """Apply what is missing of the migrations."""
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say(f"更新数据库结构（{len(plan)} 步，首次约需半分钟）")
        call_command("migrate", interactive=False, verbosity=0)


def changed(name: str, digest: str) -> bool:
    """Return whether the digest kept under `name` differs from `digest`."""
    path = settings.DATA / "stamps" / name
    return not path.exists() or path.read_text(encoding="ascii") != digest


def keep(name: str, digest: str) -> None:
    """Remember the digest under `name` for the next start."""
    path = settings.DATA / "stamps" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(digest, encoding="ascii")


def digest_of(*roots: Path) -> str:
    """Return a digest of the names, sizes and times of all files under `roots`."""
    digest = hashlib.sha256()
    for root in roots:
        for path in sorted(root.rglob("*") if root.is_dir() else [root] if root.exists() else []):
            if path.is_file():
                info = path.stat()
                digest.update(f"{path}|{info.st_size}|{info.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def import_calendars() -> None:
    """Read the workday calendars that come with the program."""
    digest = digest_of(settings.BASE_DIR / "data" / "workdays")
    if changed("calendars", digest):
        say("导入工作日历")
        call_command("import_calendars", verbosity=0, stdout=io.StringIO())
        keep("calendars", digest)


def collect_static() -> None:
    """Gather the static files under DATA where ours or the installed packages changed."""
    ours = [path for path in (settings.BASE_DIR / "wangqun").rglob("static") if path.is_dir()]
    digest = digest_of(*ours, settings.BASE_DIR / "requirements" / "run.txt")
    if changed("static", digest) or not settings.STATIC_ROOT.is_dir():
        say("收集静态文件")
        call_command("collectstatic", interactive=False, verbosity=0)
        compress(settings.STATIC_ROOT)
        keep("static", digest)


def compress(root: Path) -> None:
    """Give each textual file below `root` its .gz and .br; a twin carries the time of its file, and stays where it has it."""
    for path in sorted(root.rglob("*")):
        if path.suffix not in COMPRESSED or not path.is_file():
            continue
        content, info = path.read_bytes(), path.stat()
        for suffix, pack in PACKERS.items():
            twin = path.with_name(path.name + suffix)
            if twin.exists() and twin.stat().st_mtime_ns == info.st_mtime_ns:
                continue
            packed = pack(content)
            if len(packed) >= len(content):
                twin.unlink(missing_ok=True)
                continue
            aside = twin.with_name(twin.name + ".new")
            aside.write_bytes(packed)
            os.utime(aside, ns=(info.st_mtime_ns, info.st_mtime_ns))
            aside.replace(twin)


def compile_messages() -> None:
    """Compile the message catalogues that are newer than their compiled form."""
    from tools.messages import compile_catalogue  # noqa: PLC0415 - needed only where a catalogue changed

    for source in (settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists():
            say(f"编译译文 {source.parent.parent.name}")
            compiled.write_bytes(compile_catalogue(source.read_text(encoding="utf-8")))


def seed() -> None:
    """Build the demonstration city in the new database."""
    say("建立演示数据：石家庄市商务系统网站群（约一分半钟）")
    call_command("seed_demo")
    (settings.RELEASE_ROOT / "origin.txt").write_text(origin(), encoding="ascii")


def origin() -> str:
    """Return scheme and port that the addresses in the release tree must have."""
    return f"{settings.PUBLIC_SCHEME}:{settings.PUBLIC_PORT}"


def keep_origin() -> None:
    """Remember for which scheme and port the release tree was made."""
    if settings.RELEASE_ROOT.is_dir():
        (settings.RELEASE_ROOT / "origin.txt").write_text(origin(), encoding="ascii")


def republish() -> None:
    """Make the release tree afresh where it was made for another scheme or port, or by a version with another layout."""
    from wangqun.publication.models import Generation, Release  # noqa: PLC0415 - models load after django.setup()

    if not Release.objects.exists():
        return
    kept = settings.RELEASE_ROOT / "origin.txt"
    is_same = kept.exists() and kept.read_text(encoding="ascii").strip() == origin()
    if is_same and Generation.objects.filter(is_current=True).exists():
        return
    say(f"网址改为 {settings.PUBLIC_SCHEME}、端口 {settings.PUBLIC_PORT}，或程序已升级，重新生成各网站的文件")
    call_command("republish", processes=os.cpu_count() or 1, reason="网址或程序版本改变", verbosity=0, stdout=io.StringIO())
    keep_origin()


def start_afresh() -> None:
    """Remove what an interrupted building of the demonstration left; only ever called where the mark lies there."""
    if connection.vendor != "sqlite":
        sys.exit("上次建立演示数据时中断了，请清空这个数据库后再启动。")
    say("上次建立演示数据时中断了，重新建立")
    remove_demo()


def remove_demo() -> None:
    """Remove database, files and release tree of this SQLite installation."""
    import shutil  # noqa: PLC0415 - only the rebuilding of the demonstration removes anything

    connection.close()
    name = str(connection.settings_dict["NAME"])
    for path in (name, f"{name}-wal", f"{name}-shm", f"{name}-journal"):
        Path(path).unlink(missing_ok=True)
    for folder in (settings.RELEASE_ROOT, settings.MEDIA_ROOT, settings.DATA / "stamps"):
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Do what has to be done; exits with one sentence where it cannot."""
    with_demo, rebuild = "--demo" in sys.argv, "--rebuild" in sys.argv
    django.setup()
    if (with_demo or rebuild) and not settings.DEBUG:
        sys.exit("演示数据只能在 DEBUG=1 时建立。")
    if rebuild:
        if connection.vendor != "sqlite":
            sys.exit("PostgreSQL 上的演示数据请自行换一个空的数据库再执行 make run。")
        say("清除原有的演示数据")
        remove_demo()
    elif with_demo and unfinished().exists():
        start_afresh()
    is_new = database_is_new()
    if is_new and with_demo:
        unfinished().touch()
    migrate()
    import_calendars()
    call_command("install_workflow", verbosity=0)
    collect_static()
    compile_messages()
    if is_new and with_demo:
        seed()
        unfinished().unlink(missing_ok=True)
        keep_origin()
    republish()
    # Nothing of ours runs yet, so a task marked as running was cut off when the machine or the service stopped.
    call_command("reap_tasks", minutes=0, verbosity=0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
