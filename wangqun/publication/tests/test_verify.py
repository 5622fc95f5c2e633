"""The tree against its rows: what is altered, missing or added is found, put right, kept as evidence and told."""

import os
import shutil
import stat
import threading

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.documents.models import Document

from tests.staff import signed_in
from wangqun.base.errors import Refused
from wangqun.base.moments import now
from wangqun.publication import actions as publication
from wangqun.publication import checking, manifest, proof, tree, verification
from wangqun.publication.checking import Expected, Folder, folders
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Alarm, File, Generation, Manifest, RenderOrder, RenderRun, Tree

pytestmark = pytest.mark.req("SEC-1")
HOST = "zhengding.localhost"


@pytest.fixture
def built(world):
    """The world with its files written, one article among them, and nothing of another test."""
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    world.article = world.released(title="正定夜市开张")
    publication.order_all()
    work_off()
    world.path = world.article.public_path.strip("/") + "/index.html"
    return world


def place(path, host=HOST):
    return settings.RELEASE_ROOT / "current" / host / path


def found():
    """Verify, make what was ordered, and return what the alarms say of each thing."""
    alarms = verification.verify(processes=1)
    work_off()
    return {(detail["kind"], detail["what"], detail["done"]) for alarm in alarms for detail in alarm.details}


def replace(path, content, host=HOST):
    """Alter a file as somebody with a shell would, keeping its time."""
    target = place(path, host)
    info = target.stat()
    target.write_bytes(content)
    os.utime(target, ns=(info.st_atime_ns, info.st_mtime_ns))


def test_a_tree_as_released_has_nothing_to_tell(built):
    assert found() == set()
    assert not Alarm.objects.exists()


@pytest.mark.parametrize("suffix", ["", ".gz", ".br"])
def test_an_altered_file_or_twin_is_restored_to_the_very_bytes_from_those_that_are_sound(built, suffix):
    right = {end: place(built.path + end).read_bytes() for end in ("", ".gz", ".br")}
    replace(built.path + suffix, b"<p>x</p>")
    assert found() == {("file_altered", f"{HOST}/{built.path}{suffix}", "已恢复")}
    assert {end: place(built.path + end).read_bytes() for end in right} == right
    assert len({place(built.path + end).stat().st_mtime_ns for end in right}) == 1, "the front shows twins of its file's time"
    assert found() == set()


@pytest.mark.parametrize("suffix", ["", ".gz", ".br"])
def test_a_missing_file_or_twin_is_restored(built, suffix):
    right = place(built.path + suffix).read_bytes()
    place(built.path + suffix).unlink()
    assert found() == {("file_missing", f"{HOST}/{built.path}{suffix}", "已恢复")}
    assert place(built.path + suffix).read_bytes() == right


def test_a_page_of_which_nothing_sound_is_left_is_taken_away_and_made_afresh_from_its_released_revision(built):
    right = place(built.path).read_bytes()
    for suffix in ("", ".gz", ".br"):
        replace(built.path + suffix, b"<p>x</p>")
    alarms = verification.verify(processes=1)
    assert not place(built.path).exists(), "nobody reads the altered text meanwhile"
    assert all(alarm.cleared_at is None for alarm in alarms)
    work_off()
    verification.close_restored()
    assert place(built.path).read_bytes() == right
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_a_folder_that_was_removed_comes_back(built):
    right = place(built.path).read_bytes()
    shutil.rmtree(place(built.path).parent)
    assert ("file_missing", f"{HOST}/{built.path}", "已移走，正在重新生成") in found()
    assert place(built.path).read_bytes() == right


def test_an_attachment_is_restored_from_the_private_store(built):
    document = Document.objects.create(title="名单", file=ContentFile("甲,乙".encode(), name="list.pdf"))
    built.released(attachments=[("参展企业名单", document)])
    work_off()
    path = File.objects.get(path__endswith=".pdf").path
    replace(path, b"other")
    assert ("file_altered", f"{HOST}/{path}", "已移走，正在重新生成") in found()
    assert place(path).read_bytes() == "甲,乙".encode()


