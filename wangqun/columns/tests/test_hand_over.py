"""交接: a column's clock answers to whom today's duty row names, and runs only while its site is open."""

from datetime import date

import pytest
from django.core.management import call_command

from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.clocks.actions import pause
from wangqun.clocks.models import Clock, ClockEntry
from wangqun.columns.actions import entrust, hand_over, open_column
from wangqun.columns.models import ColumnClock
from wangqun.people.actions import system_user
from wangqun.people.models import Organisation
from wangqun.reminders.actions import remind
from wangqun.reminders.models import Reminder
from wangqun.websites import actions as websites
from wangqun.websites.models import Website

pytestmark = pytest.mark.req("COL-1", "REM-1")


def clock_of(column) -> Clock:
    return ColumnClock.objects.get(column=column).clock


def entrust_to_gaocheng(world, column, day: date):
    gaocheng = Organisation.objects.get(code="gaocheng")
    return entrust(
        column, organisation=gaocheng, editors=[world.outsider], reviewers=[world.gao], by=world.zhou, valid_from=day
    )


def test_a_duty_from_today_on_hands_the_clock_over_at_once(world):
    entrust_to_gaocheng(world, world.zhengding_news, date(2026, 3, 10))
    assert clock_of(world.zhengding_news).organisation.code == "gaocheng"


def test_a_duty_of_the_future_leaves_the_clock_with_who_answers_today(world, travel):
    entrust_to_gaocheng(world, world.zhengding_news, date(2026, 4, 1))
    assert clock_of(world.zhengding_news).organisation.code == "zhengding"
    travel("2026-03-31 23:59")
    hand_over(by=system_user())
    assert clock_of(world.zhengding_news).organisation.code == "zhengding"


def test_on_the_day_itself_the_clock_is_handed_over_once_and_for_the_record(world, travel):
    duty = entrust_to_gaocheng(world, world.zhengding_news, date(2026, 4, 1))
    travel("2026-04-01 00:10")
    due_on = clock_of(world.zhengding_news).due_on
    assert hand_over(by=system_user()) == 1
    clock = clock_of(world.zhengding_news)
    assert (clock.organisation.code, clock.due_on) == ("gaocheng", due_on)  # the round goes on
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.data["duty"]) == ("columns.hand_over", duty.pk)
    assert hand_over(by=system_user()) == 0
    assert Entry.objects.latest("pk") == entry


def test_a_run_that_was_missed_is_made_up(world, travel):
    entrust_to_gaocheng(world, world.zhengding_news, date(2026, 4, 1))
    travel("2026-04-09 08:00")
    call_command("hand_over_duties")
    assert clock_of(world.zhengding_news).organisation.code == "gaocheng"


def test_a_column_whose_first_row_lies_ahead_gets_its_clock_on_that_day(world, travel):
    root = world.zhengding.site.root_page.specific
    column = open_column(
        root, title="调查", slug="wsdc", kind="interaction", description="调查", keywords="调查", by=world.zhou
    )
    entrust_to_gaocheng(world, column, date(2026, 3, 20))
    hand_over(by=system_user())
    assert not ColumnClock.objects.filter(column=column).exists()
    travel("2026-03-20 00:10")
    assert hand_over(by=system_user()) == 1
    assert clock_of(column).due_on == date(2026, 3, 27)


def test_the_clocks_of_a_suspended_site_stop_and_their_slips_are_closed(world):
    remind()
    open_slips = Reminder.objects.filter(clock__site="正定县商务局", closed_at__isnull=True)
    assert open_slips.exists()
    websites.suspend(world.zhengding, by=world.zhou, reason="迁移")
    hand_over(by=system_user())
    assert not Clock.objects.filter(site="正定县商务局", is_running=True).exists()
    assert not open_slips.exists()
    assert clock_of(world.gaocheng_news).is_running
    last = clock_of(world.zhengding_news).entries.order_by("-sequence").first()
    assert (last.operation, last.reason) == (ClockEntry.Operation.STOP, "网站已暂停")
    assert hand_over(by=system_user()) == 0


def test_nobody_is_reminded_of_a_site_that_is_shut(world, travel):
    websites.suspend(world.zhengding, by=world.zhou, reason="迁移")
    hand_over(by=system_user())
    travel("2026-06-01 09:00")
    remind()
    assert not Reminder.objects.filter(clock__site="正定县商务局").exists()


def test_when_the_site_opens_again_its_clocks_begin_anew(world, travel):
    websites.suspend(world.zhengding, by=world.zhou, reason="迁移")
    hand_over(by=system_user())
    travel("2026-05-06 15:00")
    websites.resume(Website.objects.get(domain="zhengding.localhost"), by=world.zhou, reason="迁移完成")
    travel("2026-05-07 00:10")
    assert hand_over(by=system_user()) == 2
    clock = clock_of(world.zhengding_news)
    assert (clock.is_running, clock.due_on) == (True, date(2026, 5, 14))
    assert hand_over(by=system_user()) == 0


def test_a_site_shut_for_an_hour_keeps_its_rounds(world):
    before = clock_of(world.zhengding_news).due_on
    websites.suspend(world.zhengding, by=world.zhou, reason="误操作")
    websites.resume(world.zhengding, by=world.zhou, reason="误操作")
    assert hand_over(by=system_user()) == 0
    assert clock_of(world.zhengding_news).due_on == before


def test_a_clock_that_somebody_paused_stays_paused(world, travel):
    travel("2026-01-06 09:00")
    pause(clock_of(world.zhengding_news), by=world.zhou, reason="栏目改版")
    websites.suspend(world.zhengding, by=world.zhou, reason="迁移")
    hand_over(by=system_user())
    websites.resume(Website.objects.get(domain="zhengding.localhost"), by=world.zhou, reason="迁移完成")
    hand_over(by=system_user())
    assert clock_of(world.zhengding_news).standing == "已暂停"


def test_a_closed_site_is_never_started_again(world):
    websites.close(world.zhengding, by=world.zhou, reason="撤并")
    hand_over(by=system_user())
    assert hand_over(by=system_user()) == 0
    assert not Clock.objects.filter(site="正定县商务局", is_running=True).exists()


def test_a_fault_at_one_site_does_not_hold_up_the_others(world, travel, monkeypatch):
    entrust_to_gaocheng(world, world.zhengding_news, date(2026, 4, 1))
    travel("2026-04-01 00:10")
    keep = websites.keep_clock

    def broken_for_the_portal(website, *, by):
        if website == world.portal:
            raise ValueError("broken")
        return keep(website, by=by)

    monkeypatch.setattr(websites, "keep_clock", broken_for_the_portal)
    with pytest.raises(ExceptionGroup):
        hand_over(by=system_user())
    assert clock_of(world.zhengding_news).organisation.code == "gaocheng"


def test_who_keeps_no_columns_cannot_hand_over(world):
    with pytest.raises(Refused, match="权限"):
        hand_over(by=world.wang)
