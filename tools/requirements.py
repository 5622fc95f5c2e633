"""Which tests prove which requirement: writes build/requirements.json and prints what nothing proves yet.

    python -m tools.requirements

A test names requirements by `@pytest.mark.req("REM-2")`. The list of IDs comes from WANGQUN_REQUIREMENTS
(default ../shared/requirements.md), or from docs/requirements-ids.txt where that file is not there.
As a pytest plugin (`-p tools.requirements`) this module collects the marks.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "requirements-ids.txt"
OUTPUT = ROOT / "build" / "requirements.json"
ROW = re.compile(r"^\|\s*([A-Z]{3}-\d+)\s*\|", re.MULTILINE)


def wanted() -> list[str]:
    """Return the IDs of all requirements in their order; keeps the committed list equal to the document."""
    document = Path(os.environ.get("WANGQUN_REQUIREMENTS", ROOT.parent / "shared" / "requirements.md"))
    if not document.exists():
        return LIST.read_text(encoding="utf-8").split()
    return list(dict.fromkeys(ROW.findall(document.read_text(encoding="utf-8"))))


try:
    import pytest
except ImportError:  # the plugin half needs pytest, the other half does not
    pass
else:

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
        """Write the marks of every test, before conftest.py drops those that this database cannot run."""
        found: dict[str, list[str]] = {}
        for item in items:
            name = item.nodeid.partition("[")[0]
            for mark in item.iter_markers("req"):
                for identifier in mark.args:
                    if name not in found.setdefault(identifier, []):
                        found[identifier].append(name)
        if target := os.environ.get("WANGQUN_REQUIREMENT_MARKS"):
            Path(target).write_text(json.dumps(found), encoding="utf-8")


def main() -> int:
    """Collect, write, print; returns 1 where a test names a requirement that does not exist or collecting failed."""
    OUTPUT.parent.mkdir(exist_ok=True)
    marks = OUTPUT.with_suffix(".marks")
    marks.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-p", "tools.requirements"]
    environment = os.environ | {"WANGQUN_REQUIREMENT_MARKS": str(marks)}
    finished = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not marks.exists() or finished.returncode:
        print("\n".join(finished.stdout.splitlines()[-40:]))
        print("» 测试没有收集成功，见上面的输出")
        return 1
    found: dict[str, list[str]] = json.loads(marks.read_text(encoding="utf-8"))
    marks.unlink()
    identifiers = wanted()
    proved = {identifier: sorted(found.get(identifier, [])) for identifier in identifiers}
    OUTPUT.write_text(json.dumps(proved, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    missing = [identifier for identifier in identifiers if not proved[identifier]]
    print(f"» 需求 {len(identifiers)} 条，有测试证明 {len(identifiers) - len(missing)} 条，见 {OUTPUT.relative_to(ROOT)}")
    if missing:
        print(f"» 尚无测试：{' '.join(missing)}")
    if unknown := sorted(set(found) - set(identifiers)):
        print(f"» 测试写了不存在的需求：{' '.join(unknown)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
