"""expire and check: dates do what they say, and nothing but the archive gives a right."""

from datetime import date

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from wagtail.models import GroupPagePermission, Page

from wangqun.access import actions as access
from wangqun.access.actions import may
from wangqun.access.models import Grant, GrantChange
from wangqun.access.projection import STAFF_GROUP, differences
from wangqun.audit.models import Entry
from wangqun.notifications.models import Notice
from wangqun.people.models import User

pytestmark = pytest.mark.req("ACC-1")


@pytest.fixture
def december(world, proposal, travel) -> Grant:
    """外人 may edit in Zhengding from 1 to 10 December, approved on 23 November."""
    travel("2026-11-23 09:00")
    return access.grant(proposal(), by=world.zhou, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 10))


def edits(world) -> tuple[bool, bool]:
    """Whether 外人 may write in Zhengding by the archive, and by Wagtail."""
    again = User.objects.get(pk=world.outsider.pk)
    return (
        may(again, "articles.write", world.zhengding_news),
        world.zhengding_news.permissions_for_user(again).can_add_subpage(),
    )


def test_a_right_begins_and_ends_by_date(world, december, travel):
    assert edits(world) == (False, False)
    travel("2026-12-01 00:10")
    access.expire()
    assert edits(world) == (True, True)
    travel("2026-12-10 23:59")
    access.expire()
    assert edits(world) == (True, True)
    travel("2026-12-11 00:00")
    assert edits(world)[0] is False  # the archive knows at once, before any command ran
    access.expire()
    assert edits(world) == (False, False)
    december.refresh_from_db()
    assert december.state == Grant.State.EXPIRED
    assert [change.verb for change in december.changes.all()] == ["split", "grant", "begin", "expire"]


def test_expiry_catches_up_after_a_gap_and_does_nothing_twice(world, december, travel):
    travel("2027-03-01 00:10")
    assert [change.verb for change in access.expire()] == ["expire"]
    assert access.expire() == []
    assert edits(world) == (False, False)


def test_an_expired_right_may_be_asked_for_again_even_before_the_nightly_run(world, december, proposal, travel):
    travel("2026-12-15 09:00")
    access.grant(proposal(), by=world.zhou)
    assert edits(world) == (True, True)


def test_a_suspended_right_that_ran_out_meanwhile_does_not_come_back(world, december, travel):
    travel("2026-12-05 09:00")
    access.suspend(december, by=world.zhou, reason="核查")
    travel("2026-12-20 09:00")
    with pytest.raises(Exception, match="已到期"):
        access.resume(december, by=world.zhou, reason="核查完毕")


def test_the_cast_has_exactly_what_the_archive_says(world, capsys):
    assert differences() == []
    call_command("check_rights")
    assert "相符" in capsys.readouterr().out


def slip_into_a_group(world):
    world.outsider.groups.add(Group.objects.get(name=f"权限:editor:{world.zhengding.site.root_page.pk}"))


def take_out_of_a_group(world):
    world.wang.groups.remove(Group.objects.get(name=STAFF_GROUP))


def give_a_permission_directly(world):
    world.wang.user_permissions.add(Permission.objects.first())


def make_a_superuser(world):
    User.objects.filter(pk=world.wang.pk).update(is_superuser=True)


def let_a_group_publish(world):
    publish = Permission.objects.get(content_type__app_label="wagtailcore", codename="publish_page")
    group = Group.objects.get(name=f"权限:editor:{world.zhengding.site.root_page.pk}")
    GroupPagePermission.objects.create(group=group, page=Page.get_first_root_node(), permission=publish)


def widen_a_group(world):
    change = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    group = Group.objects.get(name=f"权限:editor:{world.zhengding.site.root_page.pk}")
    GroupPagePermission.objects.create(group=group, page=world.gaocheng_news, permission=change)


def make_a_group_by_hand(world):
    group = Group.objects.create(name="临时组")
    group.permissions.add(Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"))


@pytest.mark.parametrize(
    "tamper",
    [
        slip_into_a_group,
        take_out_of_a_group,
        give_a_permission_directly,
        make_a_superuser,
        let_a_group_publish,
        widen_a_group,
        make_a_group_by_hand,
    ],
)
def test_what_was_slipped_in_by_hand_is_alarmed_and_left_alone(world, tamper, capsys):
    tamper(world)
    with pytest.raises(CommandError, match="1 处不符") as stopped:
        call_command("check_rights")
    assert stopped.value.returncode == 1
    notice = Notice.objects.get(recipient=world.zhou, topic="alarm")
    assert "不符" in notice.title
    assert Entry.objects.filter(verb="access.difference").count() == 1
    assert len(differences()) == 1  # reported, not repaired


def test_whoever_keeps_the_archive_is_told_once_a_day(world, travel):
    make_a_superuser(world)
    travel("2026-12-01 00:10")
    access.check()
    access.check()
    assert Notice.objects.filter(recipient=world.zhou, topic="alarm").count() == 1
    travel("2026-12-02 00:10")
    access.check()
    assert Notice.objects.filter(recipient=world.zhou, topic="alarm").count() == 2


def test_the_check_costs_the_same_for_more_people(world, django_assert_max_num_queries):
    for number in range(5):
        User.objects.create(username=f"p{number}", name=f"某{number}")
    with django_assert_max_num_queries(40):
        differences()
    assert GrantChange.objects.exists()


def test_a_library_made_later_opens_to_those_who_edit_there(world):
    from wagtail.models import Collection, GroupCollectionPermission

    home = world.zhengding.site.root_page
    library = home.scope_collection.collection
    GroupCollectionPermission.objects.filter(collection=library).delete()
    home.scope_collection.delete()
    assert Collection.objects.filter(pk=library.pk).exists()
    access.bind_collection(home, "新资料库")
    group = Group.objects.get(name=f"权限:editor:{home.pk}")
    assert GroupCollectionPermission.objects.filter(group=group, collection__name="新资料库").count() == 4
    assert differences() == []
