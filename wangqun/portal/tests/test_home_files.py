import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.public_pages import make_article, make_column, make_home, make_organisation, show_many
from tests.reading import Reading, page, xml
from wangqun.base.moments import today
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.people.models import LeadingGroup, LeadingGroupMember, User
from wangqun.portal.home import home_files
from wangqun.portal.models import HomePage
from wangqun.websites.models import Website

pytestmark = [pytest.mark.req("PUB-1", "PUB-6", "PUB-8"), pytest.mark.django_db]
NUMBERS = {
    "identification_code": "1301000042",
    "icp_number": "冀ICP备12345678号-1",
    "police_number": "冀公网安备 13010202001234号",
}


@pytest.fixture
def portal(db):
    """The portal of the cast, or one of our own where the cast has none, emptied of its public rows but its own."""
    PublicItem.objects.all().delete()
    held = Website.objects.filter(kind=Website.Kind.PORTAL).first()
    if held is None:
        return make_home(introduction="商务信息服务", **NUMBERS)
    Website.objects.filter(pk=held.pk).update(state=Website.State.OPEN, **NUMBERS)
    return HomePage.objects.get(pk=held.site.root_page_id)


@pytest.fixture
def county(db):
    host = make_organisation("阜平县商务局", "fpx", kind="county_bureau")
    return make_home(kind="county", name="阜平县商务", domain="fuping.localhost", organisation=host, theme="blue")


def read(home, path="index.html"):
    return page(home_files(HomePage.objects.get(pk=home.pk)), path)


def test_the_portal_has_emblem_and_name_in_its_head(portal):
    reading = Reading(read(portal))
    assert reading.text("h1") == [portal.website.name]
    assert any("emblem" in image["src"] for image in reading.all("img"))


def test_a_member_site_shows_the_portal_left_and_its_host_and_domain_right(portal, county):
    reading = Reading(read(county))
    assert reading.links()[3] == f"{portal.website.public_url}/"  # after "to the text" and the two kinds of Chinese
    assert f"{portal.website.name} {portal.website.domain}" in " ".join(reading.text("a"))
    assert "主办：阜平县商务局 fuping.localhost" in reading.text("p")
    assert reading.all("html")[0]["data-theme"] == "blue"


@pytest.mark.req("PUB-1", "PUB-7")
def test_portal_and_member_sites_link_to_each_other(portal, county):
    assert f"{county.website.public_url}/" in Reading(read(portal)).links()
    assert f"{portal.website.public_url}/" in Reading(read(county)).links()


def test_a_closed_site_is_not_in_the_directory(portal, county):
    Website.objects.filter(pk=county.website.pk).update(state=Website.State.SUSPENDED)
    assert f"{county.website.public_url}/" not in Reading(read(portal)).links()


def test_the_footer_names_host_numbers_copyright_and_map(portal):
    reading = Reading(read(portal))
    text = " ".join(reading.text("footer"))
    host = portal.website.organisation.name
    for expected in [f"主办单位：{host}", "1301000042", "冀ICP备12345678号-1", f"版权所有：{host}", "分辨率", "网站地图"]:
        assert expected in text
    for expected in [
        "https://beian.miit.gov.cn/", "https://beian.mps.gov.cn/", "https://bszs.conac.cn/", "/map/",
        "https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code=1301000042",
    ]:  # fmt: skip
        assert expected in reading.links()


def test_marks_without_a_number_in_the_registry_are_left_out(county):
    reading = Reading(read(county))
    assert not [link for link in reading.links() if "beian" in link or "conac" in link or "zfwzgl" in link]
    assert reading.tag("SiteIDCode") == ""


def test_the_home_page_carries_the_three_page_tags_and_no_other(portal):
    column = make_column(portal, "demo-dt", "新闻动态")
    make_article(column, "一条", number=1)
    reading = Reading(read(portal))
    assert reading.names() == ["SiteName", "SiteDomain", "SiteIDCode"]
    assert reading.tag("SiteName") == portal.website.name
    assert [link["href"] for link in reading.all("link") if link["rel"] == "canonical"] == [f"{portal.website.public_url}/"]
    kinds = [node["@type"] for node in json.loads(reading.scripts[-1])["@graph"]]
    assert kinds == ["GovernmentOrganization", "WebSite"]


def test_every_main_page_shows_its_update_date(portal):
    column = make_column(portal, "demo-dt", "新闻动态")
    make_article(column, "一条", number=1)
    for path in ("index.html", "map/index.html"):
        assert "更新日期：2026-01-05" in read(portal, path).decode().replace('<time datetime="2026-01-05">', "")


def test_the_headline_is_the_newest_news_with_a_picture(portal):
    column = make_column(portal, "demo-dt", "新闻动态")
    make_article(column, "有图的一条", number=1, shown={"cover": "/demo-dt/a.jpg"})
    make_article(column, "无图的一条", number=2)
    reading = Reading(read(portal))
    assert reading.text("h3") == ["有图的一条"]
    assert "/demo-dt/a.jpg" in [image["src"] for image in reading.all("img")]


