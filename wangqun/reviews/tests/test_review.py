"""The review: machine, division, leader, office; who may not sign; what a signature is bound to."""

import pytest
from wagtail.models import Page, TaskState

from wangqun.articles.actions import revise
from wangqun.articles.models import ArticlePage
from wangqun.base.errors import Refused
from wangqun.people.actions import close_account, system_user
from wangqun.publication.models import Release
from wangqun.reviews import actions as reviews
from wangqun.reviews import eligibility
from wangqun.reviews.models import Signing

pytestmark = pytest.mark.req("COL-4")


def level_of(article):
    return ArticlePage.objects.get(pk=article.pk).current_workflow_task.specific.level


def test_an_ordinary_article_passes_machine_division_and_office(world):
    article = world.submitted()
    assert level_of(article) == "department"
    reviews.approve(reviews.task_of(article), by=world.liu)
    assert level_of(article) == "centre"
    assert not Release.objects.filter(page=article).exists()
    reviews.approve(reviews.task_of(article), by=world.sun)
    article.refresh_from_db()
    assert article.live
    release = Release.objects.get(page=article)
    assert [item["level"] for item in release.approvers] == ["department", "centre"]
    levels = list(Signing.objects.filter(page=article).values_list("level", "decision"))
    assert levels == [("machine", "approve"), ("department", "approve"), ("leader", "skip"), ("centre", "approve")]


def test_a_sensitive_article_also_needs_the_leader_in_charge(world):
    article = world.submitted(is_sensitive=True)
    reviews.approve(reviews.task_of(article), by=world.liu)
    assert level_of(article) == "leader"
    with pytest.raises(Refused, match="不是此稿的主管领导复审人员"):
        reviews.approve(reviews.task_of(article), by=world.zhao)
    reviews.approve(reviews.task_of(article), by=world.chen)
    assert level_of(article) == "centre"


def test_the_author_never_reviews_even_as_head_of_the_column(world):
    article = world.draft(world.portal_news, by=world.wu)
    page = article.get_latest_revision_as_object()
    page.summary = "处长补写的摘要"
    page.save_revision(user=world.li)
    reviews.submit(article, by=world.wu)
    with pytest.raises(Refused, match="作者不能审核自己写的稿件"):
        reviews.approve(reviews.task_of(article), by=world.li)
    assert level_of(article) == "department"


def test_nobody_signs_one_revision_at_two_levels(world):
    from wangqun.access import actions as access

    for proposal in access.split(
        user=world.liu, duty="兼任", roles=["office_reviewer"], page=world.zhengding_news, reason="试", by=world.zhou
    ):
        access.grant(proposal, by=world.zhou)
    article = world.submitted()
    reviews.approve(reviews.task_of(article), by=world.liu)
    with pytest.raises(Refused, match="一人只能签署一级"):
        reviews.approve(reviews.task_of(article), by=world.liu)


def test_the_reviewer_of_another_county_may_not_sign(world):
    article = world.submitted()
    with pytest.raises(Refused, match="不是此稿的处室初审人员"):
        reviews.approve(reviews.task_of(article), by=world.gao)


def test_the_second_click_on_approve_is_refused_and_changes_nothing(world):
    article = world.submitted()
    state = reviews.task_of(article)
    reviews.approve(state, by=world.liu)
    with pytest.raises(Refused, match="已经办结"):
        reviews.approve(state, by=world.liu)
    assert Signing.objects.filter(page=article, level="department").count() == 1


def test_a_returned_article_comes_back_through_the_machine_to_the_division(world):
    article = world.submitted()
    with pytest.raises(Refused, match="请写明退回的原因"):
        reviews.send_back(reviews.task_of(article), by=world.liu, reason=" ")
    reviews.send_back(reviews.task_of(article), by=world.liu, reason="请补充活动时间")
    article = ArticlePage.objects.get(pk=article.pk)
    assert article.current_workflow_state.status == "needs_changes"
    assert world.wang.notices.filter(title__contains="被退回修改").exists()
    revise(article, by=world.wang, base_revision=article.latest_revision_id, summary="自 7 月 1 日起")
    reviews.submit(article, by=world.wang)
    assert level_of(article) == "department"
    newest = ArticlePage.objects.get(pk=article.pk).latest_revision
    assert Signing.objects.filter(revision=newest, level="machine", decision="approve").exists()