@pytest.mark.parametrize("name", ["dark.html", "dark.html.gz", ".hidden", "gzdt/shell.php", "名.html", "index.html.new"])
def test_an_added_file_is_moved_away_and_kept_as_evidence(built, name):
    place(name).write_text("暗链", encoding="utf-8")
    assert found() == {("file_added", f"{HOST}/{name}", "已移走")}
    assert not place(name).exists()
    kept = [path for path in (settings.RELEASE_ROOT / "quarantine").rglob("*") if path.is_file()]
    assert [path.read_text(encoding="utf-8") for path in kept] == ["暗链"]
    assert stat.S_IMODE((settings.RELEASE_ROOT / "quarantine").stat().st_mode) == 0o700


def test_an_added_folder_goes_with_all_that_is_in_it(built):
    place("casino/deep").mkdir(parents=True)
    place("casino/deep/index.html").write_text("x", encoding="utf-8")
    assert found() == {("file_added", f"{HOST}/casino/deep/index.html", "已移走")}
    assert not place("casino").exists()


def test_a_link_in_place_of_a_file_is_replaced_even_where_it_leads_to_the_same_text(built, tmp_path):
    right = place(built.path).read_bytes()
    (tmp_path / "copy").write_bytes(right)
    place(built.path).unlink()
    place(built.path).symlink_to(tmp_path / "copy")
    assert ("file_altered", f"{HOST}/{built.path}", "已恢复") in found()
    assert not place(built.path).is_symlink() and place(built.path).read_bytes() == right
    assert (tmp_path / "copy").read_bytes() == right, "what it led to is not ours to touch"


def test_a_link_in_place_of_a_folder_is_removed_and_its_files_come_back(built, tmp_path):
    folder = place(built.path).parent
    shutil.copytree(folder, tmp_path / "copy")
    right = place(built.path).read_bytes()
    shutil.rmtree(folder)
    folder.symlink_to(tmp_path / "copy")
    kinds = {(kind, what) for kind, what, _done in found()}
    assert ("file_added", f"{HOST}/{built.path.rpartition('/')[0]}") in kinds
    assert not folder.is_symlink() and place(built.path).read_bytes() == right


@pytest.mark.parametrize("mode", [0o666, 0o755, 0o4644])
def test_a_file_that_anybody_may_write_or_run_is_put_right(built, mode):
    place(built.path).chmod(mode)
    assert found() == {("file_altered", f"{HOST}/{built.path}", "已恢复")}
    assert not stat.S_IMODE(place(built.path).stat().st_mode) & 0o7113


def test_a_pipe_in_place_of_a_file_does_not_stop_the_sweep(built):
    place(built.path).unlink()
    os.mkfifo(place(built.path))
    assert ("file_altered", f"{HOST}/{built.path}", "已恢复") in found()
    assert place(built.path).is_file()


def test_a_twin_with_another_time_is_put_right_since_the_front_would_not_show_it(built):
    os.utime(place(built.path + ".br"), ns=(1, 1))
    assert found() == {("file_altered", f"{HOST}/{built.path}.br", "已恢复")}
    assert place(built.path + ".br").stat().st_mtime_ns == place(built.path).stat().st_mtime_ns


def test_foreign_links_of_hosts_and_of_the_whole_tree_are_put_right(built, tmp_path):
    right = os.readlink(settings.RELEASE_ROOT / "current")
    (tmp_path / "evil").mkdir()
    (settings.RELEASE_ROOT / "current").unlink()
    (settings.RELEASE_ROOT / "current").symlink_to(tmp_path)
    assert found() == {("file_altered", "current", "已恢复")}
    assert os.readlink(settings.RELEASE_ROOT / "current") == right
    place("", "evil.localhost").parent.joinpath("evil.localhost").symlink_to(tmp_path / "evil")
    (settings.RELEASE_ROOT / "current" / HOST).unlink()
    assert {what for _kind, what, _done in found()} == {f"{right}/evil.localhost", f"{right}/{HOST}"}
    assert place(built.path).exists() and not os.path.lexists(settings.RELEASE_ROOT / "current" / "evil.localhost")


def test_files_of_pages_that_are_about_to_be_made_are_left_alone(built):
    replace(built.path, b"fresh, put there by a worker that has not written its rows")
    RenderOrder.objects.create(page_id=built.article.pk, priority=1, reason="试", ordered_at=now())
    assert verification.verify(processes=1) == []
    work_off()
    assert verification.verify(processes=1) == []


