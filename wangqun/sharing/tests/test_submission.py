"""Submitting upward: the portal's own people review the copy; corrections and withdrawals follow."""

import pytest

from wangqun.articles.actions import revise
from wangqun.articles.models import ArticlePage
from wangqun.base.errors import Refused
from wangqun.publication import actions as publication
from wangqun.publication.models import Release
from wangqun.reviews import actions as reviews
from wangqun.sharing import actions as sharing
from wangqun.sharing.models import Submission

pytestmark = pytest.mark.req("GRP-4")


@pytest.fixture
def copy(world):
    """An article of Zhengding, accepted and released on the portal."""
    source = world.released(title="正定县夜经济见成效")
    submission = sharing.submit_upward(source, world.portal_news, by=world.wang)
    made = sharing.accept(submission, by=world.sun)
    world.pass_review(made)
    return ArticlePage.objects.get(pk=made.pk)


def test_the_copy_is_reviewed_by_the_portals_people_and_names_its_source(world, copy):
    record = Release.objects.get(page=copy)
    assert record.is_submitted
    assert record.approvers[0]["name"] == "李处长"
    assert copy.displayed_source == "正定县商务局"
    assert copy.website == world.portal


def test_the_submitter_does_not_review_the_copy(world):
    source = world.released()
    made = sharing.accept(sharing.submit_upward(source, world.portal_news, by=world.wang), by=world.sun)
    with pytest.raises(Refused):
        reviews.approve(reviews.task_of(made), by=world.wang)


def test_an_unreleased_article_cannot_be_submitted(world):
    with pytest.raises(Refused, match="在本站发布后才能报送"):
        sharing.submit_upward(world.draft(), world.portal_news, by=world.wang)


def test_a_column_that_takes_no_submissions_refuses(world):
    with pytest.raises(Refused, match="不接受报送"):
        sharing.submit_upward(world.released(), world.portal_law, by=world.wang)


def test_the_second_submission_is_refused(world):
    source = world.released()
    sharing.submit_upward(source, world.portal_news, by=world.wang)
    with pytest.raises(Refused, match="不必重复报送"):
        sharing.submit_upward(source, world.portal_news, by=world.wang)


def test_another_countys_editor_cannot_submit(world):
    with pytest.raises(Refused, match="没有在"):
        sharing.submit_upward(world.released(), world.portal_news, by=world.outsider)


def test_accepting_twice_makes_one_copy(world):
    submission = sharing.submit_upward(world.released(), world.portal_news, by=world.wang)
    sharing.accept(submission, by=world.sun)
    with pytest.raises(Refused, match="此件已处理"):
        sharing.accept(submission, by=world.qian)
    assert ArticlePage.objects.filter(submitted_from__isnull=False).count() == 1


def test_a_declined_submission_tells_the_unit_why(world):
    submission = sharing.submit_upward(world.released(), world.portal_news, by=world.wang)
    with pytest.raises(Refused, match="请写明未采用的原因"):
        sharing.decline(submission, by=world.sun, reason="")
    sharing.decline(submission, by=world.sun, reason="近期已有同类稿件")
    assert world.wang.notices.filter(title__contains="报送未采用").exists()


def test_a_correction_goes_into_the_copys_review_and_then_to_its_readers(world, copy):
    source = copy.submitted_from
    source = ArticlePage.objects.get(pk=source.pk)
    revise(source, by=world.wang, base_revision=source.latest_revision_id, title="更正后的题目", correction_note="更正题目")
    reviews.submit(source, by=world.wang)
    world.pass_review(source)
    copy.refresh_from_db()
    assert copy.title == "正定县夜经济见成效", "readers of the portal see it when its own people have signed"
    assert copy.current_workflow_task.specific.level == "department"
    world.pass_review(copy)
    copy.refresh_from_db()
    assert copy.title == "更正后的题目"
    assert Release.objects.filter(page=copy, kind="correction").count() == 1


def test_a_withdrawal_of_the_source_withdraws_the_copy_in_the_same_moment(world, copy):
    publication.withdraw(copy.submitted_from, by=world.liu, reason="wrong", note="有误")
    assert not publication.is_public(copy)
    assert Release.objects.get(page=copy, kind="withdrawal").withdrawal_reason == "source_withdrawn"


def test_a_copy_of_a_withdrawn_source_is_not_accepted(world):
    source = world.released()
    submission = sharing.submit_upward(source, world.portal_news, by=world.wang)
    publication.withdraw(source, by=world.liu, reason="wrong")
    with pytest.raises(Refused, match="原稿已撤下"):
        sharing.accept(submission, by=world.sun)


def test_each_unit_sees_its_own_submissions_only(world):
    submission = sharing.submit_upward(world.released(), world.portal_news, by=world.wang)
    assert Submission.objects.visible_to(world.wang).contains(submission)
    assert Submission.objects.visible_to(world.sun).contains(submission)
    assert not Submission.objects.visible_to(world.outsider).contains(submission)
