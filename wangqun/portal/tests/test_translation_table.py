"""The table of pages by language, and the page from which an article is translated. 依据：沪15。"""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wangqun.articles import actions as articles
from wangqun.articles.models import ArticlePage
from wangqun.columns.models import PublicItem
from wangqun.languages import actions as languages
from wangqun.languages.models import PageName, ProtectedWord
from wangqun.portal import translations
from wangqun.publication.models import Release
from wangqun.reviews import actions as reviews

pytestmark = pytest.mark.req("PUB-4")


def release(world, draft: ArticlePage, **changes) -> ArticlePage:
    if changes:
        draft = articles.revise(draft, by=world.wang, base_revision=draft.latest_revision_id, **changes)
    reviews.submit(ArticlePage.objects.get(pk=draft.pk), by=world.wang)
    world.pass_review(draft)
    return ArticlePage.objects.get(pk=draft.pk)


@pytest.fixture
def table(world, client):
    def ask(person=None, **query) -> str:
        client.force_login(person or world.wang)
        return client.get(reverse("translations:index"), query).content.decode()

    return ask


def state_of(source: ArticlePage, language: str) -> str:
    item = PublicItem.objects.get(page_id=source.pk)
    shown = str(translations.states([item])[source.pk][language])
    code = translations.with_state(PublicItem.objects.filter(pk=item.pk), language).get().state
    assert translations.states([item])[source.pk][language].code == code  # the list and its filter say the same
    return shown


def test_an_article_without_translations_is_converted_and_lacks_english(world):
    source = world.released()
    assert state_of(source, "zh-Hant") == "自动转换"
    assert state_of(source, "en") == "缺"


def test_a_translation_is_in_work_then_in_step_then_behind_by_so_many_versions(world):
    source = world.released()
    draft = articles.translate(source, language="en", by=world.wang)
    assert state_of(source, "en") == "在译"
    release(world, draft, title="English")
    assert state_of(source, "en") == "已同步"
    for number in (1, 2):
        release(world, ArticlePage.objects.get(pk=source.pk), summary=f"第{number}次", correction_note="更正。")
        assert state_of(source, "en") == f"落后 {number} 版"


def test_a_text_by_hand_is_in_effect_or_behind(world):
    source = world.released()
    release(world, articles.translate(source, language="zh-Hant", by=world.wang), title="手改")
    assert state_of(source, "zh-Hant") == "人工繁体（有效）"
    release(world, ArticlePage.objects.get(pk=source.pk), summary="改", correction_note="更正。")
    assert state_of(source, "zh-Hant") == "人工繁体（落后，现用自动转换）"


def test_columns_have_a_name_or_lack_one(world):
    column = world.zhengding_news
    assert state_of(column, "en") == "缺"
    languages.save_name(column, language="en", title="News", by=world.zhou)
    assert state_of(column, "en") == "已同步"


def test_the_table_filters_by_language_and_state(world, table):
    done, open_ = world.released(title="已有英文的稿件"), world.released(title="没有英文的稿件")
    release(world, articles.translate(done, language="en", by=world.wang), title="English")
    assert done.title in table(language="en", state="synced")
    assert open_.title not in table(language="en", state="synced")
    missing = table(language="en", state="missing", kind="article")
    assert open_.title in missing
    assert done.title not in missing
    assert done.title in table(state="synced")


def test_the_table_filters_by_site_and_column(world, table):
    article = world.released(title="正定的稿件")
    assert article.title in table(website=world.zhengding.pk)
    assert article.title in table(column=world.zhengding_news.pk)
    assert article.title not in table(person=world.zhou, website=world.portal.pk)


def test_everyone_sees_the_pages_of_their_own_scope(world, table):
    article = world.released(title="正定的稿件")
    assert article.title in table(world.wang)
    assert article.title not in table(world.gao)
    assert article.title in table(world.sun)


def test_a_translation_is_no_row_of_its_own(world, table):
    source = world.released()
    release(world, articles.translate(source, language="en", by=world.wang), title="In English only")
    assert "In English only" not in table()