def test_an_order_that_failed_or_belongs_to_a_wide_change_hides_no_alteration(built):
    for values in ({"priority": 1, "failure": "磁盘空间不足"}, {"priority": 3}):
        order = RenderOrder.objects.create(page_id=built.article.pk, reason="试", ordered_at=now(), **values)
        replace(built.path, b"<p>x</p>")
        assert [alarm.kind for alarm in verification.verify(processes=1)] == ["file_altered"]
        order.delete()


def test_what_a_worker_left_that_died_is_not_taken_for_an_intrusion(built):
    run = RenderRun.objects.create(started_at=now(), worker="dead-worker")
    place("made.html").write_text("x", encoding="utf-8")
    assert verification.verify(processes=1) == []
    RenderRun.objects.filter(pk=run.pk).update(finished_at=now())
    assert [alarm.kind for alarm in verification.verify(processes=1)] == ["file_added"]


def test_few_findings_are_an_alarm_each_and_many_are_one_incident_with_numbers_and_paths(built):
    for number in range(5):
        place(f"a{number}.html").write_text("x", encoding="utf-8")
    assert len(verification.verify(processes=1)) == 5
    before = built.zhou.notices.filter(topic="alarm").count()
    for number in range(150):
        place(f"b{number}.html").write_text("x", encoding="utf-8")
    replace(built.path, b"<p>x</p>")
    alarms = verification.verify(processes=1)
    assert [(alarm.kind, alarm.count, len(alarm.details)) for alarm in alarms] == [("file_added", 151, 100)]
    assert "多出文件 150 处" in alarms[0].what and "文件被改动 1 处" in alarms[0].what
    assert built.zhou.notices.filter(topic="alarm").count() == before + 1


def test_the_sweep_asks_the_database_the_same_however_many_files_there_are(built):
    with CaptureQueriesContext(connection) as few:
        assert verification.verify(processes=1) == []
    for number in range(3):
        built.released(title=f"稿件{number}")
    work_off()
    with CaptureQueriesContext(connection) as many:
        assert verification.verify(processes=1) == []
    assert len(many) == len(few)


def test_helper_processes_find_the_same(built, monkeypatch):
    monkeypatch.setattr(checking, "FEW", 0)
    monkeypatch.setattr(checking, "BATCH", 3)
    place("dark.html").write_text("x", encoding="utf-8")
    place(built.path).unlink()
    findings = [finding for some in checking.sweep(verification.expected()) for finding in some]
    assert {(finding.kind, finding.path) for finding in findings} == {
        ("file_added", "dark.html"), ("file_missing", built.path),
    }  # fmt: skip


def test_rows_become_folders_whatever_signs_stand_in_their_names():
    paths = sorted(["index.html", "a/b/x", "a/b-c/y", "a/b.html", "a/b/z", "a-b", "é/ü", "a/b/c/d/e"])
    made = {folder.path: folder for folder in folders(1, "/x", [(path, "1", "", "") for path in paths])}
    assert set(made) == {"", "a", "a/b", "a/b-c", "é", "a/b/c", "a/b/c/d"}
    assert made[""] == Folder(1, "/x", "", [Expected("a-b", "1", "", ""), Expected("index.html", "1", "", "")], {"a", "é"})
    assert made["a"].subfolders == {"b", "b-c"}
    assert [file.name for file in made["a/b"].files] == ["x", "z"]


# The manifest


def test_rows_altered_together_with_the_tree_are_found_by_the_manifest_and_not_overwritten(built):
    content = b"<p>x</p>"
    packed = tree.pack(content, "text/html")
    for suffix, part in packed.parts.items():
        replace(built.path + suffix, part)
        os.utime(place(built.path + suffix), ns=(5, 5))
    File.objects.filter(path=built.path).update(
        sha256=packed.digest(""), gzip_sha256=packed.digest(".gz"), brotli_sha256=packed.digest(".br")
    )
    alarms = verification.verify(processes=1)
    assert {alarm.kind for alarm in alarms} == {"manifest_broken"}
    assert {detail["what"] for alarm in alarms for detail in alarm.details} == {
        f"{HOST}/{built.path}{suffix}" for suffix in ("", ".gz", ".br")
    }
    assert place(built.path).read_bytes() == content, "people must look first"
    assert all(alarm.cleared_at is None for alarm in alarms)
    verification.verify(processes=1)
    assert Alarm.objects.filter(kind="manifest_broken").count() == len(alarms), "told once"


