"""A released article moves to another column: with a say of that column's reviewers, a record, and no dead address."""

import shutil

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from tests.staff import edit_url, signed_in
from wangqun.access import actions as access
from wangqun.articles.actions import revise, translate
from wangqun.articles.models import ArticlePage
from wangqun.assessment import measures
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.clocks.models import Clock
from wangqun.columns import actions as columns
from wangqun.columns.models import ColumnClock, ColumnPage, PublicItem
from wangqun.publication import actions as publication
from wangqun.publication import dependents, moving, verification
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Alarm, File, Move, Release
from wangqun.reviews import actions as reviews

pytestmark = pytest.mark.req("COL-8")
HOST = "zhengding.localhost"


@pytest.fixture
def notices(world) -> ColumnPage:
    """Kept by the same people as the news."""
    return world.column("zhengding", "tzgg")


@pytest.fixture
def trade(world) -> ColumnPage:
    """A column of the same site that 高科长 reviews."""
    column = columns.open_column(
        world.zhengding.site.root_page.specific, title="招商引资", slug="zsyz", kind=ColumnPage.Kind.OTHER, description="招商",
        keywords="招商", by=world.zhou,
    )  # fmt: skip
    for grant in access.split(
        user=world.gao, duty="审核", roles=["division_reviewer"], page=column, reason="审核", by=world.zhou
    ):
        access.grant(grant, by=world.sun if grant.user == world.zhou else world.zhou)
    columns.entrust(
        column, organisation=world.zhengding.organisation, editors=[world.wang], reviewers=[world.gao], by=world.zhou
    )
    publication.release_structure(column, by=world.zhou, reason="栏目开通")
    return column


@pytest.fixture
def article(world) -> ArticlePage:
    return world.released(title="正定夜市开张")


def fresh(article: ArticlePage) -> ArticlePage:
    return ArticlePage.objects.get(pk=article.pk)


# Who says what


def test_where_a_reviewer_of_the_new_column_signed_it_the_office_moves_it_at_once(world, article, notices):
    first = Release.objects.get(page=article)
    done = moving.move(article, notices, by=world.zhou, reason="栏目调整")
    assert (done.state, done.decided_by, done.asked_by) == ("done", world.liu, world.zhou)
    made = done.release
    assert (made.kind, made.number, made.note, made.released_by) == ("move", 2, "栏目调整", world.zhou)
    assert (made.address, made.column) == (f"/tzgg/{article.slug}/", notices)
    assert (made.content_hash, made.revision, made.approvers) == (first.content_hash, first.revision, first.approvers)
    assert made.published_at == first.published_at
    item = PublicItem.objects.get(page_id=article.pk)
    assert (item.column, item.address, item.published_at) == (notices, made.address, first.published_at)
    assert fresh(article).get_parent().pk == notices.pk
    assert Entry.objects.filter(verb="publication.move", subject_id=str(done.pk)).exists()
    assert verification.reconcile() == []


@pytest.mark.parametrize("who", ["wang", "liu", "sun", "outsider", "zheng"])
def test_nobody_but_the_office_moves_an_article(world, article, notices, who):
    with pytest.raises(Refused, match="没有在"):
        moving.move(article, notices, by=getattr(world, who), reason="试")
    assert fresh(article).public_path == article.public_path
    assert not Move.objects.exists()


@pytest.mark.req("COL-4")
def test_the_reviewers_of_another_column_have_their_say_first(world, article, trade):
    asked = moving.move(article, trade, by=world.zhou, reason="属于招商")
    assert asked.state == "waiting"
    assert fresh(article).public_path == article.public_path
    assert world.gao.notices.filter(title__contains="正定夜市开张").exists()
    for person in (world.liu, world.wang, world.zhou, world.sun):
        with pytest.raises(Refused, match="不是栏目“招商引资”的审核人员"):
            moving.agree(asked, by=person)
    done = moving.agree(asked, by=world.gao)
    assert (done.state, done.decided_by) == ("done", world.gao)
    assert [item["name"] for item in done.release.approvers][-1] == "高科长"
    assert fresh(article).public_path == f"/zsyz/{article.slug}/"
    with pytest.raises(Refused):
        moving.agree(asked, by=world.gao)
    assert Release.objects.filter(page=article).count() == 2


