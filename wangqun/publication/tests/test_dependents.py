"""Which files a change touches: those that show it, and no other."""

import shutil
from datetime import date

import pytest
from django.conf import settings
from django.core.management import call_command

from wangqun.articles.actions import revise
from wangqun.columns import actions as columns
from wangqun.columns.models import PublicItem
from wangqun.people import actions as people
from wangqun.publication import actions as publication
from wangqun.publication import dependents
from wangqun.publication.jobs import one_go, work_off
from wangqun.publication.models import File, Rebuild, RenderOrder
from wangqun.reviews import actions as reviews
from wangqun.websites import actions as websites

HOST, PORTAL = "zhengding.localhost", "portal.localhost"

pytestmark = [pytest.mark.req("COL-8"), pytest.mark.req("PUB-8")]


@pytest.fixture
def built(world):
    """The world with its files written, and no file of another test."""
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    work_off()
    return world


def state():
    """Every public file with its bytes' digest and the run that made it."""
    return {str(row): (row.sha256, row.run) for row in File.objects.public().select_related("tree")}


def made_since(before):
    """The files made again since `before`, whether or not their bytes changed."""
    return {name for name, (_digest, run) in state().items() if name not in before or before[name][1] != run}


def changed_since(before):
    after = state()
    return {name for name in after if name not in before or before[name][0] != after[name][0]}


def both(*paths, host=HOST):
    """The addresses of files in simplified and traditional Chinese."""
    return {f"{host}/{prefix}{path}" for path in paths for prefix in ("", "zh-hant/")}


def test_a_release_makes_the_page_its_lists_homes_feeds_and_maps_and_nothing_else(built):
    built.released(title="先前的稿件")
    work_off()
    before = state()
    article = built.released(title="正定夜市开张")
    work_off()
    path = article.public_path.strip("/")
    expected = both(f"{path}/index.html", "gzdt/index.html", "gzdt/feed.xml", "index.html", "feed.xml", "map/index.html")
    expected |= {f"{HOST}/sitemap.xml"} | both("index.html", host=PORTAL)
    assert made_since(before) == expected
    assert len(expected) <= 40


def test_a_corrected_article_changes_the_texts_that_link_to_it(built):
    first = built.released(title="有人引用的稿件")
    body = [("paragraph", f'<p>见<a linktype="page" id="{first.pk}">前文</a>。</p>')]
    linking = built.released(title="引用它的稿件", body=body)
    other = built.released(title="无关的稿件")
    work_off()
    page = linking.public_path.strip("/") + "/index.html"
    assert f'href="{first.public_path}"' in (settings.RELEASE_ROOT / "current" / HOST / page).read_text(encoding="utf-8")
    before = state()
    publication.withdraw(first, by=built.liu, reason="wrong", note="数字有误。")
    work_off()
    assert f"{HOST}/{page}" in changed_since(before)
    assert f"{HOST}/{other.public_path.strip('/')}/index.html" not in made_since(before)
    assert f'href="{first.public_path}"' not in (settings.RELEASE_ROOT / "current" / HOST / page).read_text(encoding="utf-8")


def test_a_text_that_linked_to_a_withdrawn_page_gains_the_link_again_with_its_return(built):
    first = built.released(title="撤下又发布的稿件")
    body = [("paragraph", f'<p>见<a linktype="page" id="{first.pk}">前文</a>。</p>')]
    linking = built.released(title="引用它的稿件", body=body)
    publication.withdraw(first, by=built.liu, reason="wrong", note="")
    work_off()
    page = settings.RELEASE_ROOT / "current" / HOST / linking.public_path.strip("/") / "index.html"
    assert first.public_path not in page.read_text(encoding="utf-8")
    first.refresh_from_db()
    revise(first, by=built.wang, base_revision=first.latest_revision_id, summary="更正后再发布。")
    reviews.submit(first, by=built.wang)
    built.pass_review(first)
    work_off()
    assert f'href="{first.public_path}"' in page.read_text(encoding="utf-8")