def test_a_row_that_was_removed_or_added_behind_the_manifest_is_found(built):
    row = File.objects.get(path=built.path)
    row.pk, row.path = None, "extra.html"
    row.save()
    File.objects.filter(path="gzdt/index.html", tree__host=HOST).delete()
    assert {(fault.what, fault.why) for fault in proof.faults() if not fault.what.endswith((".gz", ".br"))} == {
        (f"{HOST}/extra.html", "数据库有，清单没有"), (f"{HOST}/gzdt/index.html", "清单有，数据库没有"),
    }  # fmt: skip


def test_releases_and_withdrawals_leave_manifest_and_rows_of_one_mind(built):
    assert proof.faults() == []
    publication.withdraw(built.article, by=built.liu, reason="wrong")
    work_off()
    assert proof.faults() == []
    assert Manifest.objects.filter(kind="change").exists()


def test_a_sheet_altered_on_the_disk_is_found_and_written_again_from_its_row(built):
    sheet = manifest.sheet_place(Manifest.objects.filter(kind="change").latest("number").number)
    right = sheet.read_bytes()
    sheet.write_bytes(right.replace(b"index.html", b"other.html"))
    assert [fault.why for fault in proof.faults()] == ["清单文件内容不符，已按数据库恢复"]
    assert sheet.read_bytes() == right
    assert proof.faults() == []


def test_a_whole_sheet_altered_on_the_disk_is_found(built):
    manifest.add_whole(Generation.objects.get(is_current=True))
    manifest.export()
    sheet = manifest.sheet_place(manifest.newest_whole().number)
    sheet.write_bytes(sheet.read_bytes().replace(b"index.html", b"other.html"))
    assert [fault.why for fault in proof.faults()] == ["清单文件内容不符"]


def test_a_sheet_that_another_key_signed_is_found(built, tmp_path):
    settings_key = settings.WANGQUN_MANIFEST_KEY
    settings.WANGQUN_MANIFEST_KEY = tmp_path / "other.pem"
    try:
        built.released(title="另一篇")
        work_off()
    finally:
        settings.WANGQUN_MANIFEST_KEY = settings_key
    assert "签名不符" in {fault.why for fault in proof.faults()}


def test_a_release_while_the_manifest_is_compared_is_no_fault(built, monkeypatch):
    original = proof._differences

    def release_then_compare(whole, last):
        built.released(title="核对期间发布")
        work_off()
        return original(whole, last)

    monkeypatch.setattr(proof, "_differences", release_then_compare)
    assert proof.faults() == []


@pytest.mark.postgresql
@pytest.mark.committed
def test_a_file_put_in_place_by_a_transaction_that_is_still_open_is_no_intrusion(committed_db):
    """The writer holds the tree's row from before it puts the file until its row says the same."""
    publication.order_all()
    work_off()
    row = File.objects.select_related("tree").filter(tree__host=HOST, path="index.html").get()
    is_put, may_commit, faults = threading.Event(), threading.Event(), []

    def write():
        try:
            with transaction.atomic():
                Tree.objects.select_for_update().get(pk=row.tree_id)
                packed = tree.pack(b"<p>new</p>", "text/html")
                tree.put(tree.write_aside(77, 0, packed), row.tree.host, row.tree.number, row.path, packed)
                is_put.set()
                may_commit.wait(30)
                File.objects.filter(pk=row.pk).update(
                    sha256=packed.digest(""), gzip_sha256=packed.digest(".gz"), brotli_sha256=packed.digest(".br")
                )
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert is_put.wait(30)
    suspected = [finding for some in checking.sweep(verification.expected(), processes=1) for finding in some]
    assert {finding.path for finding in suspected} >= {"index.html"}
    threading.Timer(0.5, may_commit.set).start()
    assert verification.settle(suspected) == []
    writer.join()
    assert faults == []
    assert place("index.html").read_bytes() == b"<p>new</p>"


# Alarms and people


def test_an_alarm_is_closed_by_people_with_a_remark_and_put_into_the_log(built):
    alarm = verification.report([verification.Outcome("manifest_broken", "x", "签名不符", "待查")], where="试", is_open=True)[0]
    with pytest.raises(Refused, match="请写明"):
        verification.clear(alarm, by=built.zhou, remark=" ")
    with pytest.raises(Refused):
        verification.clear(alarm, by=built.outsider, remark="看过")
    verification.clear(alarm, by=built.zhou, remark="已核实为误报")
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    assert alarm.details[-1] == {"kind": "", "what": "周督办", "why": "已核实为误报", "done": "人工消除"}
    with pytest.raises(Refused, match="已经消除"):
        verification.clear(alarm, by=built.zhou, remark="又看")


