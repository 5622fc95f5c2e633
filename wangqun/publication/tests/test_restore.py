"""What an article said before can be compared and taken up again as a draft; readers see it after a review only."""

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import querydict_from_html

from tests.staff import body_fields, edit_url, open_form, signed_in
from wangqun.articles.actions import revise
from wangqun.articles.models import ArticlePage
from wangqun.columns.models import PublicItem
from wangqun.publication.models import Release
from wangqun.reviews import actions as reviews

pytestmark = pytest.mark.req("COL-8")


@pytest.fixture
def article(world) -> ArticlePage:
    """Released twice: first as 旧题目, then as 新题目."""
    page = world.released(title="旧题目", text="<p>活动在旧城举行。</p>")
    body = [("paragraph", "<p>活动在新城举行。</p>")]
    revise(page, by=world.wang, base_revision=page.latest_revision_id, title="新题目", body=body)
    reviews.submit(page, by=world.wang)
    world.pass_review(page)
    return ArticlePage.objects.get(pk=page.pk)


def revisions(article):
    return [release.revision for release in Release.objects.filter(page=article).order_by("number")]


def test_the_history_names_who_saved_what_in_chinese(world, article):
    page = signed_in(world.wang).get(reverse("wagtailadmin_pages:history", args=[article.pk])).content.decode()
    assert "王编辑" in page
    assert reverse("wagtailadmin_pages:revisions_revert", args=[article.pk, revisions(article)[0].pk]) in page
    assert "Review this version" not in page and "Compare with" not in page


def test_two_versions_are_compared_word_by_word(world, article):
    old, new = revisions(article)
    address = reverse("wagtailadmin_pages:revisions_compare", args=[article.pk, old.pk, new.pk])
    page = signed_in(world.wang).get(address).content.decode()
    assert '<span class="deletion">旧' in page and '<span class="addition">新' in page
    assert "标题" in page and "正文" in page
    for english in ("Comparing", "Changes", "Fields", "There are no differences"):
        assert english not in page


def test_an_old_version_becomes_a_new_draft_that_nobody_sees_before_a_review(world, article):
    old, _ = revisions(article)
    client, address = signed_in(world.wang), reverse("wagtailadmin_pages:revisions_revert", args=[article.pk, old.pk])
    page = client.get(address).content.decode()
    assert "旧题目" in page and "You are viewing" not in page
    form = querydict_from_html(page, form_id="page-edit-form").dict() | body_fields(old.as_object().body)
    assert form["title"] == "旧题目"
    assert f'action="{address}"' in page
    answer = client.post(address, form)
    assert answer.status_code == 302
    again = ArticlePage.objects.get(pk=article.pk)
    assert again.get_latest_revision_as_object().title == "旧题目"
    assert "旧城" in again.get_latest_revision_as_object().body[0].value.source
    assert PublicItem.objects.get(page_id=article.pk).title == "新题目"
    assert Release.objects.filter(page=article).count() == 2
    reviews.submit(again, by=world.wang)
    world.pass_review(again)
    assert PublicItem.objects.get(page_id=article.pk).title == "旧题目"
    assert Release.objects.filter(page=article).order_by("-number").first().kind == "correction"


@pytest.mark.parametrize("name", ["history", "revisions_compare", "revisions_revert"])
def test_people_of_other_sites_see_no_old_version(world, article, name):
    old, new = revisions(article)
    more = {"history": [], "revisions_compare": [old.pk, new.pk], "revisions_revert": [old.pk]}[name]
    answer = signed_in(world.outsider).get(reverse(f"wagtailadmin_pages:{name}", args=[article.pk, *more]))
    assert answer.status_code in {302, 403}
    assert "旧题目" not in answer.content.decode()


def test_a_text_under_review_or_waiting_is_not_turned_back(world, article):
    old, _ = revisions(article)
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title="第三版")
    reviews.submit(article, by=world.wang)
    client = signed_in(world.wang)
    form = open_form(client, article) | {"title": "旧题目", "revision": str(old.pk)}
    client.post(edit_url(article), form)
    assert ArticlePage.objects.get(pk=article.pk).get_latest_revision_as_object().title == "第三版"
