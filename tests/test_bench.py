"""The corpus of the measurements is what real releases leave, and the frame tells what it measured."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import models
from wagtail.models import Page

from bench import __main__ as frame
from bench import common
from bench.corpus import texts
from bench.filling import NAMED_SITES, Filling, fill
from tests import database
from wangqun.articles.models import ArticlePage
from wangqun.columns.models import LIST_LENGTH, PublicItem
from wangqun.publication.models import Release
from wangqun.publication.render import make_page, newest_releases
from wangqun.publication.verification import reconcile
from wangqun.screening.actions import examine
from wangqun.websites.content import content_hash

AMOUNT = 220


def test_the_same_texts_come_every_time_and_no_two_have_one_title():
    first, again = list(texts(400)), list(texts(400))
    assert first == again
    assert list(texts(100, start=300, of=400)) == first[300:]
    assert len({text.title for text in texts(5_000)}) == 5_000


def test_texts_are_as_long_as_articles_are_and_some_have_a_number_or_a_form():
    some = list(texts(400))
    assert all(950 < len(text.body) < 1_600 for text in some)
    assert {text.genre for text in some} == {"news", "notice", "policy"}
    assert any(text.document_number for text in some)
    assert any(text.attachment for text in some)
    assert [text.on for text in some] == sorted(text.on for text in some)


@pytest.fixture(scope="module")
def filled(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    """A database of its own, filled with a small corpus."""
    folder = tmp_path_factory.mktemp("corpus")
    with django_db_blocker.unblock():
        from django.db import connection

        before, saved = connection.settings_dict["NAME"], settings.DATA.with_name(settings.DATA.name + "-saved")
        shutil.copytree(settings.DATA, saved, dirs_exist_ok=True)
        target = folder / "corpus.sqlite3"
        shutil.copy(database.CACHE / f"{database.schema()}.sqlite3", target)
        database._point_at(str(target))
        fill(AMOUNT, NAMED_SITES, columns_per_site=1, say=lambda text: None)
        yield
        database._point_at(before)
        shutil.rmtree(settings.DATA)
        saved.rename(settings.DATA)


def pair() -> tuple[ArticlePage, ArticlePage]:
    """Return an article that was really released, and a copy in the same column that has a form too."""
    copy = ArticlePage.objects.filter(attachments__isnull=False).order_by("-pk").first()
    assert copy is not None
    real = copy.get_siblings(inclusive=False).order_by("path").first().specific
    assert real.pk < copy.pk
    return real, copy


MAY_DIFFER = {
    "ArticlePage": {
        "id", "page_ptr_id", "path", "url_path", "slug", "translation_key", "title", "draft_title", "latest_revision_id",
        "live_revision_id", "genre", "summary", "body", "document_number",
    },
    "Revision": {"id", "object_id", "object_str", "content"},
    "WorkflowState": {"id", "object_id", "current_task_state_id"},
    "TaskState": {"id", "workflow_state_id", "revision_id"},
    "Signing": {"id", "task_state_id", "workflow_state_id", "page_id", "revision_id", "content_hash"},
    "Examination": {"id", "revision_id", "page_id", "content_hash"},
    "Release": {
        "id", "page_id", "revision_id", "content_hash", "title", "address", "approvers", "examination_id", "workflow_state_id",
    },
    "PublicItem": {"id", "page_id", "path", "title", "summary", "address", "list_page", "map_part"},
    "ArticleAttachment": {"id", "page_id", "document_id", "title"},
}  # fmt: skip


@pytest.mark.sqlite
def test_a_copied_article_differs_from_a_released_one_in_text_keys_and_moments_only(filled, db):
    real, copy = pair()
    work = Filling(AMOUNT, NAMED_SITES, 1, lambda text: None)
    rows = [work.read(None, page.pk, None).rows for page in (real, copy)]
    for model in rows[0]:
        for one, other in zip(rows[0][model], rows[1][model], strict=True):
            fields = [item for item in type(one)._meta.concrete_fields if not isinstance(item, models.DateTimeField)]
            differing = {item.attname for item in fields if getattr(one, item.attname) != getattr(other, item.attname)}
            assert differing <= MAY_DIFFER[type(one).__name__], type(one).__name__
            missing = [
                {item.attname for item in fields if getattr(row, item.attname) is None} - MAY_DIFFER[type(one).__name__]
                for row in (one, other)
            ]
            assert missing[0] == missing[1]


@pytest.mark.sqlite
def test_the_stored_revision_of_a_copy_has_the_keys_and_types_of_a_real_one(filled, db):
    real, copy = (page.latest_revision.content for page in pair())
    assert {key: type(value) for key, value in real.items()} == {key: type(value) for key, value in copy.items()}
    first, second = (json.loads(content["body"])[0] for content in (real, copy))
    assert {key: type(value) for key, value in first.items()} == {key: type(value) for key, value in second.items()}
    assert set(real["attachments"][0]) == set(copy["attachments"][0])


@pytest.mark.sqlite
def test_nothing_alarms_in_the_corpus_and_the_tree_of_pages_is_sound(filled, db):
    assert ArticlePage.objects.count() == PublicItem.objects.articles().count() == AMOUNT
    assert reconcile() == []
    assert all(not problems for problems in Page.find_problems())
    for page in Page.objects.filter(depth__gt=2).select_related("content_type"):
        assert page.url_path == f"{page.get_parent().url_path}{page.slug}/"
    for release in Release.objects.select_related("revision__content_type"):
        assert content_hash(release.revision) == release.content_hash


@pytest.mark.sqlite
def test_lists_are_sealed_from_the_oldest_as_releases_would_have(filled, db):
    columns = PublicItem.objects.articles().values_list("column", flat=True).distinct()
    for column in columns:
        items = list(PublicItem.objects.articles().filter(column=column).order_by("published_at", "pk"))
        pages = [item.list_page for item in items]
        loose = pages.count(None)
        assert pages == [place // LIST_LENGTH + 1 for place in range(len(items) - loose)] + [None] * loose
        assert loose == len(items) or LIST_LENGTH <= loose < 2 * LIST_LENGTH


@pytest.mark.sqlite
def test_files_are_made_of_a_copy_and_its_text_passes_the_machine(filled, db):
    _real, copy = pair()
    release = newest_releases([copy.pk])[copy.pk]
    made = make_page(copy.pk, release)
    assert copy.title in made.files[0].content.decode()
    assert [file.path.rpartition(".")[2] for file in made.files] == ["html", "html", "csv"]
    assert examine(copy.latest_revision).is_passed


def test_a_module_that_fails_is_told_and_the_others_still_run(tmp_path, monkeypatch, capsys):
    ran: list[str] = []

    def run(name: str, *, full: bool) -> list[common.Row] | None:
        ran.append(name)
        return None if name == "serve" else [common.at_most("等待", 2.0, "秒", 1.5)]

    monkeypatch.setattr(frame, "run", run)
    monkeypatch.setattr(frame, "OUTPUT", tmp_path / "bench.json")
    monkeypatch.setattr("sys.argv", ["bench", "serve", "search"])
    monkeypatch.delenv("FULL", raising=False)
    assert frame.main() == 1
    assert ran == ["serve", "search"]
    rows = json.loads(Path(tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert [set(row) for row in rows] == [{"name", "value", "unit", "baseline", "ratio", "bar", "holds", "module"}]
    assert "未达到" in capsys.readouterr().out


def test_a_share_counts_against_its_bar_and_a_limit_against_itself():
    assert common.share("a", 90, "次/秒", 100, 0.8)["holds"]
    assert not common.share("a", 70, "次/秒", 100, 0.8)["holds"]
    assert common.at_most("a", 1.4, "秒", 1.5)["holds"]
    assert not common.at_least("a", 240, "页/秒", 250)["holds"]
