"""Wagtail's own ways around the archive and the review are closed, for superusers too."""

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, get_page_models
from wagtail.test.utils.form_data import querydict_from_html

from tests.staff import edit_url, open_form, signed_in
from wangqun.articles.models import ArticlePage
from wangqun.base.gate import CLOSED
from wangqun.people.models import User
from wangqun.publication.models import Release

pytestmark = pytest.mark.req("ACC-1", "COL-6")


@pytest.fixture
def root(world) -> User:
    return User.objects.create_superuser("root", password="correct-horse-battery-9", name="超级", email="root@example.org")


@pytest.mark.parametrize(
    "name",
    [
        "wagtailusers_users:index",
        "wagtailusers_users:add",
        "wagtailusers_groups:index",
        "wagtailusers_groups:add",
        "wagtailsites:index",
        "wagtailsites:add",
        "wagtailadmin_workflows:index",
        "wagtailadmin_workflows:add",
        "wagtailadmin_workflows:task_index",
        "wagtailadmin_collections:index",
        "wagtailadmin_reports:site_history",
        "wagtailadmin_error_test",
    ],
)
def test_rights_sites_and_workflows_are_not_kept_by_wagtails_own_screens(world, root, name):
    for person in (root, world.zhou, world.wang):
        assert signed_in(person).get(reverse(name)).status_code == 404


@pytest.mark.parametrize("name", ["unpublish", "convert_alias", "copy", "set_privacy", "lock", "unlock"])
def test_pages_are_not_published_copied_or_hidden_by_wagtails_own_screens(world, root, name):
    article = world.released()
    address = reverse(f"wagtailadmin_pages:{name}", args=[article.pk])
    for person in (root, world.wang, world.sun):
        client = signed_in(person)
        assert client.get(address).status_code == 404
        assert client.post(address, {"alias": "on", "publish_copies": "on"}).status_code == 404
    assert Page.objects.get(pk=article.pk).live


@pytest.mark.parametrize("action", ["publish", "unpublish", "move", "delete"])
def test_pages_are_not_handled_in_bulk(world, root, action):
    article = world.draft()
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action]) + f"?id={article.pk}"
    assert signed_in(root).post(address).status_code == 404
    article.refresh_from_db()
    assert not article.live


@pytest.mark.parametrize("action", ["publish", "unpublish", "copy", "create_alias", "delete", "revert_to_page_revision"])
def test_the_programming_interface_does_nothing_to_pages(world, root, action):
    article = world.draft()
    address = reverse("wagtailadmin_api:pages:action", args=[article.pk, action])
    assert signed_in(root).post(address).status_code == 404
    article.refresh_from_db()
    assert not article.live
    assert Page.objects.filter(alias_of__isnull=False).count() == 0


def test_every_closed_address_exists_or_belongs_to_an_app_that_is_not_installed():
    from django.urls import get_resolver

    names = set(names_of(get_resolver()))
    for closed in CLOSED:
        if closed == "wagtailredirects:":
            continue
        assert closed in names or any(name.startswith(closed) for name in names if closed.endswith(":")), closed


