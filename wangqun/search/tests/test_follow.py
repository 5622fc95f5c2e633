"""The follower: every release record reaches the index once, whatever happens in between."""

import os
import signal
import subprocess
import sys
import time
from io import BytesIO, StringIO

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.core.management.base import CommandError
from wagtail.documents import get_document_model
from wagtail.models import Revision

from wangqun.articles.models import ArticlePage
from wangqun.columns.models import PublicItem
from wangqun.publication import actions as publication
from wangqun.publication.models import Release
from wangqun.search import asking, attachments, follow
from wangqun.search.engine import Broken, Position, Question, Unavailable
from wangqun.search.local import LocalEngine
from wangqun.websites.models import Website

pytestmark = pytest.mark.req("PUB-2")


def found(index, q) -> list[int]:
    read = asking.read(q)
    sites = tuple(Website.objects.values_list("pk", flat=True))
    return [hit.page_id for hit in index.search(Question(words=read.words, title=read.title, websites=sites)).found]


def test_the_first_step_builds_the_index_of_all_that_is_public(world, index):
    article = world.released(title="夜市开街")
    follow.step(index)
    assert found(index, "夜市") == [article.pk]
    assert set(index.stamps()) == set(PublicItem.objects.values_list("page_id", flat=True))
    assert follow.step(index) == 0


def test_releases_corrections_and_withdrawals_are_followed(searched, index):
    article = searched.released(title="夜市开街")
    assert follow.step(index) == 1
    assert found(index, "夜市") == [article.pk]
    publication.withdraw(article, by=searched.liu, reason="wrong")
    assert follow.step(index) == 1
    assert found(index, "夜市") == []
    assert article.pk not in index.stamps()


def test_a_record_that_becomes_visible_after_one_with_a_higher_number_is_read_too(searched, index):
    early = searched.released(title="早先的夜市")
    late = searched.released(title="后来的夜市")
    first, second = Release.objects.get(page=early), Release.objects.get(page=late)
    before = index.position()
    index.put(follow.documents([late.pk]))  # as if the first one had not been committed yet
    index.commit(Position(second.pk, before.seen | {second.pk}))
    assert first.pk < index.position().newest
    assert follow.step(index) == 1
    assert set(found(index, "夜市")) == {early.pk, late.pk}


def test_killed_before_its_position_is_kept_it_does_the_work_again_without_doubles(searched, index):
    article = searched.released(title="夜市开街")
    before = index.position()
    follow.step(index)
    index.put([])
    index.commit(before)  # what a kill between the index's commit and the position leaves behind
    assert follow.step(index) == 1
    assert found(index, "夜市") == [article.pk]
    assert list(index.stamps()).count(article.pk) == 1


def test_killed_before_the_commit_nothing_is_lost(searched, index):
    article = searched.released(title="夜市开街")
    index.put(follow.documents([article.pk]))
    index._writer[1].rollback()
    assert found(index, "夜市") == []
    follow.step(index)
    assert found(index, "夜市") == [article.pk]


def test_the_nightly_comparison_repairs_what_differs_and_then_has_nothing_to_do(searched, index):
    kept, gone = searched.released(title="夜市开街"), searched.released(title="夜市闭市")
    follow.step(index)
    index.remove([kept.pk])
    index.commit(index.position())
    PublicItem.objects.filter(page_id=gone.pk).delete()
    PublicItem.objects.filter(page_id=searched.zhengding_news.pk).update(title="动态信息")
    assert follow.compare(index) == 3
    assert found(index, "夜市") == [kept.pk]
    assert searched.zhengding_news.pk in found(index, "动态信息")
    assert follow.compare(index) == 0


def test_a_text_that_differs_from_its_record_is_not_indexed(searched, index):
    article = searched.released(title="夜市开街")
    revision = Release.objects.get(page=article).revision
    Revision.objects.filter(pk=revision.pk).update(content=revision.content | {"summary": "偷偷改过"})
    follow.step(index)
    assert found(index, "夜市") == []
    assert found(index, "偷偷") == []


def test_a_rebuild_while_another_writes_loses_nothing(searched, index):
    searched.released(title="夜市开街")
    follow.step(index)  # the writer of the old index is open
    follow.rebuild(index)
    article = searched.released(title="夜市扩容")
    assert follow.step(index) == 1
    assert article.pk in found(index, "夜市")
    assert follow.differences(index) == set()


def test_the_commands_rebuild_check_and_follow(searched, index):
    article = searched.released(title="夜市开街")
    with pytest.raises(CommandError, match="1 页与公开条目不符"):
        call_command("check_search", stdout=StringIO())
    call_command("follow_releases", "--once")
    said = StringIO()
    call_command("check_search", stdout=said)
    assert "一致" in said.getvalue()
    call_command("rebuild_search", stdout=said)
    assert "共 9 篇" in said.getvalue()
    assert found(index, "夜市") == [article.pk]


def test_without_an_index_the_check_says_so(world, index):
    with pytest.raises(CommandError, match="还没有建立"):
        call_command("check_search", stdout=StringIO())


def test_a_broken_index_is_unavailable_and_no_error(searched, index):
    folder = index.folder / "current"
    (folder.resolve() / "meta.json").write_text("{}")
    with pytest.raises(Broken):
        found(index, "动态")
    with pytest.raises(Broken):
        LocalEngine(index.folder).put([])
    follow.rebuild(index)
    assert found(index, "动态")


