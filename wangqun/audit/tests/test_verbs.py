"""Every verb that the code writes into the log has a Chinese name."""

import ast
from collections.abc import Iterator
from pathlib import Path

from wangqun.audit.verbs import VERBS, verb_name

WANGQUN = Path(__file__).resolve().parents[2]


def recorded() -> Iterator[tuple[str, str]]:
    """Every first argument of record(…) in the product code, with where it stands; of an f-string its fixed beginning."""
    for path in WANGQUN.rglob("*.py"):
        if {"tests", "migrations"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record" and node.args):
                continue
            verb = node.args[0]
            where = f"{path.relative_to(WANGQUN)}:{node.lineno}"
            if isinstance(verb, ast.Constant):
                yield verb.value, where
            elif isinstance(verb, ast.JoinedStr) and isinstance(verb.values[0], ast.Constant):
                yield verb.values[0].value, where
            else:
                yield "", where


def test_every_recorded_verb_has_a_chinese_name():
    missing = [f"{where} {verb}" for verb, where in recorded() if not verb.endswith(".") and verb not in VERBS]
    assert missing == []


def test_a_verb_made_at_run_time_has_names_under_its_app():
    missing = [where for verb, where in recorded() if verb.endswith(".") and not any(name.startswith(verb) for name in VERBS)]
    assert missing == []


def test_a_verb_that_is_gone_is_shown_as_it_was_written():
    assert verb_name("letters.answer_of_old") == "letters.answer_of_old"