def test_the_table_is_exported_with_the_states(world, client):
    source = world.released(title="导出的稿件")
    release(world, articles.translate(source, language="en", by=world.wang), title="English")
    client.force_login(world.wang)
    answer = client.get(reverse("translations:index"), {"export": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    row = next(row for row in rows if row["标题"] == source.title)
    assert (row["英文"], row["繁体中文"]) == ("已同步", "自动转换")


def test_the_table_costs_the_same_at_one_row_and_at_many(world, client):
    client.force_login(world.wang)

    def count() -> int:
        client.get(reverse("translations:index"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("translations:index"), {"language": "en", "state": "missing"}).status_code == 200
        return len(queries)

    world.released(title="第一篇")
    few = count()
    for number in range(4):
        world.released(title=f"另一篇之{number}")
    assert count() == few


def test_an_editor_begins_a_translation_from_the_article(world, client):
    source = world.released()
    client.force_login(world.wang)
    edit = client.get(reverse("wagtailadmin_pages:edit", args=[source.pk])).content.decode()
    assert reverse("translate", args=[source.pk]) in edit
    page = client.get(reverse("translate", args=[source.pk])).content.decode()
    assert "翻译成英文" in page
    answer = client.post(reverse("translate", args=[source.pk]), {"language": "en"})
    made = ArticlePage.objects.get(translation_of=source, language="en")
    assert answer.url == reverse("wagtailadmin_pages:edit", args=[made.pk])


def test_an_editor_sees_what_changed_and_states_that_the_translation_follows(world, client):
    source = world.released()
    english = release(world, articles.translate(source, language="en", by=world.wang), title="English")
    release(world, ArticlePage.objects.get(pk=source.pk), summary="改", correction_note="更正。")
    client.force_login(world.wang)
    page = client.get(reverse("translate", args=[english.pk])).content.decode()
    assert "落后 1 版" in page
    assert "看原稿改了什么" in page
    client.post(reverse("translate", args=[source.pk]), {"follows": english.pk})
    draft = ArticlePage.objects.get(pk=english.pk).get_latest_revision_as_object()
    assert draft.translated_hash == Release.objects.filter(page_id=source.pk).order_by("-number").first().content_hash
    assert "已对照最新原稿</button>" not in client.get(reverse("translate", args=[source.pk])).content.decode()


def test_who_may_not_write_there_does_not_find_the_page(world, client):
    source = world.released()
    client.force_login(world.outsider)
    assert client.get(reverse("translate", args=[source.pk])).status_code == 404
    assert client.post(reverse("translate", args=[source.pk]), {"language": "en"}).status_code == 404
    assert not ArticlePage.objects.filter(translation_of=source).exists()


def test_the_office_enters_changes_and_removes_a_protected_name(world, client):
    client.force_login(world.zhou)
    values = {"word": "余建国", "written_as": "余建國", "remark": "工作人员"}
    assert client.post(reverse("protected_words:enter"), values).status_code == 302
    held = ProtectedWord.objects.get()
    assert "余建國" in client.get(reverse("protected_words:index")).content.decode()
    assert client.get(reverse("protected_words:change", args=[held.pk])).status_code == 200
    client.post(reverse("protected_words:change", args=[held.pk]), values | {"written_as": "餘建國"})
    assert ProtectedWord.objects.get().written == "餘建國"
    client.post(reverse("protected_words:remove", args=[held.pk]))
    assert not ProtectedWord.objects.exists()


@pytest.mark.parametrize(
    ("word", "written", "sentence"),
    [("余", "余", "至少两个字"), ("余建国", "余建", "应有 3 个字"), ("abc", "abc", "含汉字"), ("余建国", "余建國", "已经登记")],
)
def test_a_name_that_would_do_harm_is_refused_in_a_sentence(world, client, word, written, sentence):
    languages.save_word(word="余建国", written_as="余建國", by=world.zhou)
    client.force_login(world.zhou)
    answer = client.post(reverse("protected_words:enter"), {"word": word, "written_as": written})
    assert answer.status_code == 409
    assert sentence in answer.content.decode()
    assert ProtectedWord.objects.count() == 1


def test_only_the_office_keeps_the_names(world, client):
    client.force_login(world.wang)
    for address in (reverse("protected_words:enter"), reverse("protected_words:index")):
        assert client.get(address).status_code in {302, 403, 404}
    assert client.post(reverse("protected_words:enter"), {"word": "余建国", "written_as": "余建國"}).status_code == 404
    assert not ProtectedWord.objects.exists()


def test_who_keeps_the_column_gives_it_a_name_in_english(world, client):
    column = world.zhengding_news
    client.force_login(world.zhou)
    assert client.get(reverse("page_names", args=[column.pk])).status_code == 200
    client.post(reverse("page_names", args=[column.pk]), {"en": "News"})
    assert PageName.objects.get(page=column).title == "News"
    client.post(reverse("page_names", args=[column.pk]), {"en": ""})
    assert not PageName.objects.exists()
    client.force_login(world.wang)
    assert client.post(reverse("page_names", args=[column.pk]), {"en": "X"}).status_code == 404


@pytest.mark.parametrize(("path", "words"), [("/en/nowhere/", "Page not found"), ("/zh-hant/nowhere/", "沒有這個頁面")])
def test_what_is_not_found_says_so_in_the_language_of_its_address(world, client, path, words):
    answer = client.get(path, headers={"host": "zhengding.localhost"})
    assert answer.status_code == 404
    assert words in answer.content.decode()
