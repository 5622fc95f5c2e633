"""The first who keeps the archive is named once, by the installation."""

import pytest
from django.core.management import CommandError, call_command

from wangqun.access import actions as access
from wangqun.access.actions import may
from wangqun.access.models import Grant
from wangqun.people.models import User

pytestmark = pytest.mark.req("ACC-1")


def test_where_somebody_keeps_the_archive_nobody_is_named(world):
    with pytest.raises(CommandError, match="周督办已在管理权限档案"):
        call_command("found_archive", world.wang.username)
    assert not may(world.wang, "access.manage")


def test_the_first_one_is_named_from_the_keyboard(world, monkeypatch, capsys):
    for held in Grant.objects.filter(user=world.zhou):
        access.revoke(held, by=access.system_user(), reason="试验空系统")
    monkeypatch.setattr("wangqun.access.management.commands.found_archive.getpass", lambda prompt: "correct-horse-battery-9")
    with pytest.raises(CommandError, match="--name"):
        call_command("found_archive", "new.person")
    call_command("found_archive", "new.person", "--name", "新主任")
    first = User.objects.get(username="new.person")
    assert may(first, "access.manage")
    assert first.check_password("correct-horse-battery-9")
    assert first.organisation.is_information_office
    assert "新主任现在管理权限档案" in capsys.readouterr().out


def test_a_weak_password_at_the_keyboard_is_refused_and_makes_no_account(world, monkeypatch):
    for held in Grant.objects.filter(user=world.zhou):
        access.revoke(held, by=access.system_user(), reason="试验空系统")
    monkeypatch.setattr("wangqun.access.management.commands.found_archive.getpass", lambda prompt: "123456")
    with pytest.raises(CommandError, match="密码"):
        call_command("found_archive", "new.person", "--name", "新主任")
    assert not User.objects.filter(username="new.person").exists()
