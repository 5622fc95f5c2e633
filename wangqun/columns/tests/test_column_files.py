from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.public_pages import START, make_article, make_column, make_home, show_many
from tests.reading import Reading, page, xml
from wangqun.columns.lists import column_files, older_pages
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.websites.pages import Assets

pytestmark = [pytest.mark.req("PUB-1", "PUB-6", "PUB-8"), pytest.mark.django_db]


@pytest.fixture
def home(db):
    PublicItem.objects.all().delete()
    return make_home(kind="county", name="阜平县商务", domain="lists.localhost", identification_code="1301230011")


@pytest.fixture
def column(home):
    return make_column(home, "gzdt", "工作动态", tag_type=ColumnPage.TagType.NEWS)


def fresh(column):
    return ColumnPage.objects.get(pk=column.pk)


def made(column):
    return {file.path: file.make(Assets(column.folder)) for file in column_files(fresh(column))}


@pytest.mark.parametrize(("total", "pages"), [(0, 0), (1, 0), (20, 0), (39, 0), (40, 1), (59, 1), (60, 2), (100, 4)])
def test_the_first_page_keeps_20_to_39_entries(column, total, pages):
    show_many(column, total)
    assert older_pages(column) == pages
    loose = PublicItem.objects.articles().filter(column=column, list_page__isnull=True).count()
    assert loose == total - pages * 20
    assert total < 20 or 20 <= loose <= 39


def test_an_empty_column_says_so_and_has_a_valid_feed(column):
    files = made(column)
    assert set(files) == {"gzdt/index.html", "gzdt/feed.xml"}
    assert "暂无内容" in files["gzdt/index.html"].decode()
    assert xml(files["gzdt/feed.xml"]).find("channel/title").text == "工作动态 - 阜平县商务"


def test_entries_show_title_and_date_newest_first(column):
    show_many(column, 3)
    reading = Reading(made(column)["gzdt/index.html"])
    entries = [text for text in reading.text("li") if text.startswith("第")]
    assert entries == ["第3篇2026-01-05", "第2篇2026-01-05", "第1篇2026-01-05"]
    assert all(link.startswith(("/", "#", "http")) for link in reading.links())


def test_one_more_article_changes_the_first_page_and_the_feed_only(column):
    show_many(column, 65)
    before = made(column)
    show_many(column, 1, start=66)
    after = made(column)
    assert set(before) == set(after)
    assert {path for path in after if after[path] != before[path]} == {"gzdt/index.html", "gzdt/feed.xml"}


def test_the_fortieth_article_moves_the_oldest_twenty_to_page_1(column):
    show_many(column, 39)
    before = made(column)
    assert "gzdt/p/1/index.html" not in before
    show_many(column, 1, start=40)
    after = made(column)
    oldest = Reading(after["gzdt/p/1/index.html"])
    assert [text[: text.index("篇")] for text in oldest.text("li") if text.startswith("第") and "篇" in text] == [
        f"第{number}" for number in range(20, 0, -1)
    ]
    newest = Reading(after["gzdt/index.html"])
    assert sum("篇" in text for text in newest.text("li")) == 20
    assert "/gzdt/p/1/" in newest.links() and "/gzdt/" in oldest.links()


def test_at_the_next_full_page_only_its_neighbour_gains_a_link(column):
    show_many(column, 79)
    before = made(column)
    show_many(column, 1, start=80)
    after = made(column)
    assert set(after) - set(before) == {"gzdt/p/3/index.html"}
    changed = {path for path in before if after[path] != before[path]}
    assert changed == {"gzdt/index.html", "gzdt/feed.xml", "gzdt/p/2/index.html"}


def test_every_article_of_a_long_column_is_on_exactly_one_page(column):
    show_many(column, 85)
    found = [
        link
        for path, content in made(column).items()
        if path.endswith(".html")
        for link in Reading(content).links()
        if "/t2026" in link
    ]
    assert len(found) == len(set(found)) == 85


