"""The house rules, kept by a machine: docs/architecture.md says them in words.

Imports are checked by import-linter (pyproject.toml); here stands what it cannot see: keys named by strings,
the database's triggers, names for people, sizes, templates, the schedule.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.db import connection, models
from django.db.models.deletion import PROTECT
from django.template.loader import get_template
from modelcluster.fields import ParentalKey

from tools.messages import compile_catalogue
from wangqun.base.models import AppendOnly
from wangqun.base.schedule import parse

ROOT = settings.BASE_DIR
HOUSE = ROOT / "wangqun"
OURS = [app for app in apps.get_app_configs() if app.name.startswith("wangqun.")]
MODELS = [model for app in OURS for model in app.get_models()]
CHINESE = re.compile(r"[\u4e00-\u9fff]")

LAYERS = [
    "demo", "portal|search|visits", "assessment", "reviews|publication", "screening", "sharing", "articles", "columns",
    "languages", "websites", "reminders", "clocks", "access", "notifications", "people", "audit|workdays", "base",
]  # fmt: skip
"""From the top down; the same rows as in pyproject.toml. An app may point at rows below its own."""
LEVEL = {app: len(LAYERS) - number for number, row in enumerate(LAYERS) for app in row.split("|")}
POINTED_AT_FROM_ANYWHERE = {"people.User", "people.Organisation"}

NOT_PROTECTED = {
    "columns.DutyPerson.duty": "the persons are part of the duty row",
    "workdays.SpecialDay.calendar": "the days are part of the year",
    "articles.ArticleAttachment.page": "a child of the page in Wagtail's editor",
    "publication.FileSource.file": "what a file was made from is part of its row",
    "languages.PageName.page": "a name is part of the page, as its title",
    "publication.Alarm.page": "an alarm outlives the page that raised it",
}
"""Foreign keys of ours that do not protect what they point at, each with its reason."""

BY_HAND = {
    "schedule": "the process that runs the schedule itself",
    "follow_releases": "a process of its own; it also checks the index each night",
    "rebuild_search": "after a change of what is indexed",
    "check_search": "a question that a person asks; the follower repairs by itself",
    "watch_files": "a process of its own",
    "import_calendars": "once a year, when the State Council has announced the next one",
    "recompute_clocks": "after a correction of a calendar",
    "close_month": "people decide when a month is closed",
    "found_archive": "once, for the first keeper of an empty installation",
    "install_workflow": "at every start, by config.prepare",
    "seed_demo": "the demonstration only",
    "republish": "after a change of address or template",
    "publish_scheduled": "stands in for Wagtail's command of this name and refuses: release_due does it",
    "rollback": "when a republish went wrong",
    "publish_files": "the publisher, a process of its own",
    "explain_file": "a question that a person asks",
    "explain_change": "a question that a person asks",
}
"""Commands that no schedule runs, each with its reason."""

INTERNATIONAL = {"SHA-256", "IP"}
"""Names of fields that are the same in Chinese."""

LONGEST = 400  # lines


def python_files(*, tests: bool = False) -> Iterator[Path]:
    for path in sorted(HOUSE.rglob("*.py")):
        if "migrations" not in path.parts and (tests or "tests" not in path.parts):
            yield path


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def table(name: str) -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][name]


# Apps and models


@pytest.mark.parametrize("app", OURS, ids=lambda app: app.label)
def test_every_app_says_in_one_line_what_it_is(app: AppConfig) -> None:
    docstring = (app.module.__doc__ or "").strip()
    assert docstring
    assert "\n" not in docstring
    assert docstring.startswith(f"{app.verbose_name}: "), "the docstring begins with the Chinese name"
    assert CHINESE.search(str(app.verbose_name))
    assert app.label == app.name.removeprefix("wangqun.")
    tree = ast.parse(Path(app.module.__file__).read_text(encoding="utf-8"))
    assert len(tree.body) == 1, "__init__.py holds its docstring and no code"


def test_every_app_stands_in_the_layers_and_import_linter_knows_the_same() -> None:
    assert {app.label for app in OURS} == set(LEVEL)
    contract = next(item for item in table("importlinter")["contracts"] if item["name"].startswith("Apps stand in layers"))
    assert ["|".join(sorted(re.split(r"\s*\|\s*", row))) for row in contract["layers"]] == [
        "|".join(sorted(row.split("|"))) for row in LAYERS
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_foreign_keys_point_down_and_protect(model: type[models.Model]) -> None:
    for field in model._meta.get_fields(include_hidden=True):
        if not field.concrete or not field.is_relation or field.model is not model:
            continue
        target = field.related_model._meta
        name = f"{model._meta.label}.{field.name}"
        if target.app_label in LEVEL and target.label not in POINTED_AT_FROM_ANYWHERE:
            is_own = target.app_label == model._meta.app_label
            assert is_own or LEVEL[target.app_label] < LEVEL[model._meta.app_label], f"{name} points up at {target.label}"
        remote = getattr(field, "remote_field", None)
        is_parent_link = getattr(remote, "parent_link", False)
        is_ours = not model._meta.auto_created
        if isinstance(field, models.ForeignKey) and is_ours and not is_parent_link and name not in NOT_PROTECTED:
            assert remote.on_delete is PROTECT, f"{name} must be PROTECT, or be listed with its reason"


def test_exceptions_of_the_list_of_unprotected_keys_exist() -> None:
    known = {f"{model._meta.label}.{field.name}" for model in MODELS for field in model._meta.fields}
    assert set(NOT_PROTECTED) <= known


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_model_has_a_chinese_name_and_so_have_its_fields(model: type[models.Model]) -> None:
    if model._meta.auto_created:
        return
    assert CHINESE.search(str(model._meta.verbose_name))
    assert CHINESE.search(str(model._meta.verbose_name_plural))
    inherited = {field.name for parent in model._meta.get_parent_list() for field in parent._meta.fields}
    for field in model._meta.local_fields:
        is_child_of_page = isinstance(field, ParentalKey)  # never shown: the editor stands on the page itself
        if field.name in inherited or field.auto_created or is_child_of_page or not is_declared(model, field.name):
            continue
        if field.verbose_name in INTERNATIONAL:
            continue
        assert CHINESE.search(str(field.verbose_name)), f"{model._meta.label}.{field.name}"


def is_declared(model: type[models.Model], name: str) -> bool:
    """Return whether one of our classes declares the field, and not an abstract one of a library."""
    for parent in model.__mro__:
        if parent.__module__.startswith("wangqun."):
            continue
        meta = getattr(parent, "_meta", None)
        if meta is not None and meta.abstract and name in {field.name for field in meta.fields}:
            return False
    return True


APPEND_ONLY = [model for model in MODELS if issubclass(model, AppendOnly)]


@pytest.mark.req("GRP-5", "ACC-1", "REM-2")
@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.label)
def test_the_database_itself_refuses_to_change_a_fact(db, model: type[models.Model]) -> None:
    name = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname, tgenabled, tgtype FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [name]
            )
            rows = cursor.fetchall()
            assert all(enabled == "O" for _, enabled, _ in rows)
            seen = 0
            for _, _, kind in rows:
                seen |= kind
            assert seen & 16, "UPDATE is not refused"
            assert seen & 8, "DELETE is not refused"
            assert seen & 32, "TRUNCATE is not refused"
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [name])
            found = " ".join(sql for (sql,) in cursor.fetchall())
            assert f'BEFORE UPDATE ON "{name}"' in found
            assert f'BEFORE DELETE ON "{name}"' in found
            assert "RAISE(ABORT" in found


def test_no_trigger_is_bound_to_some_columns_only(db) -> None:
    """An UPDATE OF one column would let the others pass."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
            assert not [sql for (sql,) in cursor.fetchall() if "append-only" in sql and "UPDATE OF" in sql.upper()]