def names_of(resolver, prefix=""):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from names_of(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.name:
            yield f"{prefix}{pattern.name}"


def test_the_button_publish_is_not_there(world, root):
    article = world.draft()
    for person in (root, world.wang):
        page = signed_in(person).get(edit_url(article)).content.decode()
        assert "action-publish" not in page
        assert "action-unpublish" not in page
        assert f"/admin/pages/{article.pk}/copy/" not in page


@pytest.mark.parametrize("who", ["root", "wang"])
def test_publishing_past_the_missing_button_changes_nothing(world, root, who):
    article = world.draft()
    person = root if who == "root" else world.wang
    client = signed_in(person)
    client.post(edit_url(article), open_form(client, article) | {"title": "偷偷发布", "action-publish": "1"})
    article.refresh_from_db()
    assert not article.live
    assert not Release.objects.filter(page=article).exists()
    if who == "root":  # the whole request was rolled back
        assert article.get_latest_revision_as_object().title != "偷偷发布"


def test_a_new_page_is_not_published_when_it_is_made(world, root):
    column, client = world.zhengding_news, signed_in(root)
    address = reverse("wagtailadmin_pages:add", args=["articles", "articlepage", column.pk])
    form = {
        "title": "直接发布", "genre": "news", "body-count": "0",
        "attachments-TOTAL_FORMS": "0", "attachments-INITIAL_FORMS": "0",
        "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0", "action-publish": "1",
    }  # fmt: skip
    answer = client.post(address, form)
    assert answer.status_code == 409, answer.content.decode()[-3000:]
    assert "提交审核" in answer.content.decode()
    assert not Page.objects.filter(title="直接发布").exists()


def test_only_an_article_has_a_time_of_publication_and_nobody_sets_the_first_one(world):
    for model in get_page_models():
        if model is Page:
            continue
        fields = set(model.get_edit_handler().get_form_class().base_fields)
        assert "first_published_at" not in fields, model
        assert ({"go_live_at", "expire_at"} <= fields) == (model is ArticlePage), model


def test_a_chosen_time_leaves_nothing_for_wagtail_to_publish(world):
    article, client = world.draft(), signed_in(world.wang)
    form = open_form(client, article) | {"title": "新题目", "go_live_at": "2026-03-20 09:00", "expire_at": "2026-04-20 09:00"}
    assert client.post(edit_url(article), form).status_code == 302
    article = ArticlePage.objects.get(pk=article.pk)
    assert f"{timezone.localtime(article.get_latest_revision_as_object().go_live_at):%Y-%m-%d %H:%M}" == "2026-03-20 09:00"
    assert article.latest_revision.approved_go_live_at is None


def test_a_released_article_is_neither_moved_nor_deleted(world, root):
    article, other = world.released(), world.column("zhengding", "tzgg")
    before = article.path
    for person in (root, world.wang):
        client = signed_in(person)
        client.post(reverse("wagtailadmin_pages:move_confirm", args=[article.pk, other.pk]))
        client.post(reverse("wagtailadmin_pages:delete", args=[article.pk]))
    article.refresh_from_db()
    assert article.path == before


def test_a_column_with_released_articles_is_neither_moved_nor_deleted(world, root):
    world.released()
    column, client = world.zhengding_news, signed_in(root)
    answer = client.post(reverse("wagtailadmin_pages:delete", args=[column.pk]))
    assert answer.status_code == 409
    assert "不能删除" in answer.content.decode()
    answer = client.post(reverse("wagtailadmin_pages:move_confirm", args=[column.pk, column.get_parent().pk]))
    assert answer.status_code in {409, 302}
    assert Page.objects.get(pk=column.pk).path == column.path


def test_the_author_may_delete_a_draft_that_nobody_ever_saw(world):
    article, client = world.draft(), signed_in(world.wang)
    answer = client.post(reverse("wagtailadmin_pages:delete", args=[article.pk]))
    assert answer.status_code == 302, answer.content.decode()[-1000:]
    assert not Page.objects.filter(pk=article.pk).exists()


def test_nobody_else_deletes_it_the_superuser_included(world, root):
    article = world.draft()
    answer = signed_in(root).post(reverse("wagtailadmin_pages:delete", args=[article.pk]))
    assert answer.status_code == 409
    assert "只有起草人" in answer.content.decode()
    assert Page.objects.filter(pk=article.pk).exists()


def test_a_draft_that_was_submitted_keeps_its_review_and_stays(world):
    article = world.submitted()
    answer = signed_in(world.wang).post(reverse("wagtailadmin_pages:delete", args=[article.pk]))
    assert answer.status_code in {302, 409}
    assert Page.objects.filter(pk=article.pk).exists()


def test_the_first_page_and_the_menu_show_nothing_that_is_closed(world, root):
    for person in (root, world.wang):
        page = signed_in(person).get(reverse("wagtailadmin_home")).content.decode()
        assert "网群" in page
        for closed in ("/admin/users/", "/admin/groups/", "/admin/sites/", "/admin/workflows/", "/admin/reports/site-history/"):
            assert closed not in page


def test_the_login_page_is_ours_and_in_chinese(client, db):
    page = client.get(reverse("wagtailadmin_login")).content.decode()
    assert "登录网群后台" in page
    assert "用户名" in page
    assert "Wagtail" not in page.split("<body", 1)[1].split("<script", 1)[0]


def test_a_person_changes_the_own_password_in_chinese(world):
    client, address = signed_in(world.wang), reverse("wagtailadmin_account")
    page = client.get(address).content.decode()
    assert "旧密码" in page
    new = "another-horse-battery-10"
    form = querydict_from_html(page).dict()
    form |= {"password-old_password": "correct-horse-battery-9", "password-new_password1": new, "password-new_password2": new}
    client.post(address, form)
    world.wang.refresh_from_db()
    assert world.wang.check_password(new)