def test_a_text_cannot_be_edited_while_it_is_under_review(world):
    article = world.submitted()
    with pytest.raises(Refused, match="正在审核中"):
        revise(article, by=world.wang, base_revision=article.latest_revision_id, title="偷改")


def test_a_signature_is_bound_to_the_content_that_was_seen(world):
    article = world.submitted()
    with pytest.raises(Refused, match="有改动"):
        reviews.approve(reviews.task_of(article), by=world.liu, seen_hash="0" * 64)


def test_an_edit_behind_the_back_of_the_review_stops_the_approval(world):
    article = world.submitted()
    state = reviews.task_of(article)
    page = ArticlePage.objects.get(pk=article.pk).get_latest_revision_as_object()
    page.title = "绕过锁定的改动"
    page.save_revision(user=world.wang)
    with pytest.raises(Refused, match="有改动"):
        reviews.approve(state, by=world.liu)
    assert TaskState.objects.get(pk=state.pk).status == "in_progress"


def test_a_task_is_transferred_to_another_who_holds_the_right(world):
    article = world.submitted()
    with pytest.raises(Refused, match="没有处室初审的权限"):
        reviews.transfer(reviews.task_of(article), to=world.gao, by=world.liu, reason="出差")
    reviews.approve(reviews.task_of(article), by=world.liu)
    state = reviews.task_of(article)
    reviews.transfer(state, to=world.qian, by=world.sun, reason="外出开会")
    assert eligibility.signers(article, "centre", state) == [world.qian]
    with pytest.raises(Refused):
        reviews.approve(reviews.task_of(article), by=world.sun)
    reviews.approve(reviews.task_of(article), by=world.qian)


def test_a_delegate_signs_during_the_absence_and_the_signature_says_so(world, travel):
    from datetime import date

    travel("2026-03-10 09:00")
    reviews.delegate(
        absent=world.liu, deputy=world.gao, starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 12), reason="出差", by=world.liu
    )
    article = world.submitted()
    reviews.approve(reviews.task_of(article), by=world.gao)
    assert Signing.objects.get(page=article, level="department").on_behalf_of == world.liu
    travel("2026-03-13 09:00")
    later = world.submitted(title="三日之后")
    assert eligibility.signers(later, "department", reviews.task_of(later)) == [world.liu]


def test_where_the_reviewer_left_the_office_is_told_and_may_name_another(world):
    close_account(world.liu, by=system_user(), reason="调离")
    article = world.submitted()
    assert eligibility.signers(article, "department", reviews.task_of(article)) == []
    assert world.zhou.notices.filter(title__contains="无人可作处室初审").exists()


def test_only_the_submitter_recalls_and_then_writes_on(world):
    article = world.submitted()
    with pytest.raises(Refused, match="只有提交审核的人"):
        reviews.recall(Page.objects.get(pk=article.pk).specific, by=world.outsider)
    reviews.recall(Page.objects.get(pk=article.pk).specific, by=world.wang)
    article = ArticlePage.objects.get(pk=article.pk)
    revise(article, by=world.wang, base_revision=article.latest_revision_id, title="改后再报")


def test_submitting_twice_is_refused(world):
    article = world.submitted()
    with pytest.raises(Refused, match="正在审核中"):
        reviews.submit(article, by=world.wang)


def test_an_editor_of_another_county_cannot_submit(world):
    article = world.draft()
    with pytest.raises(Refused, match="没有在"):
        reviews.submit(article, by=world.outsider)


def test_the_desk_costs_the_same_with_one_text_waiting_and_with_ten(world, django_assert_max_num_queries, client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(world.liu)
    counts = []
    for amount in (1, 9):
        for number in range(amount):
            world.submitted(title=f"等待审核的稿件{amount}-{number}")
        client.get("/admin/reviews/")
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get("/admin/reviews/").status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] <= 30
    client.get("/admin/")  # the first page of a process looks content types up
    with django_assert_max_num_queries(30):
        client.get("/admin/")