def test_entries_keep_their_list_page_for_good_and_a_withdrawal_touches_that_page_only(built):
    column = built.zhengding_news
    articles = [built.released(title=f"第{number}篇") for number in range(1, 5)]
    # Sixty-odd more, as earlier releases would have left them.
    item = PublicItem.objects.get(page_id=articles[0].pk)
    assert item.list_page is None
    PublicItem.objects.filter(page_id__in=[one.pk for one in articles[:2]]).update(list_page=1)
    PublicItem.objects.filter(page_id__in=[one.pk for one in articles[2:3]]).update(list_page=2)
    publication.order_all(host=HOST)
    work_off()
    before = state()
    publication.withdraw(articles[0], by=built.liu, reason="wrong", note="")
    work_off()
    pages = {name for name in made_since(before) if "/p/" in name}
    assert pages == both("gzdt/p/1/index.html")
    text = (settings.RELEASE_ROOT / "current" / HOST / "gzdt/p/1/index.html").read_text(encoding="utf-8")
    assert "第1篇" not in text
    assert "第2篇" in text
    assert columns.seal(column) == []


def test_the_fortieth_article_moves_the_oldest_twenty_to_a_page_of_their_own(built, monkeypatch):
    monkeypatch.setattr(columns, "LIST_LENGTH", 2)  # the same rule with smaller pages
    for number in range(1, 4):
        built.released(title=f"第{number}篇")
    work_off()
    before = state()
    built.released(title="第4篇")
    work_off()
    assert both("gzdt/p/1/index.html") <= made_since(before)
    older = (settings.RELEASE_ROOT / "current" / HOST / "gzdt/p/1/index.html").read_text(encoding="utf-8")
    newest = (settings.RELEASE_ROOT / "current" / HOST / "gzdt/index.html").read_text(encoding="utf-8")
    assert all(f"第{number}篇" in older for number in (1, 2))
    assert all(f"第{number}篇" in newest for number in (3, 4))
    assert "第1篇" not in newest
    for number in (5, 6):
        built.released(title=f"第{number}篇")
    before = state()
    work_off()
    assert both("gzdt/p/1/index.html", "gzdt/p/2/index.html") <= made_since(before), "the page before gains its link"


def test_a_column_with_another_name_changes_every_page_of_its_site_and_none_of_another(built):
    built.released(title="栏目下的稿件")
    work_off()
    before = state()
    column = built.zhengding_news
    column.title = "工作动态（新）"
    column.save_revision(user=built.sun)
    publication.release_structure(column, by=built.sun, reason="栏目更名")
    work_off()
    pages = {name for name in state() if name.startswith(HOST) and name.endswith("index.html")}
    assert pages <= changed_since(before)
    assert not {name for name in changed_since(before) if name.startswith(PORTAL)}


def test_changed_facts_of_the_registry_and_of_organisations_reach_every_page_that_shows_them(built):
    article = built.released(title="页脚")
    work_off()
    websites.register(built.zhengding, by=built.zhou, reason="更换电话", contact="0311-88880000")
    work_off()
    page = settings.RELEASE_ROOT / "current" / HOST / article.public_path.strip("/") / "index.html"
    assert "0311-88880000" in page.read_text(encoding="utf-8")


def test_a_suspended_site_disappears_at_once_with_every_link_to_it_and_comes_back_as_it_should_be(built):
    kept = built.released(title="暂停前的稿件")
    gone = built.released(title="暂停中撤下的稿件")
    work_off()
    websites.suspend(built.zhengding, by=built.zhou, reason="整改")
    work_off()
    assert not (settings.RELEASE_ROOT / "current" / HOST).exists()
    assert HOST not in (settings.RELEASE_ROOT / "hosts.json").read_text(encoding="utf-8")
    portal = (settings.RELEASE_ROOT / "current" / PORTAL / "index.html").read_text(encoding="utf-8")
    assert HOST not in portal
    assert "暂停前的稿件" not in portal
    publication.withdraw(gone, by=built.liu, reason="wrong", note="")
    work_off()
    websites.resume(built.zhengding, by=built.zhou, reason="整改完成")
    work_off()
    tree = settings.RELEASE_ROOT / "current" / HOST
    assert (tree / kept.public_path.strip("/") / "index.html").exists()
    assert not (tree / gone.public_path.strip("/") / "index.html").exists()
    assert (tree / gone.public_path.strip("/") / "gone.html").exists()
    assert "暂停前的稿件" in (settings.RELEASE_ROOT / "current" / PORTAL / "index.html").read_text(encoding="utf-8")


