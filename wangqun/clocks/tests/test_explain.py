"""The explanation lists exactly the counted days."""

from datetime import date

import pytest

from wangqun.clocks.actions import extend, pause, resume, stop
from wangqun.clocks.reading import explain

pytestmark = pytest.mark.req("REM-1")


def counted(lines):
    return [line for line in lines if line.startswith("第")]


def test_t01_every_counted_day_is_listed_with_its_weekday_and_make_up_mark(opened, travel):
    travel("2026-02-13 10:00")
    assert explain(opened()) == [
        "2026年2月13日（星期五）起算，当日不计入。",
        "第1个工作日：2026年2月14日（星期六），调休上班。",
        "2026年2月15日（星期日）至2026年2月23日（星期一）休息9日，不计入。",
        "第2个工作日：2026年2月24日（星期二）。",
        "第3个工作日：2026年2月25日（星期三）。",
        "2026年2月25日（星期三）24:00到期。",
    ]


def test_t04_a_start_on_a_holiday_says_from_which_day_it_counts(opened, travel):
    travel("2026-10-03 10:00")
    assert "2026年10月3日（星期六）为休息日，自2026年10月8日（星期四）起计。" in explain(opened())


def test_t21_extensions_and_pauses_are_told_and_the_days_are_as_many_as_the_term(opened, cast, travel):
    travel("2026-04-20 10:00")
    clock = extend(opened(20, maximum_extension=10), amount=10, by=cast.editor, approver=cast.leader, reason="复杂")
    travel("2026-04-29 10:00")
    clock = pause(clock, by=cast.editor, reason="征求意见")
    assert explain(clock)[-1] == "时限已暂停，已用7个工作日，恢复后另行计算到期日。"
    travel("2026-05-06 10:00")
    clock = resume(clock, by=cast.editor, reason="收到答复")
    lines = explain(clock)
    assert len(counted(lines)) == 30
    assert "2026年4月20日（星期一）延长10个工作日，批准人t-leader，事由：复杂。" in lines
    assert "2026年4月29日（星期三）暂停，当日计入，事由：征求意见。" in lines
    assert not any("4月30日" in line or "5月6日（星期三）休息" in line for line in lines)


def test_other_units_are_explained_too(opened, cast, travel):
    travel("2026-03-10 10:00")
    assert len(counted(explain(opened(7, "day")))) == 7
    assert explain(opened(1, "week"))[1:] == ["于起算周之后第1周的周日到期。", "2026年3月22日（星期日）24:00到期。"]
    fixed = opened(None, "date", target_on=date(2026, 5, 1))
    assert explain(stop(fixed, by=cast.editor))[-1] == "时限已停止。"