@pytest.mark.req("COL-4")
def test_the_author_does_not_agree_for_the_new_column(world, trade):
    for proposal in access.split(
        user=world.gao, duty="采编", roles=["editor"], page=world.zhengding_news, reason="采编", by=world.zhou
    ):
        access.grant(proposal, by=world.zhou)
    article = world.released(by=world.gao)
    asked = moving.move(article, trade, by=world.zhou, reason="属于招商")
    with pytest.raises(Refused, match="作者不能审核自己写的稿件"):
        moving.agree(asked, by=world.gao)
    assert fresh(article).public_path == article.public_path


@pytest.mark.parametrize("who", ["gao", "zhou"])
def test_declined_or_taken_back_it_stays_where_it_is(world, article, trade, who):
    asked = moving.move(article, trade, by=world.zhou, reason="属于招商")
    with pytest.raises(Refused, match="写明"):
        moving.decline(asked, by=getattr(world, who), reason=" ")
    with pytest.raises(Refused, match="不是栏目"):
        moving.decline(asked, by=world.wang, reason="不要")
    done = moving.decline(asked, by=getattr(world, who), reason="不属于招商")
    assert (done.state, done.remark) == ("declined", "不属于招商")
    assert fresh(article).public_path == article.public_path
    assert moving.move(article, trade, by=world.zhou, reason="再次提请").state == "waiting"


def test_it_is_asked_once_at_a_time(world, article, trade, notices):
    moving.move(article, trade, by=world.zhou, reason="属于招商")
    with pytest.raises(Refused, match="已提请移动"):
        moving.move(article, notices, by=world.zhou, reason="栏目调整")


def withdrawn(world, article):
    publication.withdraw(article, by=world.liu, reason="wrong")


def under_review(world, article):
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title="更正")
    reviews.submit(article, by=world.wang)


@pytest.mark.parametrize(("change", "sentence"), [(withdrawn, "没有公开"), (under_review, "正在审核")])
def test_a_text_that_is_not_public_or_not_settled_does_not_move(world, article, notices, trade, change, sentence):
    asked = moving.move(article, trade, by=world.zhou, reason="属于招商")
    change(world, article)
    with pytest.raises(Refused, match=sentence):
        moving.agree(asked, by=world.gao)
    moving.decline(asked, by=world.zhou, reason="撤回")
    with pytest.raises(Refused, match=sentence):
        moving.move(article, notices, by=world.zhou, reason="栏目调整")


def test_not_to_another_site_nor_to_where_it_is_nor_where_nobody_reviews(world, article, trade):
    with pytest.raises(Refused, match="只能移到本网站的栏目"):
        moving.move(article, world.gaocheng_news, by=world.zhou, reason="试")
    with pytest.raises(Refused, match="已在栏目"):
        moving.move(article, world.zhengding_news, by=world.zhou, reason="试")
    access.suspend(world.gao.grants.get(page=trade), by=world.zhou, reason="调查")
    with pytest.raises(Refused, match="现在没有审核人员"):
        moving.move(article, trade, by=world.zhou, reason="试")
    with pytest.raises(Refused, match="写明移动的事由"):
        moving.move(article, trade, by=world.zhou, reason="")


# What it counts for


@pytest.mark.req("REM-1", "ASM-1")
def test_a_move_is_no_update_and_counts_for_nobody(world, article, notices, travel):
    clocks = {column.pk: ColumnClock.objects.get(column=column).clock_id for column in (world.zhengding_news, notices)}
    due = dict(Clock.objects.filter(pk__in=clocks.values()).values_list("pk", "due_on"))
    travel("2026-03-12 09:00")
    moving.move(article, notices, by=world.zhou, reason="栏目调整")
    assert dict(Clock.objects.filter(pk__in=clocks.values()).values_list("pk", "due_on")) == due
    assert Release.objects.filter(page=article, kind="first").count() == 1
    assert Release.Kind.MOVE not in measures.FAULTS


