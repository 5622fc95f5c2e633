"""Live parts: small, of the moment, kept by nobody, nothing for what is not public."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.public_pages import make_article
from wangqun.columns.models import PublicItem
from wangqun.visits.tests.factories import HOST, TODAY, put_files, visited
from wangqun.websites.models import Website

pytestmark = [pytest.mark.req("ASM-5", "PUB-1")]


@pytest.fixture
def ask(client):
    def get(part: str, path: str, *, host: str = HOST, prefix: str = "", **more: object):
        return client.get(f"{prefix}/live/{part}/", {"path": path}, headers={"host": host}, **more)

    return get


def test_an_article_says_how_often_it_was_read(place, ask) -> None:
    article = place.articles[0]
    visited(article, 1200, robots=500)
    visited(article, 34, language="zh-Hant")
    answer = ask("visits", article.public_path)
    assert answer.status_code == 200
    assert answer.content.decode() == "浏览 1,234 次\n"


def test_a_home_page_says_how_often_the_whole_site_was_read(place, ask) -> None:
    visited(place.home, 5)
    visited(place.articles[0], 7)
    assert ask("visits", "/").content.decode() == "本站访问 12 次\n"


def test_nobody_read_it_yet(place, ask) -> None:
    assert ask("visits", place.articles[0].public_path).content.decode() == "浏览 0 次\n"


def test_most_read_of_the_column_in_thirty_days_without_the_article_itself(place, ask, travel) -> None:
    mine, other = place.articles[0], place.articles[1]
    third = make_article(place.news, "第三篇", number=4)
    put_files(place.website, [third])
    visited(mine, 100)
    visited(other, 3)
    visited(third, 9)
    visited(other, 1000, day=TODAY.replace(month=1))  # longer ago
    visited(place.articles[2], 500)  # another column
    text = ask("related", mine.public_path).content.decode()
    assert "本栏目近期热读" in text
    assert text.index(f'href="{third.public_path}"') < text.index(f'href="{other.public_path}"')
    assert mine.title not in text
    assert place.articles[2].title not in text


def test_no_more_than_eight_are_shown(place, ask) -> None:
    more = [make_article(place.news, f"第{number}篇", number=number) for number in range(10, 40)]
    put_files(place.website, more)
    for article in more:
        visited(article, 5)
    assert ask("related", place.articles[0].public_path).content.decode().count("<li>") == 8


@pytest.mark.parametrize("part", ["visits", "related"])
@pytest.mark.parametrize(
    "path", ["", "gzdt/", "/nowhere/", "/\0", "//", "/../", "/" + "a" * 600, "/gzdt/%00", "/\u202e/", "/\ud83d"]
)
def test_what_is_not_public_is_not_found(place, ask, part, path) -> None:
    answer = ask(part, path.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    assert answer.status_code == 404
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("part", ["visits", "related"])
def test_a_withdrawn_article_has_no_parts_from_that_moment(place, ask, part) -> None:
    article = place.articles[0]
    visited(article, 9)
    assert ask(part, article.public_path).status_code == 200
    PublicItem.objects.filter(page=article.pk).delete()
    assert ask(part, article.public_path).status_code == 404
    assert ask(part, article.public_path, prefix="/zh-hant").status_code == 404


def test_a_withdrawn_article_leaves_the_list_of_the_others_at_once(place, ask) -> None:
    visited(place.articles[1], 9)
    assert place.articles[1].title in ask("related", place.articles[0].public_path).content.decode()
    PublicItem.objects.filter(page=place.articles[1].pk).delete()
    assert ask("related", place.articles[0].public_path).content.decode().strip() == ""


def test_the_pages_of_one_site_are_not_those_of_another(place, ask, world) -> None:
    assert ask("visits", place.articles[0].public_path, host="zhengding.localhost").status_code == 404


@pytest.mark.parametrize("state", [Website.State.SUSPENDED, Website.State.CLOSED])
def test_a_site_that_is_not_open_has_no_parts(place, ask, state) -> None:
    Website.objects.filter(pk=place.website.pk).update(state=state)
    assert ask("visits", place.articles[0].public_path).status_code == 404


def test_an_unknown_host_is_not_found(place, ask) -> None:
    assert ask("visits", "/", host="evil.example").status_code == 404


def test_the_bare_address_of_the_machine_answers_for_the_portal(world, ask, log) -> None:
    home = world.portal.site.root_page.specific
    put_files(world.portal, [home])
    assert ask("visits", "/", host="127.0.0.1:8000").content.decode().startswith("本站访问")


def test_traditional_pages_get_traditional_words_and_addresses(place, ask) -> None:
    visited(place.articles[1], 9)
    path = place.articles[0].public_path
    assert ask("visits", path, prefix="/zh-hant").content.decode() == "瀏覽 0 次\n"
    text = ask("related", path, prefix="/zh-hant").content.decode()
    assert "本欄目近期熱讀" in text
    assert f'href="/zh-hant{place.articles[1].public_path}"' in text
    assert "夜經濟" in text


def test_translated_pages_get_their_own_language(place, ask) -> None:
    article = place.articles[1]
    PublicItem.objects.filter(page=article.pk).update(language="en")
    path = "/en" + article.public_path
    assert ask("visits", path).content.decode() == "0 views\n"
    assert ask("related", path, prefix="/en").content.decode().strip() == ""


@pytest.mark.parametrize("part", ["visits", "related"])
def test_parts_are_kept_by_nobody_set_no_cookie_and_are_read_only(place, ask, client, part) -> None:
    answer = ask(part, place.articles[0].public_path)
    assert answer["Cache-Control"] == "private, no-store"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not answer.cookies
    assert client.post(f"/live/{part}/", headers={"host": HOST}).status_code == 405


@pytest.mark.parametrize(("part", "cold", "warm"), [("visits", 2, 2), ("related", 3, 2)])
def test_a_part_asks_the_database_no_more_often_for_ten_thousand_rows(place, ask, part, cold, warm) -> None:
    from datetime import timedelta

    from wangqun.visits.models import Visit

    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ask(part, place.articles[0].public_path).status_code == 200
        return len(captured)

    assert questions() <= cold
    Visit.objects.bulk_create(
        Visit(
            day=TODAY - timedelta(days=number),
            website=place.website,
            column=place.news,
            page=article,
            language="zh-Hans",
            views=1,
        )
        for number in range(3_334)
        for article in place.articles
    )
    cache.clear()
    assert questions() == cold
    assert questions() == warm