# Code


@pytest.mark.parametrize("kind", ["models", "actions"])
def test_no_file_of_models_or_actions_is_over_four_hundred_lines(kind: str) -> None:
    files = [path for path in python_files() if path.stem == kind or kind in path.relative_to(HOUSE).parts[1:-1]]
    long = {name_of(path): lines for path in files if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST}
    assert not long


def test_nobody_uses_django_signals() -> None:
    modules = {"django.dispatch", "django.db.models.signals", "django.core.signals", "wagtail.signals", "django.test.signals"}
    names = {"signals", "receiver", "Signal"}
    found = []
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                is_signal = node.module in modules or any(alias.name in names for alias in node.names)
            elif isinstance(node, ast.Import):
                is_signal = any(alias.name in modules for alias in node.names)
            else:
                continue
            if is_signal:
                found.append(f"{name_of(path)}:{node.lineno}")
    assert not found


def test_the_day_is_always_the_local_one() -> None:
    wrong = re.compile(r"timezone\.now\(\)\.date\(\)|\bdate\.today\(\)|datetime\.(?:now|utcnow)\(\)|datetime\.today\(\)")
    found = [
        f"{name_of(path)}:{number}"
        for path in python_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if wrong.search(line)
    ]
    assert not found, "use wangqun.base.moments"


