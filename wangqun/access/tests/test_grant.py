"""split and grant: on need, by somebody else, once."""

import threading

import pytest
from django.db import IntegrityError, connections, transaction
from wagtail.models import GroupPagePermission, Page

from wangqun.access import actions as access
from wangqun.access import rights
from wangqun.access.actions import may
from wangqun.access.models import Grant, GrantChange, Role
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.people import actions as people
from wangqun.people.actions import system_user
from wangqun.people.models import User

pytestmark = pytest.mark.req("ACC-1")


def test_a_proposal_gives_no_right_yet(world, proposal):
    made = proposal()
    assert made.state == Grant.State.PROPOSED
    assert not may(world.outsider, "articles.write", world.zhengding_news)
    assert not world.zhengding_news.permissions_for_user(world.outsider).can_edit()


def test_a_grant_takes_effect_at_once_in_the_archive_and_in_wagtail(world, proposal):
    access.grant(proposal(), by=world.zhou, reason="同意支援")
    assert may(world.outsider, "articles.write", world.zhengding_news)
    again = User.objects.get(pk=world.outsider.pk)
    assert world.zhengding_news.permissions_for_user(again).can_add_subpage()


def test_every_step_stands_in_the_archive_with_who_when_and_why(world, proposal):
    made = access.grant(proposal(), by=world.zhou, reason="同意支援")
    split, granted = made.changes.all()
    assert (split.verb, split.by, split.reason) == ("split", world.liu, "人手不足")
    assert (granted.verb, granted.by, granted.reason) == ("grant", world.zhou, "同意支援")
    assert (granted.before["state"], granted.after["state"]) == ("proposed", "active")
    assert made.approved_by == world.zhou
    assert list(Entry.objects.filter(subject_type="access.grant", subject_id=made.pk).values_list("verb", flat=True)) == [
        "access.grant",
        "access.split",
    ]


def test_nobody_approves_a_right_for_themselves(world, proposal):
    made = proposal(world.zhou)
    with pytest.raises(Refused, match="不能批准给自己的权限"):
        access.grant(made, by=world.zhou)
    made.refresh_from_db()
    assert made.state == Grant.State.PROPOSED
    assert not may(world.zhou, "articles.write", world.zhengding_news)


def test_only_who_keeps_the_archive_approves(world, proposal):
    made = proposal()
    for person in (world.liu, world.sun, world.zheng, world.outsider):
        with pytest.raises(Refused, match="没有"):
            access.grant(made, by=person)
    assert not may(world.outsider, "articles.write", world.zhengding_news)


def test_a_second_click_on_approve_is_refused_and_changes_nothing(world, proposal):
    made = access.grant(proposal(), by=world.zhou)
    with pytest.raises(Refused, match="现为“生效”"):
        access.grant(made, by=world.zhou)
    assert made.changes.count() == 2


def test_a_second_proposal_for_the_same_is_refused(world, proposal):
    proposal()
    with pytest.raises(Refused, match="不必重复申请"):
        proposal()


