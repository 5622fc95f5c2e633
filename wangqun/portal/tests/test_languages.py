"""A page in its languages: conversion, texts by hand, translations; what follows what. 依据：沪15。"""

import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings

from tests.reading import Reading, xml
from wangqun.articles import actions as articles
from wangqun.articles.models import ArticlePage
from wangqun.base.errors import Refused
from wangqun.clocks.models import Clock
from wangqun.columns.models import PublicItem
from wangqun.languages import actions as languages
from wangqun.portal.translations import versions_behind
from wangqun.publication import actions as publication
from wangqun.publication.jobs import work_off
from wangqun.publication.models import File, Release
from wangqun.reviews import actions as reviews

pytestmark = pytest.mark.req("PUB-4")
HOST = "zhengding.localhost"


def at(path: str) -> Path:
    return settings.RELEASE_ROOT / "current" / HOST / path


def text(path: str) -> str:
    return at(path).read_text(encoding="utf-8")


def reading(path: str) -> Reading:
    return Reading(at(path).read_bytes())


@pytest.fixture
def source(world):
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all(host=HOST)
    article = world.released(title="头发产业发展大会召开")
    work_off()
    return article


def finish(world, draft: ArticlePage, **changes) -> ArticlePage:
    """Fill in a draft, let everybody sign, make the files."""
    if changes:
        draft = articles.revise(draft, by=world.wang, base_revision=draft.latest_revision_id, **changes)
    reviews.submit(ArticlePage.objects.get(pk=draft.pk), by=world.wang)
    world.pass_review(draft)
    work_off()
    return ArticlePage.objects.get(pk=draft.pk)


def correct(world, article: ArticlePage, **changes) -> ArticlePage:
    return finish(world, ArticlePage.objects.get(pk=article.pk), correction_note="更正。", **changes)


@pytest.fixture
def english(world, source):
    draft = articles.translate(source, language="en", by=world.wang)
    return finish(world, draft, title="Conference on the hair industry", summary="A summary.")


def test_every_page_stands_in_traditional_chinese_too(source):
    made = text(f"zh-hant/{source.folder}/index.html")
    assert '<html lang="zh-Hant"' in made
    assert "頭髮產業發展大會召開" in made
    for path in ("index.html", "gzdt/index.html", "gzdt/feed.xml", "feed.xml", "map/index.html"):
        assert at(f"zh-hant/{path}").exists()
    assert "頭髮產業發展大會召開" in text("zh-hant/gzdt/index.html")


def test_the_switch_stays_on_the_page_and_says_which_language_it_is(source):
    for path, current in (("", "zh-Hans"), ("zh-hant/", "zh-Hant")):
        page = reading(f"{path}{source.folder}/index.html")
        switch = [link for link in page.all("a") if "hreflang" in link]
        assert [(link["hreflang"], link["href"]) for link in switch] == [
            ("zh-Hans", source.public_path),
            ("zh-Hant", f"/zh-hant{source.public_path}"),
        ]
        assert [link["hreflang"] for link in switch if link.get("aria-current")] == [current]


def test_engines_are_told_all_languages_of_a_page(source, english):
    base = source.website.public_url
    expected = [
        ("zh-Hans", f"{base}{source.public_path}"),
        ("zh-Hant", f"{base}/zh-hant{source.public_path}"),
        ("en", f"{base}/en{source.public_path}"),
        ("x-default", f"{base}{source.public_path}"),
    ]
    for path in ("", "zh-hant/", "en/"):
        page = reading(f"{path}{source.folder}/index.html")
        links = [(link["hreflang"], link["href"]) for link in page.all("link") if "hreflang" in link]
        assert links == expected
        canonical = next(link["href"] for link in page.all("link") if link.get("rel") == "canonical")
        assert canonical == f"{base}/{path}{source.folder}/"


def test_the_map_for_engines_names_every_language(source, english):
    entries = {entry.find("{*}loc").text: entry for entry in xml(at("sitemap.xml").read_bytes())}
    base = source.website.public_url
    for address in (source.public_path, f"/en{source.public_path}"):
        links = entries[base + address].findall("{http://www.w3.org/1999/xhtml}link")
        assert [link.get("hreflang") for link in links] == ["zh-Hans", "zh-Hant", "en", "x-default"]
    assert f"{base}/en/" in entries
    assert f"{base}/en/gzdt/" in entries


