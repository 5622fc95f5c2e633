"""The site's own clock follows the site: it stands still while the site is shut, and answers to its owner."""

from datetime import date

import pytest

from wangqun.people.models import Organisation
from wangqun.reminders.actions import remind
from wangqun.reminders.models import Reminder
from wangqun.websites.actions import close, keep_clock, register, resume, suspend
from wangqun.websites.models import WebsiteClock

pytestmark = pytest.mark.req("GRP-2", "REM-1")


def clock_of(website):
    return WebsiteClock.objects.get(website=website).clock


@pytest.mark.parametrize(("shut", "reason"), [(suspend, "网站已暂停"), (close, "网站已关闭")])
def test_shutting_a_site_stops_its_clock_and_closes_its_slips(world, shut, reason):
    remind()
    slips = Reminder.objects.filter(clock=clock_of(world.zhengding))
    assert slips.filter(closed_at__isnull=True).exists()
    shut(world.zhengding, by=world.zhou, reason="调整")
    assert not clock_of(world.zhengding).is_running
    assert set(slips.values_list("closed_reason", flat=True)) == {reason}


def test_resuming_begins_a_new_round(world, travel):
    suspend(world.zhengding, by=world.zhou, reason="迁移")
    travel("2026-05-06 09:00")  # a Wednesday
    resume(world.zhengding, by=world.zhou, reason="迁移完成")
    clock = clock_of(world.zhengding)
    assert (clock.is_running, clock.due_on) == (True, date(2026, 5, 17))


def test_closing_a_suspended_site_leaves_its_clock_stopped(world):
    suspend(world.zhengding, by=world.zhou, reason="迁移")
    close(world.zhengding, by=world.zhou, reason="撤并")
    assert not clock_of(world.zhengding).is_running
    assert not keep_clock(world.zhengding, by=world.zhou)


def test_the_clock_answers_to_the_owner_that_the_registry_names(world):
    register(world.zhengding, by=world.zhou, reason="撤并", organisation=Organisation.objects.get(code="gaocheng"))
    assert clock_of(world.zhengding).organisation.code == "gaocheng"