def test_product_code_imports_no_test_tool() -> None:
    tools = {
        "pytest",
        "factory",
        "hypothesis",
        "playwright",
        "holidays",
        "chinese_calendar",
        "aiosmtpd",
        "axe_playwright_python",
    }
    found = []
    for path in [*python_files(), *sorted((ROOT / "config").glob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else named
            found += [f"{name_of(path)}: {name}" for name in named if name.partition(".")[0] in tools]
            if any(name.partition(".")[0] == "time_machine" for name in named):
                assert "demo" in path.parts or path.name == "demo_clock.py", name_of(path)
    assert not found


def test_migrations_have_telling_names() -> None:
    automatic = re.compile(r"^\d{4}_(auto_|alter_|remove_|rename_)|_and_more")
    found = [name_of(path) for path in HOUSE.glob("*/migrations/[0-9]*.py") if automatic.search(path.stem)]
    assert not found


# Templates


def templates() -> list[Path]:
    return sorted(HOUSE.rglob("*.html"))


@pytest.mark.parametrize("path", templates(), ids=name_of)
def test_a_template_extends_only_the_shared_ones(path: Path) -> None:
    for target in re.findall(r'{%-?\s*extends\s+["\']([^"\']+)["\']', path.read_text(encoding="utf-8")):
        if target.startswith("wagtail"):
            continue
        origin = Path(get_template(target).origin.name)
        assert origin.is_relative_to(HOUSE / "templates"), f"{target} belongs to another app"


INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script\b(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)", re.I
)


@pytest.mark.req("PUB-8")
@pytest.mark.parametrize("path", templates(), ids=name_of)
def test_no_template_holds_inline_style_or_script(path: Path) -> None:
    source = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", path.read_text(encoding="utf-8"), flags=re.S)
    if "wagtailadmin" in path.parts or "wagtailadmin/" in source.split("\n", 1)[0]:
        return  # the back office: Wagtail's own templates need them, and its policy allows it
    assert not INLINE.search(source)


# Commands, schedule, catalogues


def own_commands() -> set[str]:
    return {name for name, app in get_commands().items() if str(app).startswith("wangqun.")}


def scheduled() -> set[str]:
    return {line.command for line in parse((ROOT / "deploy" / "crontab").read_text(encoding="utf-8"))}


def test_every_command_is_in_the_schedule_or_run_by_hand_for_a_reason() -> None:
    assert own_commands() - scheduled() == set(BY_HAND)


def test_every_scheduled_command_exists_and_takes_its_arguments(settings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}  # as installed; the tests run tasks at once
    for line in parse((ROOT / "deploy" / "crontab").read_text(encoding="utf-8")):
        assert line.command in get_commands(), line.command
        command = load_command_class(get_commands()[line.command], line.command)
        command.create_parser("manage.py", line.command).parse_args(list(line.arguments))


def test_compiled_catalogues_are_those_of_their_sources() -> None:
    for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        assert source.with_suffix(".mo").read_bytes() == compile_catalogue(source.read_text(encoding="utf-8")), (
            "python -m tools.messages"
        )


def test_the_lists_of_dependencies_hold_hashes_and_no_address() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
    assert not (ROOT / ".git").exists() or "/uv.lock" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