def test_a_translation_stands_at_its_sources_address_and_speaks_its_language(source, english):
    assert english.public_path == f"/en{source.public_path}"
    page = text(f"en/{source.folder}/index.html")
    assert '<html lang="en"' in page
    for words in ("Conference on the hair industry", "10 March 2026", "Home", "Published: ", "Skip to content"):
        assert words in page
    assert not at(f"zh-hant/en/{source.folder}/index.html").exists()


def test_on_a_page_in_english_only_what_says_that_it_is_chinese_is_chinese(world, source, english):
    languages.save_name(source.column, language="en", title="News", by=world.zhou)
    languages.save_name(source.website.site.root_page, language="en", title="Zhengding Commerce", by=world.zhou)
    body = [("paragraph", "<p>The text.</p>")]
    finish(world, english, body=body, author="Wang", correction_note="Author added.")
    for path in (f"en/{source.folder}/index.html", "en/index.html", "en/gzdt/index.html"):
        shown = re.sub(r'<(\w+)[^>]* lang="zh-[^>]*>.*?</\1>', "", text(path).partition("<body")[2], flags=re.DOTALL)
        assert re.findall(r"[\u4e00-\u9fff]+", shown) == []


def test_lists_in_chinese_never_show_a_translation_and_lists_in_english_show_nothing_else(source, english):
    for path in ("index.html", "gzdt/index.html", "feed.xml", "gzdt/feed.xml"):
        assert "hair industry" not in text(path)
        assert "hair industry" in text(f"en/{path}")
        assert "头发" not in text(f"en/{path}")


def test_where_there_is_no_english_the_switch_leads_to_the_english_home_and_says_so(world, source, english):
    other = world.released(title="另一篇没有译文的稿件")
    work_off()
    link = next(link for link in reading(f"{other.folder}/index.html").all("a") if link.get("hreflang") == "en")
    assert link["href"] == "/en/"
    assert "(home page)" in text(f"{other.folder}/index.html")


def test_with_the_first_translation_the_switch_of_every_page_gains_its_language_and_loses_it_with_the_last(world, source):
    other = world.released(title="另一篇没有译文的稿件")
    work_off()
    assert "English" not in text(f"{other.folder}/index.html")
    draft = articles.translate(source, language="en", by=world.wang)
    english = finish(world, draft, title="In English")
    for path in (f"{other.folder}/index.html", "gzdt/index.html", "index.html", f"{source.folder}/index.html"):
        assert "English" in text(path)
    publication.withdraw(english, by=world.sun, reason=Release.WithdrawalReason.WRONG)
    work_off()
    for path in (f"{other.folder}/index.html", "gzdt/index.html", "index.html", f"{source.folder}/index.html"):
        assert "English" not in text(path)
    for path in ("en/index.html", "en/feed.xml", "en/gzdt/index.html", "en/gzdt/feed.xml"):
        assert not at(path).exists()
    assert at(f"en/{source.folder}/gone.html").exists()


def test_a_correction_of_the_source_makes_the_translation_stale_and_its_page_says_so(world, source, english):
    assert "earlier version" not in text(f"en/{source.folder}/index.html")
    correct(world, source, summary="更正后的摘要。")
    assert versions_behind(english) == 1
    assert "This translation is based on an earlier version" in text(f"en/{source.folder}/index.html")
    correct(world, source, summary="再次更正后的摘要。")
    assert versions_behind(english) == 2


def test_a_translator_who_followed_the_source_is_up_to_date_after_the_next_release(world, source, english):
    correct(world, source, summary="更正后的摘要。")
    fresh = ArticlePage.objects.get(pk=english.pk)
    draft = articles.follow_source(fresh, by=world.wang, base_revision=fresh.latest_revision_id)
    assert versions_behind(ArticlePage.objects.get(pk=english.pk)) == 1  # not yet released
    finish(world, draft, summary="The corrected summary.")
    assert versions_behind(ArticlePage.objects.get(pk=english.pk)) == 0
    assert "earlier version" not in text(f"en/{source.folder}/index.html")


