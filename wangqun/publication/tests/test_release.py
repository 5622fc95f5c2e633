"""Release and withdrawal: records, files, lists; and what cannot become public."""

import shutil

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from wagtail.documents.models import Document

from wangqun.articles.actions import revise
from wangqun.articles.models import ArticlePage
from wangqun.base.errors import Refused
from wangqun.columns.models import PublicItem
from wangqun.publication import actions as publication
from wangqun.publication import dependents, tree, verification
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Alarm, File, Release, RenderOrder
from wangqun.reviews import actions as reviews

HOST = "zhengding.localhost"


@pytest.fixture
def built(world):
    """The world with its files written, and no file of another test."""
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    work_off()
    return world


def text_of(path, host=HOST):
    return (settings.RELEASE_ROOT / "current" / host / path).read_text(encoding="utf-8")


def exists(path, host=HOST):
    return (settings.RELEASE_ROOT / "current" / host / path).exists()


@pytest.mark.req("GRP-5")
def test_the_record_says_who_wrote_reviewed_and_published_what_when_and_where(built):
    article = built.released()
    record = Release.objects.get(page=article)
    assert (record.kind, record.number, record.author) == ("first", 1, built.wang)
    assert [item["name"] for item in record.approvers] == ["刘科长", "孙主任"] or [
        item["name"] for item in record.approvers
    ] == [
        "刘科长",
        "钱副主任",
    ]
    assert record.organisation.code == "zhengding"
    assert record.address == article.public_path
    assert record.examination.content_hash == record.content_hash


@pytest.mark.req("PUB-8")
def test_article_list_home_portal_feed_and_map_are_written(built):
    article = built.released(title="正定夜市开张")
    work_off()
    path = article.public_path.strip("/")
    assert "正定夜市开张" in text_of(f"{path}/index.html")
    for name in ("gzdt/index.html", "index.html", "feed.xml", "gzdt/feed.xml"):
        assert "正定夜市开张" in text_of(name), name
    assert article.public_path in text_of("sitemap.xml")
    assert "正定夜市开张" in text_of("index.html", "portal.localhost")


@pytest.mark.req("GRP-5")
def test_nothing_of_a_draft_or_a_text_under_review_is_public(built):
    article = built.submitted(title="还在审核的稿件")
    work_off()
    assert not exists(article.public_path.strip("/") + "/index.html")
    assert "还在审核的稿件" not in text_of("gzdt/index.html")


@pytest.mark.req("COL-8")
def test_the_publication_time_is_given_once_and_a_correction_never_moves_it(built, travel):
    travel("2026-03-11 10:00")
    article = built.released()
    first = Release.objects.get(page=article).published_at
    travel("2026-03-20 16:00")
    revise(article, by=built.wang, base_revision=article.latest_revision_id, title="更正后的标题", correction_note="更正标题")
    reviews.submit(article, by=built.wang)
    built.pass_review(article)
    article.refresh_from_db()
    assert article.first_published_at == first
    assert list(Release.objects.filter(page=article).order_by("number").values_list("kind", flat=True)) == [
        "first",
        "correction",
    ]
    work_off()
    page = text_of(article.public_path.strip("/") + "/index.html")
    assert "更正后的标题" in page and "更正标题" in page and "2026-03-11 10:00" in page


@pytest.mark.req("COL-8")
def test_a_withdrawn_article_leaves_a_notice_and_disappears_from_every_list(built):
    article = built.released(title="有误的稿件")
    work_off()
    publication.withdraw(article, by=built.liu, reason="wrong", note="数据有误。")
    work_off()
    path = article.public_path.strip("/")
    assert not exists(f"{path}/index.html")
    assert "数据有误。" in text_of(f"{path}/gone.html")
    for name in ("gzdt/index.html", "index.html", "feed.xml", "sitemap.xml", "map/index.html"):
        assert "有误的稿件" not in text_of(name) and article.public_path not in text_of(name), name
    assert not PublicItem.objects.filter(page_id=article.pk).exists()
    with pytest.raises(Refused, match="没有公开"):
        publication.withdraw(article, by=built.liu, reason="wrong")


@pytest.mark.req("COL-8")
def test_a_withdrawal_needs_a_reason_and_the_right(built):
    article = built.released()
    with pytest.raises(Refused, match="请选择撤下的原因"):
        publication.withdraw(article, by=built.liu, reason="")
    with pytest.raises(Refused, match="没有在"):
        publication.withdraw(article, by=built.outsider, reason="wrong")
    with pytest.raises(Refused, match="没有在"):
        publication.withdraw(article, by=built.wang, reason="wrong")
    assert publication.is_public(article)


def test_an_attachment_is_public_only_while_a_released_page_refers_to_it(built):
    document = Document.objects.create(title="名单", file=ContentFile("甲,乙".encode(), name="list.csv"))
    article = built.released(attachments=[("参展企业名单", document)])
    work_off()
    copies = list(File.objects.filter(page_id=article.pk, path__endswith=".csv"))
    assert len(copies) == 1
    path = copies[0].path
    assert exists(path)
    page = ArticlePage.objects.get(pk=article.pk)
    revise(page, by=built.wang, base_revision=page.latest_revision_id, attachments=[])
    reviews.submit(article, by=built.wang)
    work_off()
    assert exists(path), "still public until the change is released"
    built.pass_review(article)
    work_off()
    assert not exists(path)