def test_a_list_page_carries_the_seven_page_tags_and_no_tag_of_an_article(column):
    show_many(column, 45)
    for path in ("gzdt/index.html", "gzdt/p/1/index.html"):
        reading = Reading(made(column)[path])
        assert reading.names() == [
            "SiteName", "SiteDomain", "SiteIDCode", "ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType",
        ]  # fmt: skip
        assert reading.tag("ColumnName") == "工作动态" and reading.tag("ColumnType") == "工作动态"
        assert reading.tag("ColumnKeywords") == "商务,石家庄"
        canonical = [link["href"] for link in reading.all("link") if link["rel"] == "canonical"]
        assert canonical == [f"{column.website.public_url}/{path.removesuffix('index.html')}"]


def test_a_column_shows_its_update_date(column):
    show_many(column, 30)
    assert "更新日期：2026-01-06" in Reading(made(column)["gzdt/index.html"]).text("span")


def test_a_parent_column_shows_the_newest_of_each_child_and_feeds_all(column):
    first, second = make_column(column, "swyw", "商务要闻"), make_column(column, "xqdt", "县区动态")
    hidden = make_column(column, "ng", "未公开栏目", is_public=False)
    show_many(first, 8)
    make_article(second, "县区的一条", number=50)
    make_article(hidden, "未公开的一条", number=51, is_public=False)
    files = made(column)
    reading = Reading(files["gzdt/index.html"])
    assert reading.text("h2") == ["商务要闻", "县区动态"]
    assert [text for text in reading.text("li") if "篇" in text] == [f"第{number}篇2026-01-05" for number in range(8, 2, -1)]
    assert "未公开" not in files["gzdt/index.html"].decode()
    assert len(xml(files["gzdt/feed.xml"]).findall("channel/item")) == 9


def test_what_is_live_in_wagtail_without_a_public_row_is_not_listed(column):
    article = make_article(column, "没有备案的稿件", number=1)
    PublicItem.objects.filter(page_id=article.pk).delete()
    assert all("没有备案的稿件" not in content.decode() for content in made(column).values())


def test_the_feed_is_rss_with_absolute_addresses_and_local_time(column):
    show_many(column, 25)
    root = xml(made(column)["gzdt/feed.xml"])
    items = root.findall("channel/item")
    assert root.attrib["version"] == "2.0" and len(items) == 20
    assert items[0].findtext("title") == "第25篇"
    assert items[0].findtext("link") == items[0].findtext("guid")
    assert items[0].findtext("link").startswith(f"{column.website.public_url}/gzdt/t2026")
    assert items[0].findtext("pubDate") == "Tue, 06 Jan 2026 10:30:00 +0800"
    own = root.find("channel/{http://www.w3.org/2005/Atom}link").attrib
    assert own == {"rel": "self", "href": f"{column.website.public_url}/gzdt/feed.xml"}


def test_a_control_character_in_a_title_does_not_break_the_feed(column):
    make_article(column, "标\x0b题 <b>&", number=1)
    item = xml(made(column)["gzdt/feed.xml"]).find("channel/item")
    assert item.findtext("title") == "标题 <b>&"


def test_a_title_is_text_never_markup(column):
    make_article(column, "<script>alert(1)</script>", number=1)
    assert b"<script>alert" not in made(column)["gzdt/index.html"]


def test_rendering_twice_gives_the_same_bytes(column, travel):
    show_many(column, 3)
    travel("2026-03-01 09:00")
    before = made(column)
    travel("2027-04-02 10:00")
    assert made(column) == before


@pytest.mark.parametrize("path", ["gzdt/index.html", "gzdt/feed.xml"])
def test_a_list_needs_as_many_queries_for_3_rows_as_for_1(column, path):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            page(column_files(fresh(column)), path)
        return len(captured)

    child = make_column(column, "swyw", "商务要闻")
    make_article(column, "一", number=1)
    make_article(child, "二", number=2)
    one = queries()
    show_many(column, 2, start=3)
    show_many(child, 2, start=5)
    assert queries() == one <= 30


def test_entries_of_the_same_moment_keep_one_order_on_all_pages(column):
    for number in range(1, 46):
        make_article(column, f"第{number}篇", number=number, at=START + timedelta(hours=1))
    files = made(column)
    found = [link for path in files if path.endswith("html") for link in Reading(files[path]).links() if "/t2026" in link]
    assert len(found) == len(set(found)) == 45
