"""What the supervisor starts for the front, and what is made ready for it."""

import gzip
import os
import stat
from pathlib import Path

import brotli
import pytest

from config import prepare, run
from tests.release_tree import write

pytestmark = [pytest.mark.sqlite, pytest.mark.req("SCA-2")]  # knows no database: once is enough


@pytest.mark.parametrize(("workers", "expected"), [(None, 2), ("1", 1), ("3", 3)])
def test_as_many_fronts_as_processes_of_django_are_started(
    monkeypatch: pytest.MonkeyPatch, workers: str | None, expected: int
) -> None:
    monkeypatch.delenv("WANGQUN_WORKERS", raising=False)
    if workers:
        monkeypatch.setenv("WANGQUN_WORKERS", workers)
    parts = {part.name: part.command for part in run.parts("127.0.0.1", 8000, "/private/django")}
    fronts = [command for name, command in parts.items() if name.startswith("前端")]
    assert len(fronts) == expected
    assert {tuple(command[1:]) for command in fronts} == {("-m", "config.front.serve", "127.0.0.1", "8000", "/private/django")}
    behind = parts["后台"]
    assert behind[behind.index("--uds") + 1] == "/private/django"
    assert behind[behind.index("--workers") + 1] == str(expected)
    assert "--respawn-failed-workers" not in behind


def test_textual_static_files_get_twins_of_their_own_time(tmp_path: Path) -> None:
    css, picture, tiny = tmp_path / "css/a.css", tmp_path / "a.png", tmp_path / "tiny.js"
    write(css, "body { color: red }\n" * 100)
    write(picture, b"x" * 1000)
    write(tiny, "1")
    os.utime(css, ns=(1, 1_234_567_890_123_456_789))
    prepare.compress(tmp_path)
    twins = {path.name: path for path in tmp_path.rglob("*") if path.suffix in {".gz", ".br"}}
    assert twins.keys() == {"a.css.gz", "a.css.br"}
    assert gzip.decompress(twins["a.css.gz"].read_bytes()) == css.read_bytes()
    assert brotli.decompress(twins["a.css.br"].read_bytes()) == css.read_bytes()
    assert {path.stat().st_mtime_ns for path in twins.values()} == {1_234_567_890_123_456_789}


def test_a_twin_is_made_anew_only_where_its_file_is_another(tmp_path: Path) -> None:
    css = write(tmp_path / "a.css", "a" * 1000)
    prepare.compress(tmp_path)
    twin = tmp_path / "a.css.gz"
    before = twin.stat().st_ino
    prepare.compress(tmp_path)
    assert twin.stat().st_ino == before
    write(css, "b" * 1000)
    os.utime(css, ns=(1, 1))
    prepare.compress(tmp_path)
    assert gzip.decompress(twin.read_bytes()) == b"b" * 1000
    write(css, "c")
    os.utime(css, ns=(2, 2))
    prepare.compress(tmp_path)
    assert not twin.exists()


def test_the_socket_of_django_lies_in_a_folder_that_nobody_else_may_enter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = []

    def look(self: run.Supervisor, address: str, port: int) -> int:
        seen.append(stat.S_IMODE(Path(self.django).parent.stat().st_mode))
        return 0

    monkeypatch.setenv("WANGQUN_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(run, "prepare", lambda *arguments: 0)
    monkeypatch.setattr(run.ports, "refusal", lambda address, port: "")
    monkeypatch.setattr(run.signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(run.Supervisor, "run", look)
    assert run.main() == 0
    assert seen == [0o700]