def test_notices_law_and_other_columns_have_blocks_of_their_own(portal):
    for slug, title, kind, tag in [
        ("demo-dt", "工作动态", "news", ColumnPage.TagType.NEWS),
        ("demo-gg", "公告栏", "other", ColumnPage.TagType.NOTICE),
        ("demo-fg", "法规库", "law", ColumnPage.TagType.POLICY),
        ("demo-wm", "对外贸易", "other", ColumnPage.TagType.OTHER),
        ("demo-k", "空栏目", "other", ColumnPage.TagType.OTHER),
    ]:
        column = make_column(portal, slug, title, kind=kind, tag_type=tag)
        if slug != "demo-k":
            show_many(column, 2, start={"demo-dt": 1, "demo-gg": 3, "demo-fg": 5, "demo-wm": 7}[slug])
    headings = Reading(read(portal)).text("h2")
    assert [heading for heading in headings if heading in {"工作动态", "公告栏", "法规库", "对外贸易", "空栏目"}] == [
        "工作动态", "工作动态", "公告栏", "法规库", "对外贸易",
    ]  # fmt: skip


def test_the_portal_shows_news_of_the_other_sites_with_absolute_links(portal, county):
    column = make_column(county, "gzdt", "工作动态")
    article = make_article(column, "阜平的一条", number=1)
    reading = Reading(read(portal))
    assert f"{county.website.public_url}{article.public_path}" in reading.links()
    assert "阜平的一条" not in Reading(read(portal, "map/index.html")).text("a")
    assert "阜平的一条" not in read(portal, "feed.xml").decode()


@pytest.mark.req("ORG-2")
def test_the_portal_shows_the_leading_group_with_offices_held(portal):
    LeadingGroupMember.objects.all().delete()
    LeadingGroup.objects.all().delete()
    office = make_organisation("某某信息处", "mmxxc", kind="division")
    group = LeadingGroup.objects.create(name="信息化工作领导小组", office=office, established_on=today())
    for name, until in [("赵组长", None), ("已离任者", today().replace(year=today().year - 1))]:
        user = User.objects.create(username=name, name=name)
        LeadingGroupMember.objects.create(
            group=group, seat="head", organisation=office, office_held="市商务局局长", user=user,
            valid_from=today().replace(year=today().year - 2), valid_until=until,
        )  # fmt: skip
    html = read(portal).decode()
    assert "信息化工作领导小组" in html and "赵组长" in html and "市商务局局长" in html and "已离任者" not in html


def test_an_empty_site_has_a_home_page_that_says_so(county):
    assert "网站内容正在准备" in read(county).decode()


def test_the_map_for_people_lists_every_public_column(portal):
    top = make_column(portal, "demo-dt", "新闻动态")
    make_column(top, "swyw", "商务要闻")
    make_column(top, "ng", "未公开栏目", is_public=False)
    reading = Reading(read(portal, "map/index.html"))
    assert {"/demo-dt/", "/demo-dt/swyw/"} <= set(reading.links())
    assert "未公开栏目" not in reading.text("a")


def test_the_site_map_for_engines_lists_all_public_items_with_their_last_change(portal):
    column = make_column(portal, "demo-dt", "新闻动态")
    show_many(column, 3)
    root = xml(read(portal, "sitemap.xml"))
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    entries = {url.findtext("s:loc", namespaces=space): url.findtext("s:lastmod", namespaces=space) for url in root}
    assert len(entries) == PublicItem.objects.filter(website=portal.website).count() >= 4
    assert entries[f"{portal.website.public_url}/demo-dt/t20260105_0003/"] == "2026-01-05T12:30:00+08:00"


def test_a_site_map_too_long_for_one_file_is_split(portal):
    column = make_column(portal, "demo-dt", "新闻动态")
    show_many(column, 4)
    for place, item in enumerate(PublicItem.objects.filter(website=portal.website).order_by("pk")):
        PublicItem.objects.filter(pk=item.pk).update(map_part=place // 2)
    files = list(home_files(HomePage.objects.get(pk=portal.pk)))
    count = PublicItem.objects.filter(website=portal.website).count()
    parts = [file.path for file in files if file.path.startswith("sitemap-")]
    assert len(parts) == -(-count // 2)
    assert sum(len(xml(page(files, part))) for part in parts) == count
    assert len(xml(page(files, "sitemap.xml"))) == len(parts)


def test_robots_may_read_an_open_site_and_no_other(portal, county):
    assert b"Allow: /" in read(portal, "robots.txt")
    Website.objects.filter(pk=county.website.pk).update(state=Website.State.BUILDING, opened_on=None)
    assert b"Disallow: /" in read(county, "robots.txt")


def test_the_home_page_needs_as_many_queries_for_3_rows_as_for_1(portal, county):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            read(portal)
        return len(captured)

    columns = [make_column(portal, f"demo-{kind}", f"栏目{kind}", kind=kind) for kind in ("news", "law", "other")]
    columns.append(make_column(county, "gzdt", "工作动态"))
    for number, column in enumerate(columns):
        make_article(column, "一", number=number + 1)
    one = queries()
    for number, column in enumerate(columns):
        show_many(column, 2, start=10 * (number + 1))
    assert queries() == one <= 30


def test_no_page_of_the_home_needs_inline_script_or_style(portal):
    reading = Reading(read(portal))
    assert not [values for _tag, values in reading.elements if "style" in values or any(key.startswith("on") for key in values)]
    inline = [values for values in reading.all("script") if "src" not in values]
    assert [values["type"] for values in inline] == ["application/ld+json"]
    assert not reading.all("style")