# What readers see


@pytest.fixture
def built(world) -> None:
    shutil.rmtree(settings.RELEASE_ROOT, ignore_errors=True)
    publication.order_all()
    work_off()


def at(path: str):
    return settings.RELEASE_ROOT / "current" / HOST / path


def test_the_files_stand_at_the_new_address_only_and_both_lists_agree(world, built, article, notices):
    work_off()
    assert "正定夜市开张" in at("gzdt/index.html").read_text(encoding="utf-8")
    moving.move(article, notices, by=world.zhou, reason="栏目调整")
    work_off()
    for prefix in ("", "zh-hant/"):
        assert not at(f"{prefix}gzdt/{article.slug}").exists()
        assert at(f"{prefix}tzgg/{article.slug}/index.html").exists()
    old, new = f"/gzdt/{article.slug}/", f"/tzgg/{article.slug}/"
    assert old not in at("gzdt/index.html").read_text(encoding="utf-8")
    assert new in at("tzgg/index.html").read_text(encoding="utf-8")
    for name in ("index.html", "feed.xml"):
        text = at(name).read_text(encoding="utf-8")
        assert new in text and old not in text, name
    assert not File.objects.filter(page_id=article.pk, path__startswith="gzdt/").exists()
    assert verification.verify() == []
    assert not [key for key in dependents.sources_of(fresh(article)) if key.startswith(f"within:{world.zhengding_news.pk}")]


@pytest.mark.parametrize("prefix", ["", "/zh-hant"])
def test_the_old_address_and_what_stood_beside_it_lead_to_the_new_one(world, article, notices, prefix):
    moving.move(article, notices, by=world.zhou, reason="栏目调整")
    client = Client(headers={"host": HOST})
    for rest in ("", "a1b2c3.pdf"):
        answer = client.get(f"{prefix}/gzdt/{article.slug}/{rest}")
        assert answer.status_code == 301
        assert answer["Location"] == f"{prefix}/tzgg/{article.slug}/{rest}"
    assert client.get(f"{prefix}/tzgg/{article.slug}/").status_code == 404, "the front has the file; Django has nothing to add"
    assert client.get(f"{prefix}/gzdt/").status_code == 404
    assert Client(headers={"host": "gaocheng.localhost"}).get(f"/gzdt/{article.slug}/").status_code == 404


def test_moved_twice_every_old_address_leads_to_the_last_one_and_back_again_to_none(world, article, notices, trade):
    moving.move(article, notices, by=world.zhou, reason="栏目调整")
    moving.agree(moving.move(fresh(article), trade, by=world.zhou, reason="属于招商"), by=world.gao)
    client = Client(headers={"host": HOST})
    for slug in ("gzdt", "tzgg"):
        assert client.get(f"/{slug}/{article.slug}/")["Location"] == f"/zsyz/{article.slug}/"
    moving.move(fresh(article), world.zhengding_news, by=world.zhou, reason="移回")
    assert client.get(f"/gzdt/{article.slug}/").status_code == 404
    assert client.get(f"/zsyz/{article.slug}/")["Location"] == f"/gzdt/{article.slug}/"


def test_translations_move_along_each_with_its_record_and_old_address(world, built, article, notices):
    english = translate(article, language="en", by=world.wang)
    reviews.submit(english, by=world.wang)
    world.pass_review(english)
    draft = translate(article, language="zh-Hant", by=world.wang)
    work_off()
    assert at(f"en/gzdt/{article.slug}/index.html").exists()
    with pytest.raises(Refused, match="译文随原稿移动"):
        moving.move(fresh(english), notices, by=world.zhou, reason="栏目调整")
    moving.move(article, notices, by=world.zhou, reason="栏目调整")
    work_off()
    assert publication.newest_release(english).address == f"/en/tzgg/{article.slug}/"
    assert at(f"en/tzgg/{article.slug}/index.html").exists()
    assert not at(f"en/gzdt/{article.slug}").exists()
    assert fresh(draft).get_parent().pk == notices.pk
    assert not Release.objects.filter(page=draft).exists()
    answer = Client(headers={"host": HOST}).get(f"/en/gzdt/{article.slug}/")
    assert answer["Location"] == f"/en/tzgg/{article.slug}/"
    assert verification.reconcile() == [] and verification.verify() == []


