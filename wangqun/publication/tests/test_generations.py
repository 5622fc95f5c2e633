"""Fresh copies of sites, the switch to them, and the way back."""

import shutil

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from wangqun.base.errors import Refused
from wangqun.publication import actions as publication
from wangqun.publication import generations, tree
from wangqun.publication.generations import republish, rollback
from wangqun.publication.jobs import work_off
from wangqun.publication.models import File, Generation, RenderRun, Tree

HOST, PORTAL = "zhengding.localhost", "portal.localhost"

pytestmark = pytest.mark.req("SEC-1")


@pytest.fixture
def built(world):
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    work_off()
    return world


def place_of(article, name="index.html"):
    return settings.RELEASE_ROOT / "current" / HOST / article.public_path.strip("/") / name


def contents():
    """What readers see: every file of every site with its bytes."""
    found = {}
    for host in sorted((settings.RELEASE_ROOT / "current").iterdir()):
        for path in sorted(host.resolve().rglob("*")):
            if path.is_file():
                found[f"{host.name}/{path.relative_to(host.resolve())}"] = path.read_bytes()
    return found


def test_a_republish_gives_the_same_bytes_from_a_fresh_tree(built):
    built.released()
    work_off()
    before, numbers = contents(), tree.shown()
    made = republish([built.portal, built.zhengding], by=built.zhou, reason="试")
    assert contents() == before
    assert tree.shown()[HOST] == numbers[HOST] + 1
    assert Generation.objects.get(is_current=True) == made
    untouched = set(numbers) - {HOST, PORTAL}
    assert {host: tree.shown()[host] for host in untouched} == {host: numbers[host] for host in untouched}


def test_what_is_released_and_withdrawn_meanwhile_is_in_the_fresh_tree(built, monkeypatch):
    gone = built.released(title="其间撤下的稿件")
    work_off()
    build, made = generations._build, {}

    def and_then(*arguments):
        total = build(*arguments)
        made["article"] = built.released(title="其间发布的稿件")
        publication.withdraw(gone, by=built.liu, reason="wrong", note="")
        work_off()
        return total

    monkeypatch.setattr(generations, "_build", and_then)
    republish([built.zhengding], by=built.zhou, reason="试")
    assert place_of(made["article"]).exists()
    assert place_of(gone, "gone.html").exists()
    assert not place_of(gone).exists()
    assert "其间发布的稿件" in (settings.RELEASE_ROOT / "current" / HOST / "gzdt/index.html").read_text(encoding="utf-8")


def test_a_killed_republish_leaves_everything_as_it_was_and_the_next_one_clears_up(built, monkeypatch):
    built.released()
    work_off()
    before, numbers = contents(), tree.shown()

    def dies(*_arguments, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(generations, "_switch", dies)
        with pytest.raises(KeyboardInterrupt):
            republish([built.zhengding], by=built.zhou, reason="试")
    assert contents() == before
    left = Tree.objects.get(state=Tree.State.BUILDING)
    republish([built.zhengding], by=built.zhou, reason="再试")
    left.refresh_from_db()
    assert left.state == Tree.State.REMOVED
    assert not File.objects.filter(tree=left).exists()
    assert not tree.folder(left.host, left.number).exists()
    assert tree.shown()[HOST] > numbers[HOST]


def test_only_one_republish_runs_at_a_time(built):
    with tree.worker() as name:
        run = RenderRun.objects.create(started_at=built.wang.date_joined, worker=name)
        generations._new_tree(built.zhengding, Tree.State.BUILDING, run=run.pk)
        with pytest.raises(Refused, match="正在重新生成"):
            republish([built.zhengding], by=built.zhou, reason="试")


def test_going_back_shows_the_former_tree_with_every_release_and_withdrawal_since(built):
    kept, gone = built.released(title="一直公开的稿件"), built.released(title="切换后撤下的稿件")
    work_off()
    first = tree.shown()[HOST]
    republish([built.zhengding], by=built.zhou, reason="新的模板")
    later = built.released(title="切换后发布的稿件")
    publication.withdraw(gone, by=built.liu, reason="wrong", note="")
    work_off()
    before = contents()
    rollback(by=built.zhou, reason="模板有误")
    assert tree.shown()[HOST] == first
    assert place_of(kept).exists()
    assert place_of(later).exists()
    assert place_of(gone, "gone.html").exists()
    assert not place_of(gone).exists()
    assert contents() == before
    built.released(title="退回后发布的稿件")
    work_off()
    assert "退回后发布的稿件" in (settings.RELEASE_ROOT / "current" / HOST / "gzdt/index.html").read_text(encoding="utf-8")


def test_there_is_one_way_back_and_older_trees_are_removed(built):
    for _ in range(3):
        republish([built.zhengding], by=built.zhou, reason="试")
    numbers = {row.number: row.state for row in Tree.objects.filter(host=HOST)}
    assert [number for number, state in sorted(numbers.items()) if state == "former"] == [3]
    assert [number for number, state in sorted(numbers.items()) if state == "current"] == [4]
    assert sorted(path.name for path in (settings.RELEASE_ROOT / "trees" / HOST).iterdir()) == ["3", "4"]


def test_without_a_former_tree_there_is_no_way_back(built):
    with pytest.raises(Refused, match="没有可以退回的上一版"):
        rollback(by=built.zhou, reason="试")


def test_who_may_not_publish_sites_may_not_switch_them(built):
    for verb in (
        lambda: republish([built.zhengding], by=built.wang, reason="试"),
        lambda: rollback(by=built.wang, reason="试"),
    ):
        with pytest.raises(Refused):
            verb()


def test_a_switch_cut_off_between_disk_and_database_is_put_right(built):
    built.released()
    work_off()
    before = contents()
    shown = tree.shown()
    tree.point(999, dict.fromkeys(shown, 77))
    assert generations.is_unsettled()
    work_off()
    assert tree.shown() == shown
    assert contents() == before


def test_a_plain_folder_of_the_first_version_gives_way_to_the_link(built):
    shown = tree.shown()
    (settings.RELEASE_ROOT / "current").unlink()
    old = settings.RELEASE_ROOT / "current" / HOST
    old.mkdir(parents=True)
    (old / "index.html").write_text("旧版", encoding="utf-8")
    work_off()
    assert tree.shown() == shown
    assert (settings.RELEASE_ROOT / "current").is_symlink()
    assert not list(settings.RELEASE_ROOT.glob("former.*"))


def test_the_commands_say_what_they_did_and_what_is_wrong(built, capsys):
    with pytest.raises(CommandError, match="没有域名为"):
        call_command("republish", host="no.such.host")
    call_command("republish", host=HOST)
    call_command("rollback")
    said = capsys.readouterr().out
    assert "切换到第" in said
    assert "已退回" in said