@pytest.mark.parametrize("everywhere", [True, False])
def test_the_database_itself_holds_no_double(world, held_everywhere, everywhere):
    held = held_everywhere if everywhere else Grant.objects.get(user=world.wang)
    double = {
        "user": held.user,
        "role": held.role,
        "page": held.page,
        "duty": "重复",
        "reason": "重复",
        "starts_on": held.starts_on,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(**double, requested_by=world.liu)


@pytest.fixture
def held_everywhere(world) -> Grant:
    return Grant.objects.get(user=world.zheng)


def test_a_proposal_needs_duty_reason_and_a_role_of_the_table(world):
    for wrong in ({"roles": []}, {"roles": ["king"]}, {"duty": " "}, {"reason": ""}):
        given = {"roles": [Role.EDITOR], "duty": "网站维护", "reason": "岗位需要"} | wrong
        with pytest.raises(Refused):
            access.split(user=world.outsider, page=world.zhengding_news, by=world.liu, **given)
    assert not Grant.objects.filter(user=world.outsider, page=world.zhengding_news).exists()


def test_a_closed_account_can_be_given_nothing(world, proposal):
    made = proposal()
    people.close_account(world.outsider, by=world.zhou, reason="调离")
    made.refresh_from_db()
    with pytest.raises(Refused, match="已停用"):
        access.grant(made, by=world.zhou)
    with pytest.raises(Refused, match="已停用"):
        proposal(User.objects.get(pk=world.outsider.pk), role=Role.LEADER)


def test_a_grant_is_not_dated_back_nor_turned_round(world, proposal, travel):
    travel("2026-11-23 09:00")
    made = proposal()
    from datetime import date

    with pytest.raises(Refused, match="倒填"):
        access.grant(made, by=world.zhou, starts_on=date(2026, 11, 1))
    with pytest.raises(Refused, match="早于起始日期"):
        access.grant(made, by=world.zhou, starts_on=date(2026, 12, 1), ends_on=date(2026, 11, 30))


def test_the_scope_is_the_subtree_and_nothing_beside_it(world):
    assert may(world.wang, "articles.write", world.zhengding_news)
    assert may(world.wang, "articles.write", world.zhengding.site.root_page)
    assert not may(world.wang, "articles.write", world.gaocheng_news)
    assert not may(world.wang, "articles.write", world.portal_news)
    assert not may(world.wang, "articles.write")


def test_the_editor_of_another_county_gets_nothing(world):
    draft = world.draft()
    rights_of_outsider = draft.permissions_for_user(world.outsider)
    assert not rights_of_outsider.can_edit()
    assert not rights_of_outsider.can_delete()
    assert not world.zhengding_news.permissions_for_user(world.outsider).can_add_subpage()
    assert not may(world.outsider, "articles.write", draft)


def test_a_grant_for_the_whole_group_covers_every_site(world):
    for column in (world.zhengding_news, world.gaocheng_news, world.portal_news):
        assert may(world.sun, "reviews.centre", column)
    assert may(world.sun, "reviews.centre")


def test_nobody_ever_gets_wagtails_publish_permission(world):
    assert not GroupPagePermission.objects.exclude(permission__codename__in=["add_page", "change_page"]).exists()
    for person in User.objects.people():
        for page in Page.objects.filter(depth__gt=1):
            assert not page.permissions_for_user(person).can_publish(), (person, page)


def test_a_superuser_is_not_above_review(world):
    root = User.objects.create_superuser("root", password="correct-horse-battery-9", name="超级", email="root@example.org")
    for right in sorted(rights.RIGHT_NAMES):
        assert not may(root, right)
        assert not may(root, right, world.zhengding_news)


def test_the_system_itself_may_do_everything(world):
    assert may(system_user(), "access.manage")


def test_the_question_costs_one_query(world, django_assert_num_queries):
    wang, column = world.wang, world.zhengding_news
    with django_assert_num_queries(1):
        assert may(wang, "articles.write", column)
    with django_assert_num_queries(1):
        assert not may(wang, "reviews.centre", column)


def test_projecting_costs_the_same_for_one_grant_and_for_many(world, proposal, django_assert_max_num_queries):
    from wangqun.access.projection import project

    pages = [world.portal_news, world.portal_law, world.zhengding_news, world.gaocheng_news]
    for page in pages:
        access.grant(proposal(world.li, page=page), by=world.zhou)
    for person in (world.wang, world.li):
        with django_assert_max_num_queries(6):
            project(person)


def test_holders_are_the_active_people_with_the_right_there(world):
    assert access.holders("articles.write", world.zhengding_news) == [world.wang]
    people.close_account(world.wang, by=world.zhou, reason="调离")
    assert access.holders("articles.write", world.zhengding_news) == []


def test_every_right_has_a_chinese_name_and_every_role_its_words():
    given = set().union(*rights.RIGHTS.values())
    assert given == set(rights.RIGHT_NAMES)
    assert set(rights.RIGHTS) == set(Role)
    assert "撰写和修改稿件" in rights.in_words(Role.EDITOR)


@pytest.mark.postgresql
def test_of_two_approvers_at_once_one_succeeds(committed_db):
    from tests.world import World

    world = World()
    for made in access.split(
        user=world.sun, duty="权限", roles=[Role.OFFICE_SUPERVISOR], page=None, reason="AB岗", by=world.zhou
    ):
        access.grant(made, by=world.zhou)
    made = access.split(
        user=world.outsider, duty="支援", roles=[Role.EDITOR], page=world.zhengding_news, reason="人手不足", by=world.liu
    )[0]
    start, outcomes = threading.Barrier(2), []

    def approve(person: User) -> None:
        start.wait(timeout=30)
        try:
            access.grant(Grant.objects.get(pk=made.pk), by=person)
            outcomes.append("done")
        except Refused:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=approve, args=[person]) for person in (world.zhou, world.sun)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["done", "refused"]
    assert GrantChange.objects.filter(grant=made, verb="grant").count() == 1


@pytest.mark.postgresql
def test_two_changes_for_one_person_at_once_leave_exactly_what_the_archive_says(committed_db):
    from tests.world import World

    world = World()
    for column in (world.zhengding_news, world.gaocheng_news):
        for made in access.split(
            user=world.zheng, duty="支援", roles=[Role.EDITOR], page=column, reason="人手不足", by=world.liu
        ):
            access.grant(made, by=world.zhou)
    held = list(Grant.objects.filter(user=world.zheng))
    start, faults = threading.Barrier(len(held)), []

    def revoke(number: int) -> None:
        start.wait(timeout=30)
        try:
            access.revoke(Grant.objects.get(pk=number), by=world.zhou, reason="任务结束")
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=revoke, args=[grant.pk]) for grant in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert faults == []
    assert not world.zheng.groups.exists()
