"""Two people save one page: the stale save is refused, everybody's words are kept."""

import html
import re
import threading

import pytest
from django.db import connections
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from tests.staff import edit_url, open_form, signed_in
from wangqun.access import actions as access
from wangqun.access.models import Role
from wangqun.articles.models import ArticlePage
from wangqun.base.conflict import plain

pytestmark = pytest.mark.req("COL-2")


@pytest.fixture
def two(world):
    """王编辑 and 外人, who for once may both write in Zhengding, have the same draft open."""
    for proposal in access.split(
        user=world.outsider, duty="支援", roles=[Role.EDITOR], page=world.zhengding_news, reason="人手不足", by=world.liu
    ):
        access.grant(proposal, by=world.zhou)
    article = world.draft(title="旧题目", summary="旧摘要")
    first, second = signed_in(world.wang), signed_in(world.outsider)
    return article, (first, open_form(first, article)), (second, open_form(second, article))


def newest(article: ArticlePage) -> ArticlePage:
    return ArticlePage.objects.get(pk=article.pk).get_latest_revision_as_object()


def hidden(page: str) -> dict[str, str]:
    """What the form of the conflict page would send, without the tick."""
    form = page[page.rindex('name="csrfmiddlewaretoken"', 0, page.index('name="after-conflict"')) :]
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {html.unescape(name): html.unescape(value) for name, value in pairs}


def test_a_save_from_the_newest_version_goes_through(two):
    article, (first, form), _ = two
    assert first.post(edit_url(article), form | {"title": "新题目"}).status_code == 302
    assert newest(article).title == "新题目"


def test_the_second_of_two_saves_is_refused_and_overwrites_nothing(two):
    article, (first, one), (second, other) = two
    assert first.post(edit_url(article), one | {"title": "王编辑的题目", "summary": "王编辑的摘要"}).status_code == 302
    revisions = article.revisions.count()
    answer = second.post(edit_url(article), other | {"title": "外人的题目", "author": "外人"})
    assert answer.status_code == 409
    assert newest(article).title == "王编辑的题目"
    assert article.revisions.count() == revisions


def test_the_refusal_shows_what_the_other_changed_field_by_field(two):
    article, (first, one), (second, other) = two
    body = nested_form_data({"body": streamfield([("paragraph", rich_text("<p>改写过的正文。</p>"))])})
    first.post(edit_url(article), one | {"title": "王编辑的题目", "summary": "王编辑的摘要"} | body)
    page = second.post(edit_url(article), other).content.decode()
    assert "王编辑" in page
    assert "改写过的正文" in page
    for label in ("标题", "摘要", "正文"):
        assert re.search(rf'<td class="title">{label}', page), label
    assert "王编辑的摘要" in re.sub(r"<[^>]*>", "", page)
    assert '<td class="title">作者' not in page  # nobody changed it


def test_the_refusal_keeps_everything_typed_ready_to_copy(two):
    article, (first, one), (second, other) = two
    first.post(edit_url(article), one | {"title": "王编辑的题目"})
    answer = second.post(edit_url(article), other | {"title": "外人的题目", "summary": "一段<b>很长</b>的摘要"})
    page = answer.content.decode()
    assert re.search(r"<textarea[^>]*readonly>外人的题目</textarea>", page)
    assert re.search(r"<textarea[^>]*readonly>一段&lt;b&gt;很长&lt;/b&gt;的摘要</textarea>", page)
    assert "活动自本周起在古城举行" in page  # the body too, as text
    assert re.search(r"<textarea[^>]*readonly>动态信息</textarea>", page)  # a choice by its name


def test_after_seeing_the_difference_ones_own_version_can_go_on(two):
    article, (first, one), (second, other) = two
    first.post(edit_url(article), one | {"title": "王编辑的题目"})
    page = second.post(edit_url(article), other | {"title": "外人的题目", "action-submit": "1"}).content.decode()
    again = hidden(page)
    assert "action-submit" not in again  # saved as a draft first, looked at, then submitted
    answer = second.post(edit_url(article), again | {"after-conflict-seen": "1"})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert newest(article).title == "外人的题目"
    assert "活动自本周起" in newest(article).body[0].value.source
    assert "王编辑的题目" in [revision.as_object().title for revision in article.revisions.all()]


