"""The verifier that stands alone: public key, sheets and files are all it needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from wangqun.publication import actions as publication
from wangqun.publication import manifest
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Generation, Manifest

pytestmark = pytest.mark.req("SEC-1")
HOST = "zhengding.localhost"
PROGRAM = settings.BASE_DIR / "tools" / "verify_tree.py"


@pytest.fixture
def built(world, tmp_path):
    """A released tree, with what an outside party is given: key and sheets."""
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    world.article = world.released(title="正定夜市开张")
    publication.order_all()
    work_off()
    manifest.add_whole(Generation.objects.get(is_current=True))
    manifest.export()
    world.second = world.released(title="第二篇")
    work_off()
    world.path = world.article.public_path.strip("/") + "/index.html"
    world.key = tmp_path / "public.pem"
    shutil.copy(manifest.public_place(), world.key)
    return world


def run(built, *extra, program=(sys.executable, "-I"), environment=None):
    command = [*program, str(PROGRAM), "--key", str(built.key), "--manifests", str(settings.RELEASE_ROOT / "manifests")]
    command += ["--tree", str(settings.RELEASE_ROOT / "current"), "--pause", "0", *extra]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=60)
    return done.returncode, done.stdout + done.stderr


def place(path):
    return settings.RELEASE_ROOT / "current" / HOST / path


def test_a_tree_as_released_passes(built):
    code, said = run(built)
    assert code == 0, said
    assert "全部相符：3 个网站" in said


def test_altered_missing_and_added_files_twins_and_links_are_named_in_one_line_each(built, tmp_path):
    place(built.path).write_text("x", encoding="utf-8")
    place(built.path + ".br").unlink()
    place("dark.html").write_text("x", encoding="utf-8")
    place("casino").mkdir()
    place("gzdt/index.html").unlink()
    place("gzdt/index.html").symlink_to(tmp_path)
    code, said = run(built)
    assert code == 1
    for line in (
        f"改动：{HOST}/{built.path}", f"缺失：{HOST}/{built.path}.br", f"多出：{HOST}/dark.html", f"多出：{HOST}/casino/",
        f"改动：{HOST}/gzdt/index.html",
    ):  # fmt: skip
        assert line in said.splitlines()
    assert "发现 5 处不符" in said


def test_a_host_linked_elsewhere_or_added_is_found(built, tmp_path):
    shutil.copytree(place(""), tmp_path / HOST)
    (settings.RELEASE_ROOT / "current" / HOST).unlink()
    (settings.RELEASE_ROOT / "current" / HOST).symlink_to(tmp_path / HOST)
    (settings.RELEASE_ROOT / "current" / "evil.localhost").symlink_to(tmp_path)
    code, said = run(built)
    assert code == 1
    assert f"改动：{HOST} 是指向别处的链接" in said and "多出：evil.localhost" in said


def test_an_altered_removed_or_reordered_sheet_is_found(built):
    newest = manifest.newest().number
    sheet = manifest.sheet_place(newest)
    right = sheet.read_bytes()
    sheet.write_bytes(right.replace(b"index.html", b"other.html"))
    assert f"第 {newest} 页的内容与摘要不符" in run(built)[1]
    sheet.write_bytes(right)
    if newest - manifest.newest_whole().number > 1:
        before = manifest.sheet_place(newest - 1)
        kept = before.read_bytes()
        before.unlink()
        assert f"清单缺失：第 {newest - 1} 页" in run(built)[1]
        before.write_bytes(kept)
    assert run(built)[0] == 0


def test_another_key_passes_nothing(built):
    other = manifest.Ed25519PrivateKey.generate().public_key()
    built.key.write_bytes(manifest.public_bytes(other))
    code, said = run(built)
    assert code == 1 and "没有一页是这把公钥签的" in said


def test_a_key_handed_over_once_stays_good_over_a_change_of_key(built, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        manifest.change_key()
    built.released(title="换钥之后")
    work_off()
    assert run(built)[0] == 0
    shutil.copy(manifest.public_place(), built.key)
    assert run(built)[0] == 0, "and so does the new one"


def test_sheets_taken_back_to_an_earlier_day_are_found_by_who_remembers(built, tmp_path):
    note = tmp_path / "seen"
    assert run(built, "--remember", str(note))[0] == 0
    newest = manifest.newest().number
    manifest.sheet_place(newest).unlink()
    code, said = run(built, "--remember", str(note))
    assert code == 1 and f"上次核对到第 {newest} 页" in said


def test_without_cryptography_the_openssl_program_checks_the_signatures(built, tmp_path):
    """A Python that has nothing but its standard library."""
    blocked = tmp_path / "site" / "cryptography"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ImportError('not installed')\n", encoding="ascii")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(blocked.parent)}
    code, said = run(built, program=(sys.executable,), environment=environment)
    assert code == 0, said
    sheet = manifest.sheet_place(manifest.newest().number)
    seal = Manifest.objects.latest("number").signature
    sheet.write_bytes(sheet.read_bytes().replace(seal.encode(), seal[::-1].encode()))
    assert "签名不是这把公钥的" in run(built, program=(sys.executable,), environment=environment)[1]


def test_what_cannot_be_checked_is_said_and_gives_another_code(built):
    built.key.write_text("not a key", encoding="ascii")
    assert run(built)[0] == 2
    assert "无法核对" in run(built)[1]


def test_it_needs_nothing_of_this_program():
    text = Path(PROGRAM).read_text(encoding="utf-8")
    assert "django" not in text and "import wangqun" not in text and "from wangqun" not in text