def test_an_attachment_replaced_after_the_signature_is_not_published(built):
    document = Document.objects.create(title="名单", file=ContentFile("甲,乙".encode(), name="list.csv"))
    article = built.submitted(attachments=[("参展企业名单", document)])
    reviews.approve(reviews.task_of(article), by=built.liu)
    document.file = ContentFile("丙,丁".encode(), name="list2.csv")
    document.file_hash = ""
    document._set_document_file_metadata()
    document.save()
    with pytest.raises(Refused):
        reviews.approve(reviews.task_of(article), by=built.sun)
    assert not publication.is_public(article)


def test_wagtail_publish_without_a_release_shows_nothing_and_raises_an_alarm(built):
    article = built.draft(title="绕过审核的稿件")
    article.get_latest_revision().publish(skip_permission_checks=True)
    RenderOrder.objects.all().delete()
    dependents.order_page(article, reason="试")
    work_off()
    assert not exists(article.public_path.strip("/") + "/index.html")
    assert "绕过审核的稿件" not in text_of("gzdt/index.html")
    alarms = verification.reconcile()
    assert [alarm.kind for alarm in alarms] == ["live_without_release"]
    assert len(verification.reconcile()) == 1, "the same finding is one alarm"
    assert built.zhou.notices.filter(topic="alarm").count() == 1


def test_an_alias_and_a_copy_made_live_by_wagtail_are_not_public(built):
    article = built.released(title="原稿")
    alias = article.create_alias(parent=built.gaocheng_news, update_slug="t20990101_0001")
    assert alias.live
    work_off()
    assert not exists("gzdt/t20990101_0001/index.html", "gaocheng.localhost")
    assert "原稿" not in text_of("gzdt/index.html", "gaocheng.localhost")
    assert any(alarm.page_id == alias.pk for alarm in verification.reconcile())


def test_text_changed_behind_the_record_is_never_rendered(built):
    article = built.released(title="签过字的标题")
    work_off()
    revision = article.get_latest_revision()
    content = revision.content | {"title": "偷换的标题"}
    type(revision).objects.filter(pk=revision.pk).update(content=content)
    dependents.order_page(article, reason="试")
    work_off()
    assert "签过字的标题" in text_of(article.public_path.strip("/") + "/index.html")
    assert Alarm.objects.filter(kind="content_differs", cleared_at__isnull=True).exists()


def test_the_release_refuses_where_the_signatures_are_not_complete(built):
    article = built.submitted()
    state = ArticlePage.objects.get(pk=article.pk).current_workflow_state
    with pytest.raises(Refused, match="签署不全"):
        publication.release(state, by=built.sun)
    assert not Release.objects.filter(page=article).exists()


def test_an_article_cannot_be_released_as_structure(built):
    with pytest.raises(Refused, match="须经审核流程"):
        publication.release_structure(built.draft(), by=built.zhou, reason="试")


def test_altered_missing_and_added_files_are_found_and_restored(built):
    article = built.released()
    work_off()
    path = article.public_path.strip("/") + "/index.html"
    right = text_of(path)
    target = settings.RELEASE_ROOT / "current" / HOST / path
    target.write_text(right.replace("活动", "赌博"), encoding="utf-8")
    (settings.RELEASE_ROOT / "current" / HOST / "gzdt/index.html").unlink()
    (settings.RELEASE_ROOT / "current" / HOST / "dark.html").write_text("暗链", encoding="utf-8")
    kinds = {alarm.kind for alarm in verification.verify()}
    assert kinds == {"file_altered", "file_missing", "file_added"}
    work_off()
    assert text_of(path) == right
    assert exists("gzdt/index.html") and not exists("dark.html")
    assert verification.verify() == []


def test_twins_hold_the_same_bytes_as_their_file(built):
    import gzip

    import brotli

    article = built.released()
    work_off()
    target = settings.RELEASE_ROOT / "current" / HOST / (article.public_path.strip("/") + "/index.html")
    content = target.read_bytes()
    assert gzip.decompress(target.with_name("index.html.gz").read_bytes()) == content
    assert brotli.decompress(target.with_name("index.html.br").read_bytes()) == content


@pytest.mark.parametrize("path", ["../x", "a//b", "/a", "a/../b", ".hidden", "a/.b"])
def test_no_path_leaves_the_tree(path):
    with pytest.raises(ValueError, match="not a path"):
        tree.location("portal.localhost", 1, path)


@pytest.mark.req("PUB-6")
def test_every_released_article_can_be_read_without_an_account(built):
    article = built.released()
    work_off()
    page = text_of(article.public_path.strip("/") + "/index.html")
    assert "csrfmiddlewaretoken" not in page and "sessionid" not in page