def test_reconciliation_asks_a_fixed_number_of_questions(built):
    with CaptureQueriesContext(connection) as few:
        assert verification.reconcile() == []
    for number in range(3):
        built.released(title=f"稿件{number}")
    with CaptureQueriesContext(connection) as many:
        assert verification.reconcile() == []
    assert len(many) == len(few)


def test_a_page_put_right_closes_its_alarm(built):
    article = built.draft(title="绕过审核的稿件")
    article.get_latest_revision().publish(skip_permission_checks=True)
    assert [alarm.kind for alarm in verification.reconcile()] == ["live_without_release"]
    type(article).objects.filter(pk=article.pk).update(live=False)
    assert verification.reconcile() == []


def test_trees_that_nobody_sees_are_not_looked_at(built):
    shown = Tree.objects.current().get(host=HOST)
    Tree.objects.filter(pk=shown.pk).update(state="former")
    assert [folder for folder in verification.expected() if folder.tree == shown.pk] == []
    assert verification.settle([checking.Finding(shown.pk, built.path, "file_missing", "缺失")]) == []


def test_evidence_is_forgotten_after_its_time(built, travel):
    place("dark.html").write_text("x", encoding="utf-8")
    verification.verify(processes=1)
    assert verification.forget_evidence(days=90) == 0
    travel("2026-09-10 09:00")
    assert verification.forget_evidence(days=90) == 1


# The screen


def test_the_office_reads_an_alarm_with_all_that_was_found_and_closes_it_with_a_remark(built):
    for number in range(8):
        place(f"b{number}.html").write_text("x", encoding="utf-8")
    verification.verify(processes=1)
    outcome = verification.Outcome("manifest_broken", "清单第 3 页", "签名不符", "待查")
    alarm = verification.report([outcome], where="核对文件清单", is_open=True)[0]
    client = signed_in(built.zhou)
    listed = client.get(reverse("alarms:index")).content.decode()
    assert "多出文件 8 处" in listed and "清单第 3 页" in listed
    assert "清单第 3 页" not in client.get(reverse("alarms:index"), {"is_open": "cleared"}).content.decode()
    incident = Alarm.objects.get(count=8)
    page = client.get(reverse("alarms:inspect", args=[incident.pk])).content.decode()
    assert f"{HOST}/b7.html" in page and "已移走" in page and "确" not in page.partition("<h2>消除</h2>")[2]
    page = client.get(reverse("alarms:inspect", args=[alarm.pk])).content.decode()
    assert "签名不符" in page and "<h2>消除</h2>" in page
    answer = client.post(reverse("alarms:clear", args=[alarm.pk]), {"remark": "已核实"}, follow=True)
    assert "已核实" in answer.content.decode() and "周督办" in answer.content.decode()
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None


def test_others_neither_read_nor_close_an_alarm(built):
    outcome = verification.Outcome("manifest_broken", "清单第 3 页", "签名不符", "待查")
    alarm = verification.report([outcome], where="核对文件清单", is_open=True)[0]
    for person, may_read in ((built.zheng, True), (built.wang, False)):
        client = signed_in(person)
        answer = client.get(reverse("alarms:inspect", args=[alarm.pk]))
        assert (answer.status_code == 200) is may_read
        assert "<h2>消除</h2>" not in answer.content.decode()
        client.post(reverse("alarms:clear", args=[alarm.pk]), {"remark": "看过"})
        alarm.refresh_from_db()
        assert alarm.cleared_at is None


def test_the_list_of_alarms_asks_the_database_the_same_for_one_and_for_three(built):
    client = signed_in(built.zhou)

    def questions():
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("alarms:index"))
        return len(seen)

    outcomes = [verification.Outcome("manifest_broken", f"清单第 {number} 页", "签名不符", "待查") for number in range(3)]
    verification.report(outcomes[:1], where="核对文件清单", is_open=True)
    questions()
    one = questions()
    verification.report(outcomes, where="核对文件清单", is_open=True)
    assert questions() == one