def test_a_moved_article_that_is_withdrawn_says_so_at_its_last_address(world, built, article, notices):
    moving.move(article, notices, by=world.zhou, reason="栏目调整")
    publication.withdraw(fresh(article), by=world.liu, reason="wrong")
    work_off()
    assert at(f"tzgg/{article.slug}/gone.html").exists()
    assert Client(headers={"host": HOST}).get(f"/gzdt/{article.slug}/")["Location"] == f"/tzgg/{article.slug}/"


@pytest.mark.parametrize("path", ["/", "/x" * 200 + "/", "/gzdt/" + "a" * 300 + "/", "/%e6%ad%a3/", "/gzdt/index.html"])
def test_an_address_at_which_nothing_ever_stood_stays_unknown(world, article, notices, path):
    moving.move(article, notices, by=world.zhou, reason="栏目调整")
    assert Client(headers={"host": HOST}).get(path).status_code == 404


def test_a_page_moved_in_the_tree_without_a_record_is_never_made_anew_and_raises_an_alarm(world, built, article, notices):
    work_off()
    fresh(article).move(notices, pos="last-child")
    dependents.order_page(fresh(article), reason="试")
    work_off()
    assert at(f"gzdt/{article.slug}/index.html").exists()
    assert not at(f"tzgg/{article.slug}").exists()
    assert Alarm.objects.filter(kind="content_differs", what__contains="移动未经备案", cleared_at=None).exists()


# In the back office


def test_the_office_moves_it_on_the_screen(world, article, notices):
    client, address = signed_in(world.zhou), reverse("moving", args=[article.pk])
    page = client.get(address).content.decode()
    assert "通知公告" in page and "原地址自动转到新地址" in page
    assert address in client.get(reverse("releases:inspect", args=[Release.objects.get(page=article).pk])).content.decode()
    answer = client.post(address, {"column": notices.pk, "reason": "栏目调整"})
    assert answer.status_code == 302
    assert "/tzgg/" in client.get(answer["Location"]).content.decode()
    assert "正定夜市开张" in client.get(reverse("moves:index")).content.decode()
    wrong = client.post(address, {"column": world.gaocheng_news.pk, "reason": "试"})
    assert wrong.status_code == 409


def test_the_reviewer_of_the_new_column_decides_on_the_screen(world, article, trade):
    asked = moving.move(article, trade, by=world.zhou, reason="属于招商")
    page = reverse("moves:inspect", args=[asked.pk])
    assert "同意移入" in signed_in(world.gao).get(page).content.decode()
    assert "同意移入" not in signed_in(world.liu).get(page).content.decode()
    assert signed_in(world.outsider).get(page).status_code == 404
    assert signed_in(world.liu).post(reverse("moves:agree", args=[asked.pk])).status_code == 409
    assert signed_in(world.gao).post(reverse("moves:agree", args=[asked.pk])).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "done"


def test_others_find_no_form_and_no_button(world, article):
    address = reverse("moving", args=[article.pk])
    for person in (world.wang, world.liu, world.outsider):
        assert signed_in(person).get(address).status_code == 404
    assert address not in signed_in(world.wang).get(edit_url(article)).content.decode()


def test_wagtails_own_move_names_the_screen_that_moves(world, article, notices):
    answer = signed_in(world.zhou).post(reverse("wagtailadmin_pages:move_confirm", args=[article.pk, notices.pk]))
    assert answer.status_code in {302, 409}
    assert Page.objects.get(pk=article.pk).path == article.path
    superuser = type(world.zhou).objects.create_superuser("root", name="超级")
    refused = signed_in(superuser).post(reverse("wagtailadmin_pages:move_confirm", args=[article.pk, notices.pk]))
    assert refused.status_code == 409
    assert "移动栏目" in refused.content.decode()
    assert Page.objects.get(pk=article.pk).path == article.path