def test_a_closed_site_has_no_files_any_more(built):
    built.released()
    work_off()
    websites.close(built.zhengding, by=built.zhou, reason="撤销")
    work_off()
    assert not (settings.RELEASE_ROOT / "current" / HOST).exists()
    assert not File.objects.public().filter(tree__host=HOST).exists()


def test_a_seat_in_the_leading_group_changes_the_portal_home_only(built):
    before = state()
    office = built.sun.organisation
    people.found_group(name="领导小组", office=office, established_on=date(2026, 3, 1), by=built.zhou)
    work_off()
    assert made_since(before) == both("index.html", host=PORTAL)


def test_the_released_page_is_made_before_lists_and_lists_before_a_wide_change(built):
    built.released(title="一篇")
    work_off()
    dependents.start_rebuild(f"website:{built.zhengding.pk}", reason="主题", by=None)
    dependents.next_chunk()
    article = built.released(title="急稿")
    known, ranks = set(RenderOrder.objects.filter(done_at__isnull=False).values_list("pk", flat=True)), []
    while one_go("test") is not None:
        fresh = RenderOrder.objects.filter(done_at__isnull=False).exclude(pk__in=known)
        ranks += sorted(fresh.values_list("priority", flat=True))
        known |= set(fresh.values_list("pk", flat=True))
    assert ranks == sorted(ranks)
    assert {1, 2, 3} <= set(ranks)
    assert (settings.RELEASE_ROOT / "current" / HOST / article.public_path.strip("/") / "index.html").exists()


def test_a_wide_change_tells_how_far_it_is(built, monkeypatch):
    monkeypatch.setattr(dependents, "CHUNK", 2)
    built.released()
    work_off()
    rebuild = dependents.start_rebuild(f"website:{built.zhengding.pk}", reason="主题", by=built.zhou)
    assert rebuild.total > 4
    assert dependents.next_chunk()
    rebuild.refresh_from_db()
    assert (rebuild.done, rebuild.finished_at) == (2, None)
    work_off()
    rebuild.refresh_from_db()
    assert rebuild.done == rebuild.total
    assert rebuild.finished_at is not None
    assert not Rebuild.objects.filter(finished_at__isnull=True).exists()


def test_people_are_told_before_a_wide_change_what_it_will_touch(built, capsys):
    built.released()
    work_off()
    found = dependents.impact(f"navigation:{built.zhengding.pk}")
    files = File.objects.public().filter(tree__host=HOST).exclude(path__startswith="zh-hant/")
    assert found.by_site == {built.zhengding.name: files.count()}
    call_command("explain_change", f"navigation:{built.zhengding.pk}", files=2)
    said = capsys.readouterr().out
    assert f"{built.zhengding.name}：{files.count()} 个文件" in said


def test_a_file_tells_why_it_was_made_and_from_what(built, capsys):
    article = built.released(title="为何生成")
    work_off()
    call_command("explain_file", f"http://{HOST}:8000{article.public_path}")
    said = capsys.readouterr().out
    assert "起因：发布：为何生成" in said
    assert "网站登记" in said
    call_command("explain_file", f"{HOST}/zh-hant/gzdt/")
    assert "栏目或网站内的最新稿件" in capsys.readouterr().out


def test_of_two_releases_a_second_apart_the_later_one_stands(built):
    article = built.released(title="第一稿")
    revise(article, by=built.wang, base_revision=article.latest_revision_id, title="第二稿")
    reviews.submit(article, by=built.wang)
    built.pass_review(article)
    work_off()
    text = (settings.RELEASE_ROOT / "current" / HOST / article.public_path.strip("/") / "index.html").read_text(
        encoding="utf-8"
    )
    assert "第二稿" in text
    assert "第一稿" not in text
