"""Lists which rule is cited where and which tests prove what, and checks the hand-written table of docs/clauses.md.

    python3 tools/clauses.py            writes the list of citations into docs/clauses.md
    python3 tools/clauses.py --check    writes nothing; fails where the list is old or the table names what is not there

Reads docstrings only, so it needs nothing but Python.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "clauses.md"
BEGIN, END = "<!-- citations -->", "<!-- /citations -->"
PROVED = re.compile(r"mark\.req\(([^)]*)\)")
CITED = re.compile(r"依据[：:]([^\n]*)")
CLAUSE = re.compile(r"([石沪购])(\d+)(?:-(\d+))?")
BOOKS = "石沪购"
VERB = re.compile(r"`((?:[a-z_]+\.)+[A-Za-z_]+)`")
TEST = re.compile(r"`((?:wangqun|tests)/[\w/]+\.py)`")


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield (module path within wangqun, parsed text) of every module of ours that is no migration and no test."""
    for path in sorted((ROOT / "wangqun").rglob("*.py")):
        parts = path.relative_to(ROOT / "wangqun").with_suffix("").parts
        if "migrations" not in parts and "tests" not in parts:
            yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text(encoding="utf-8"))


def documented(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (dotted name, docstring) of the module, its functions, classes and their methods; "" for no docstring."""
    yield module, ast.get_docstring(tree) or ""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"{module}.{node.name}", ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    yield f"{module}.{node.name}.{inner.name}", ast.get_docstring(inner) or ""


def citations() -> tuple[dict[tuple[int, int], set[str]], set[str]]:
    """Return who cites which clause, by (book, number), and every dotted name there is."""
    cited: dict[tuple[int, int], set[str]] = defaultdict(set)
    names = set()
    for module, tree in sources():
        for name, text in documented(module, tree):
            names.add(name)
            for line in CITED.findall(text):
                for book, first, last in CLAUSE.findall(line):
                    for number in range(int(first), int(last or first) + 1):
                        cited[BOOKS.index(book), number].add(name)
    return cited, names


def listing(cited: dict[tuple[int, int], set[str]]) -> str:
    """Return the list of citations as Markdown."""
    rows = ["| 条 | 引用处 |", "|---|---|"]
    for (book, number), names in sorted(cited.items()):
        rows.append(f"| {BOOKS[book]}{number} | {'、'.join(f'`{name}`' for name in sorted(names))} |")
    return "\n".join(rows)


def proofs() -> dict[str, set[str]]:
    """Return which test files name which requirement."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted([*(ROOT / "wangqun").rglob("test_*.py"), *(ROOT / "tests").rglob("test_*.py")]):
        for marked in PROVED.findall(path.read_text(encoding="utf-8")):
            for identifier in re.findall(r"[A-Z]{3}-\d+", marked):
                found[identifier].add(str(path.relative_to(ROOT)))
    return found


def tests() -> str:
    """Return the list of tests by requirement as Markdown."""
    rows = ["| 需求 | 测试 |", "|---|---|"]
    for identifier, paths in sorted(proofs().items(), key=lambda row: (row[0][:3], int(row[0][4:]))):
        rows.append(f"| {identifier} | {'、'.join(f'`{path}`' for path in sorted(paths))} |")
    return "\n".join(rows)


def unknown(text: str, names: set[str]) -> list[str]:
    """Return the verbs and tests that the table names and that do not exist."""
    table = text.partition(BEGIN)[0]
    found = [f"没有 {verb}" for verb in VERB.findall(table) if verb not in names]
    return found + [f"没有 {path}" for path in TEST.findall(table) if not (ROOT / path).exists()]


def main() -> None:
    cited, names = citations()
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    heading = "\n\n## 需求由哪些测试证明\n\n"
    new = f"{before}{BEGIN}\n\n{listing(cited)}{heading}{tests()}\n\n{END}{after}"
    faults = unknown(text, names)
    if "--check" in sys.argv[1:]:
        faults += ["引用清单已旧，请执行 python3 tools/clauses.py。"] if new != text else []
    elif new != text:
        PAGE.write_text(new, encoding="utf-8")
    print("\n".join(faults) or "docs/clauses.md 齐全。")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