def test_a_text_by_hand_takes_the_place_of_the_conversion_while_it_is_of_the_same_version(world, source):
    draft = articles.translate(source, language="zh-Hant", by=world.wang)
    assert draft.title == "頭髮產業發展大會召開"
    made = finish(world, draft, title="髮品產業發展大會召開，于謙致辭", body=[("paragraph", "<p>于謙說：后干。</p>")])
    page = text(f"zh-hant/{source.folder}/index.html")
    assert "髮品產業發展大會召開，于謙致辭" in page
    assert "<p>于謙說：后干。</p>" in page
    assert "當前位置" in page
    row = File.objects.public().get(path=f"zh-hant/{source.folder}/index.html", tree__website=source.website)
    assert row.release.page_id == made.pk
    assert "头发产业发展大会召开" in text(f"{source.folder}/index.html")
    assert "髮品" not in text("gzdt/index.html")

    correct(world, source, title="头发产业发展大会圆满召开")
    page = text(f"zh-hant/{source.folder}/index.html")
    assert "頭髮產業發展大會圓滿召開" in page
    assert "髮品" not in page


def test_a_text_by_hand_that_is_withdrawn_leaves_its_place_to_the_conversion(world, source):
    draft = articles.translate(source, language="zh-Hant", by=world.wang)
    made = finish(world, draft, title="髮品產業發展大會召開")
    publication.withdraw(made, by=world.sun, reason=Release.WithdrawalReason.WRONG)
    work_off()
    assert "頭髮產業發展大會召開" in text(f"zh-hant/{source.folder}/index.html")
    assert not at(f"zh-hant/{source.folder}/gone.html").exists()


def test_when_the_source_is_withdrawn_every_language_answers_gone(world, source, english):
    by_hand = finish(world, articles.translate(source, language="zh-Hant", by=world.wang), title="髮品產業發展大會召開")
    publication.withdraw(ArticlePage.objects.get(pk=source.pk), by=world.sun, reason=Release.WithdrawalReason.WRONG)
    work_off()
    for path in ("", "zh-hant/", "en/"):
        assert at(f"{path}{source.folder}/gone.html").exists()
        assert not at(f"{path}{source.folder}/index.html").exists()
    assert '<html lang="en"' in text(f"en/{source.folder}/gone.html")
    assert "This page has been withdrawn" in text(f"en/{source.folder}/gone.html")
    assert "此頁已撤下" in text(f"zh-hant/{source.folder}/gone.html")
    assert not PublicItem.objects.filter(page_id__in=[source.pk, english.pk, by_hand.pk]).exists()


def test_a_translation_is_no_update_of_the_column(world, source, travel):
    travel("2026-03-12 09:00")
    before = {clock.pk: clock.due_on for clock in Clock.objects.all()}
    finish(world, articles.translate(source, language="en", by=world.wang), title="In English")
    assert {clock.pk: clock.due_on for clock in Clock.objects.all()} == before


def test_a_changed_list_of_names_reaches_every_traditional_page(world, source):
    languages.save_word(word="头发产业", written_as="頭发產業", by=world.zhou)
    work_off()
    assert "頭发產業發展大會" in text(f"zh-hant/{source.folder}/index.html")
    assert "頭发產業發展大會" in text("zh-hant/gzdt/index.html")


def test_a_name_in_another_language_reaches_the_pages_in_it(world, source, english):
    languages.save_name(source.column, language="en", title="News of Zhengding", by=world.zhou)
    work_off()
    for path in ("en/index.html", "en/gzdt/index.html", f"en/{source.folder}/index.html"):
        assert "News of Zhengding" in text(path)


@pytest.mark.parametrize("language", ["fr", "zh-Hans", ""])
def test_only_languages_that_are_kept_here_can_be_translated_into(world, source, language):
    with pytest.raises(Refused, match="没有开设"):
        articles.translate(source, language=language, by=world.wang)


def test_an_article_has_one_translation_into_a_language(world, source):
    articles.translate(source, language="en", by=world.wang)
    with pytest.raises(Refused, match="已有英文稿"):
        articles.translate(source, language="en", by=world.wang)


def test_a_translation_is_not_translated(world, source, english):
    with pytest.raises(Refused, match="请从简体原稿开始"):
        articles.translate(english, language="zh-Hant", by=world.wang)


def test_what_is_not_public_is_not_translated(world):
    draft = world.draft()
    with pytest.raises(Refused, match="公开后才能翻译"):
        articles.translate(draft, language="en", by=world.wang)


def test_who_may_not_write_in_the_column_does_not_translate(world, source):
    before = ArticlePage.objects.count()
    with pytest.raises(Refused):
        articles.translate(source, language="en", by=world.outsider)
    assert ArticlePage.objects.count() == before


def test_a_translation_passes_the_same_review(world, source):
    draft = articles.translate(source, language="en", by=world.wang)
    assert not PublicItem.objects.filter(page_id=draft.pk).exists()
    assert not at(f"en/{source.folder}/index.html").exists()
