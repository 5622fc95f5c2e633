"""adjust, suspend, resume, revoke: tracked to the end."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from wangqun.access import actions as access
from wangqun.access.actions import may
from wangqun.access.models import Grant, Role
from wangqun.base.errors import Refused
from wangqun.people import actions as people
from wangqun.people.models import User

pytestmark = pytest.mark.req("ACC-1")


def test_adjusting_moves_the_scope(world, held):
    access.adjust(held, by=world.zhou, reason="只负责动态", page=world.zhengding_news, ends_on=None)
    assert may(world.wang, "articles.write", world.zhengding_news)
    assert not may(world.wang, "articles.write", world.zhengding.site.root_page)
    again = User.objects.get(pk=world.wang.pk)
    assert not world.zhengding.site.root_page.permissions_for_user(again).can_add_subpage()


def test_nobody_adjusts_their_own_right(world):
    mine = Grant.objects.get(user=world.zhou, role=Role.OFFICE_SUPERVISOR)
    with pytest.raises(Refused, match="不能调整自己的权限"):
        access.adjust(mine, by=world.zhou, reason="扩大", page=None, ends_on=None)


def test_adjusting_onto_a_scope_that_is_held_already_is_refused(world, held, proposal):
    access.grant(proposal(world.wang, page=world.zhengding_news), by=world.zhou)
    with pytest.raises(Refused, match="已有"):
        access.adjust(held, by=world.zhou, reason="缩小", page=world.zhengding_news, ends_on=None)


def test_adjusting_to_a_day_that_is_over_is_refused(world, held, travel):
    travel("2027-01-10 09:00")
    with pytest.raises(Refused, match="早于"):
        access.adjust(held, by=world.zhou, reason="到期", page=held.page, ends_on=date(2027, 1, 9))


def test_a_suspended_person_loses_everything_at_once(world, held):
    client = Client()
    client.force_login(world.wang)
    assert client.get(reverse("wagtailadmin_home")).status_code == 200
    access.suspend(held, by=world.zhou, reason="核查")
    assert not may(world.wang, "articles.write", world.zhengding_news)
    assert not access.may_somewhere(world.wang, "articles.write")
    again = User.objects.get(pk=world.wang.pk)
    assert not world.zhengding_news.permissions_for_user(again).can_add_subpage()
    assert client.get(reverse("wagtailadmin_home")).status_code == 302  # the session that was open is of no use


def test_resuming_restores_exactly_what_was_suspended(world, held):
    before = set(world.wang.groups.values_list("name", flat=True))
    access.suspend(held, by=world.zhou, reason="核查")
    assert not world.wang.groups.exists()
    access.resume(held, by=world.zhou, reason="核查完毕")
    assert set(world.wang.groups.values_list("name", flat=True)) == before
    assert may(world.wang, "articles.write", world.zhengding_news)


def test_what_was_not_suspended_stays(world, held, proposal):
    access.grant(proposal(world.wang, page=world.portal_news), by=world.zhou)
    access.suspend(held, by=world.zhou, reason="核查")
    assert may(world.wang, "articles.write", world.portal_news)
    assert not may(world.wang, "articles.write", world.zhengding_news)


def test_nobody_resumes_their_own_right(world, other):
    mine = Grant.objects.get(user=world.zhou, role=Role.SITE_ADMINISTRATOR)
    access.suspend(mine, by=other, reason="核查")
    with pytest.raises(Refused, match="不能恢复自己的权限"):
        access.resume(mine, by=world.zhou, reason="我要用")


@pytest.mark.parametrize("verb", ["suspend", "resume", "revoke"])
def test_a_second_click_is_refused_and_writes_nothing(world, held, verb):
    if verb == "resume":
        access.suspend(held, by=world.zhou, reason="核查")
    act = getattr(access, verb)
    act(held, by=world.zhou, reason="第一次")
    written = held.changes.count()
    with pytest.raises(Refused, match="请刷新后再看"):
        act(held, by=world.zhou, reason="第二次")
    assert held.changes.count() == written


def test_a_stale_page_cannot_revive_a_revoked_right(world, held):
    stale = Grant.objects.get(pk=held.pk)
    access.revoke(held, by=world.zhou, reason="调离")
    with pytest.raises(Refused, match="现为“注销”"):
        access.suspend(stale, by=world.zhou, reason="核查")
    with pytest.raises(Refused):
        access.resume(stale, by=world.zhou, reason="恢复")
    assert not may(world.wang, "articles.write", world.zhengding_news)


def test_a_reason_is_always_asked(world, held):
    for act in (access.suspend, access.revoke):
        with pytest.raises(Refused, match="请写明事由"):
            act(held, by=world.zhou, reason="  ")
    assert may(world.wang, "articles.write", world.zhengding_news)


def test_after_revoking_the_same_may_be_asked_for_again(world, held, proposal):
    access.revoke(held, by=world.zhou, reason="调离")
    made = access.grant(proposal(world.wang), by=world.zhou)
    assert made.pk != held.pk
    assert may(world.wang, "articles.write", world.zhengding_news)


def test_only_who_keeps_the_archive_changes_it(world, held):
    for person in (world.liu, world.wang, world.sun, world.zheng):
        for act in (access.suspend, access.revoke):
            with pytest.raises(Refused, match="没有"):
                act(held, by=person, reason="试试")
        with pytest.raises(Refused, match="没有"):
            access.adjust(held, by=person, reason="试试", page=None, ends_on=None)
    held.refresh_from_db()
    assert held.state == Grant.State.ACTIVE


def test_a_closed_account_has_no_right_though_its_grants_stand(world, held):
    people.close_account(world.wang, by=world.zhou, reason="调离")
    wang = User.objects.get(pk=world.wang.pk)
    assert not may(wang, "articles.write", world.zhengding_news)
    assert not access.may_somewhere(wang, "articles.write")
    access.suspend(held, by=world.zhou, reason="核查")
    access.resume(held, by=world.zhou, reason="误操作")
    assert not wang.groups.exists()