def test_without_the_tick_it_is_refused_again(two):
    article, (first, one), (second, other) = two
    first.post(edit_url(article), one | {"title": "王编辑的题目"})
    page = second.post(edit_url(article), other | {"title": "外人的题目"}).content.decode()
    answer = second.post(edit_url(article), hidden(page))
    assert answer.status_code == 409
    assert "请先看过对方的改动并勾选" in answer.content.decode()
    assert newest(article).title == "王编辑的题目"


def test_a_third_save_meanwhile_is_noticed_too(two):
    article, (first, one), (second, other) = two
    first.post(edit_url(article), one | {"title": "第一次"})
    page = second.post(edit_url(article), other | {"title": "外人的题目"}).content.decode()
    first.post(edit_url(article), open_form(first, article) | {"title": "第二次"})
    answer = second.post(edit_url(article), hidden(page) | {"after-conflict-seen": "1"})
    assert answer.status_code == 409
    assert newest(article).title == "第二次"


@pytest.mark.parametrize(
    "missing", [["loaded_revision_id"], ["loaded_revision_created_at"], ["loaded_revision_id", "loaded_revision_created_at"]]
)
def test_a_form_that_does_not_say_what_it_was_made_from_is_stale(two, missing):
    article, (first, form), _ = two
    sent = {name: value for name, value in form.items() if name not in missing}
    assert first.post(edit_url(article), sent | {"title": "新题目"}).status_code == 409
    assert newest(article).title == "旧题目"


def test_saving_by_itself_is_refused_in_the_language_of_the_editor(two):
    article, (first, one), (second, other) = two
    first.post(edit_url(article), one | {"title": "王编辑的题目"})
    answer = second.post(edit_url(article), other | {"title": "外人的题目"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_revision")
    assert newest(article).title == "王编辑的题目"


def test_a_draft_that_saved_itself_may_be_saved_by_hand(two):
    article, (first, one), _ = two
    saved = first.post(edit_url(article), one | {"title": "边写边存"}, headers={"Accept": "application/json"}).json()
    assert saved["success"], saved
    form = one | {
        "title": "写完了",
        "overwrite_revision_id": str(saved["revision_id"]),
        "loaded_revision_created_at": saved["revision_created_at"],
    }
    assert first.post(edit_url(article), form).status_code == 302
    assert newest(article).title == "写完了"


def test_an_autosave_of_the_other_is_noticed(two):
    article, (first, one), (second, other) = two
    first.post(edit_url(article), one | {"title": "边写边存"}, headers={"Accept": "application/json"})
    assert second.post(edit_url(article), other | {"title": "外人的题目"}).status_code == 409
    assert newest(article).title == "边写边存"


def test_rich_text_is_shown_as_plain_paragraphs():
    assert plain('{"blocks": [{"text": "第一段"}, {"text": "第二段"}], "entityMap": {}}') == "第一段\n第二段"
    for other in ("普通文字", '{"不是": "稿件"}', '{"blocks": 5}', '{"坏'):
        assert plain(other) == other


@pytest.mark.postgresql
def test_of_two_saves_at_the_same_moment_one_is_refused(committed_db):
    from tests.world import World

    world = World()
    article = world.draft()
    client = signed_in(world.wang)
    form = open_form(client, article)
    clients = [signed_in(world.wang), signed_in(world.wang)]
    start, statuses = threading.Barrier(2), []

    def save(number: int) -> None:
        start.wait(timeout=30)
        try:
            statuses.append(clients[number].post(edit_url(article), form | {"title": f"第{number}人"}).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(statuses) == [302, 409]
    assert article.revisions.count() == 2