def test_a_writer_that_fails_is_replaced_and_nothing_is_lost(searched, index, monkeypatch):
    article = searched.released(title="夜市开街")
    follow.step(index)
    late = searched.released(title="夜市扩容")

    def full(*args):
        raise ValueError("No space left on device")

    monkeypatch.setattr("wangqun.search.local._keep", full)
    with pytest.raises(Unavailable):
        follow.step(index)
    monkeypatch.undo()
    assert follow.step(index) == 1
    assert set(found(index, "夜市")) == {article.pk, late.pk}


def test_one_page_that_cannot_be_read_does_not_hold_up_the_others(searched, index, monkeypatch):
    odd, fine = searched.released(title="夜市开街"), searched.released(title="夜市扩容")
    from wangqun.search import documents

    read = documents.read

    def fails(page):
        if page.pk == odd.pk:
            raise KeyError("odd")
        return read(page)

    monkeypatch.setattr(documents, "read", fails)
    assert follow.step(index) == 2
    assert found(index, "夜市") == [fine.pk]
    monkeypatch.undo()
    assert follow.compare(index) == 1
    assert set(found(index, "夜市")) == {odd.pk, fine.pk}


# -- attachments ---------------------------------------------------------------------------------------------------------


def pdf(text: str) -> bytes:
    from wangqun.base.pdf import render_pdf

    return render_pdf(f"<p style='font-family: Noto Sans CJK SC'>{text}</p>")


def docx(text: str) -> bytes:
    from docx import Document

    made, out = Document(), BytesIO()
    made.add_paragraph("说明")
    made.add_table(1, 1).cell(0, 0).text = text
    made.save(out)
    return out.getvalue()


def xlsx(text: str) -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(), BytesIO()
    book.active.append(["序号", text])
    book.save(out)
    return out.getvalue()


FILES = {
    "a.pdf": lambda: pdf("申报指南细则"), "b.docx": lambda: docx("联络员名册"), "c.xlsx": lambda: xlsx("补贴标准"),
    "d.csv": lambda: "企业名录,电话".encode("gb18030"), "e.txt": "\ufeff会议须知".encode,
    "broken.pdf": lambda: b"%PDF-1.7 nothing",
    "broken.xlsx": lambda: b"PK\x03\x04 no zip", "odd.zip": lambda: b"PK",
}  # fmt: skip


def test_the_text_of_attachments_is_found_and_a_broken_one_is_skipped_and_named(searched, index, settings):
    documents = [
        get_document_model().objects.create(title=name, file=ContentFile(make(), name)) for name, make in FILES.items()
    ]
    from wangqun.articles.models import ArticleAttachment

    article = searched.draft(title="关于申报的通知")
    article.attachments = [ArticleAttachment(document=one, title=f"附件{place}") for place, one in enumerate(documents)]
    article.save_revision(user=searched.wang)
    from wangqun.reviews import actions as reviews

    reviews.submit(article, by=searched.wang)
    searched.pass_review(article)
    follow.step(index)
    for q in ("申报指南细则", "联络员名册", "补贴标准", "企业名录", "会议须知", "关于申报的通知"):
        assert found(index, q) == [article.pk], q
    said = StringIO()
    call_command("check_search", stdout=said)
    assert said.getvalue().count("附件读不出文字") == 2


def test_a_text_is_read_once_and_kept(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("会议须知", encoding="utf-8")
    assert attachments.text_of(file, ".txt", "digest", tmp_path / "texts") == "会议须知"
    file.unlink()
    assert attachments.text_of(file, ".txt", "digest", tmp_path / "texts") == "会议须知"


def test_a_file_that_unpacks_to_gigabytes_is_refused(tmp_path):
    import zipfile

    file = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * (attachments.MOST_UNPACKED + 1))
    assert attachments.text_of(file, ".xlsx", "bomb", tmp_path / "texts") == ""
    assert [reason for _, reason in attachments.faults(tmp_path / "texts")] == ["展开后过大"]


def test_only_so_much_of_a_text_is_read(tmp_path):
    file = tmp_path / "long.txt"
    file.write_text("长" * 300_000, encoding="utf-8")
    assert len(attachments.text_of(file, ".txt", "long", tmp_path / "texts")) == attachments.LONGEST


# -- the process itself --------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
@pytest.mark.committed
def test_the_process_follows_within_a_second_and_survives_being_killed(committed_db, tmp_path):
    """The real command on a committed database: kill it at once after a release, start it again."""
    import time_machine
    from django.db import connection

    from tests.world import World
    from wangqun.search.local import LocalEngine

    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG": "1", "WANGQUN_DATA": str(django_settings.DATA),
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }  # fmt: skip
    command = [sys.executable, "manage.py", "follow_releases"]
    index = LocalEngine(django_settings.SEARCH_ROOT)

    def until(condition, seconds=120.0) -> float:
        start = time.monotonic()
        while not condition():
            assert time.monotonic() - start < seconds, "not in time"
            time.sleep(0.02)
        return time.monotonic() - start

    def wait_for(article: ArticlePage) -> float:
        return until(lambda: index.position() is not None and article.pk in index.stamps())

    world = World()
    with time_machine.travel("2026-03-10T01:00:00Z", tick=True):
        first = world.released(title="夜市开街")
        process = subprocess.Popen(command, env=environment, cwd=django_settings.BASE_DIR)
        try:
            wait_for(first)
            second = world.released(title="夜市扩容")
            assert wait_for(second) < 10  # 0.3 s usually; the machine may be busy
            third = world.released(title="夜市延时")
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = subprocess.Popen(command, env=environment, cwd=django_settings.BASE_DIR)
            wait_for(third)
            assert set(index.stamps()) == set(PublicItem.objects.values_list("page_id", flat=True))
        finally:
            process.terminate()
            assert process.wait(20) is not None
