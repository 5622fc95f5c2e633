"""运行质量报告: every figure is a query over what is on record."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.staff import signed_in
from wangqun.assessment.tests import factories as facts_of
from wangqun.base.pdf import pdf_is_available
from wangqun.clocks.models import Clock
from wangqun.publication.models import Alarm, Release
from wangqun.visits import quality
from wangqun.visits.models import Referrer
from wangqun.visits.tests.factories import visited

pytestmark = [pytest.mark.req("ASM-5")]
YEAR, MONTH = facts_of.YEAR, facts_of.MONTH


@pytest.fixture
def month(world, travel, log):
    """March 2031 of zhengding.localhost, looked at in April."""
    travel("2031-03-20 09:00")
    day = timezone.localdate()
    made = facts_of.release(world.zhengding_news, title="第一篇")
    facts_of.release(world.zhengding_news, "2031-03-11 09:00", title="转载", is_reprint=True)
    facts_of.withdrawal(made, "2031-03-12 09:00", Release.WithdrawalReason.WRONG)
    facts_of.release(world.zhengding_news, "2031-04-01 00:00", title="四月")
    facts_of.overdue(world.zhengding.organisation)
    slip = facts_of.slip(world.zhengding.organisation)
    Clock.objects.filter(pk=slip.clock_id).update(site=world.zhengding.name)
    Clock.objects.filter(events__isnull=False, organisation=world.zhengding.organisation).update(site=world.zhengding.name)
    visited(made.page, 40, day=day, robots=3)
    visited(made.page, 2, day=day, language="zh-Hant")
    visited(world.zhengding_news, 8, day=day.replace(month=2))
    Referrer.objects.create(day=day, website=world.zhengding, host="www.example.com", views=5)
    Alarm.objects.create(kind=Alarm.Kind.FILE_ALTERED, what="zhengding.localhost/index.html", found_at=timezone.now())
    travel("2031-04-02 09:00")
    return world


def test_the_report_counts_what_is_on_record_in_the_month(month) -> None:
    report = quality.report(_site(month), YEAR, MONTH)
    assert (report.figures.views, report.figures.robot_views, report.figures.before) == (42, 3, 8)
    assert report.languages == [("简体", 40), ("繁体中文", 2)]
    assert (report.releases["first"], report.releases["reprint"], report.releases["withdrawal"]) == (2, 1, 1)
    assert [line["number"] for line in report.updated] == [2]
    assert len(report.reminders) == 1
    assert (report.received, report.settled) == (0, 0)
    assert report.overdue == 1
    assert report.alarms == [("文件被改动", 1)]
    assert report.alarms_open == 1
    assert [line["host"] for line in report.referrers] == ["www.example.com"]
    assert "通知公告" in report.silent_columns
    assert "工作动态" not in report.silent_columns


def test_another_site_has_none_of_it(month) -> None:
    report = quality.report(_site(month, "gaocheng_news"), YEAR, MONTH)
    assert (report.figures.views, report.overdue, report.reminders, report.alarms) == (0, 0, [], [])
    assert not report.releases["first"]


def test_it_reads_as_a_page(month) -> None:
    text = signed_in(month.wang).get(f"/admin/visits/{month.zhengding.pk}/{YEAR}/{MONTH}/").content.decode()
    assert "2031年3月运行质量报告" in text
    assert "本月浏览 42 次，上期 8 次，增减 +425.0%" in text
    assert "首次发布 2 篇，上月 0 篇；其中转载 1 篇" in text
    assert "撤下 1 次" in text
    assert "www.example.com" in text
    assert "文件被改动 1 次；其中尚未消除 1 次" in text
    assert "<style" not in text
    assert " style=" not in text


def test_it_is_a_pdf_where_the_machine_can_make_one(month) -> None:
    answer = signed_in(month.wang).get(f"/admin/visits/{month.zhengding.pk}/{YEAR}/{MONTH}/?format=pdf")
    assert answer.status_code == 200
    if pdf_is_available():
        assert answer.content.startswith(b"%PDF")


def test_a_month_without_anything_is_an_empty_report(world) -> None:
    text = signed_in(world.wang).get(f"/admin/visits/{world.zhengding.pk}/2025/1/").content.decode()
    assert "本月浏览 0 次" in text
    assert "本月没有发现公开页面被改动、缺失或多出" in text
    assert "本系统尚无访问记录" in text


@pytest.mark.parametrize("month", ["2026/4", "2026/13", "2026/0", "1999/12", "9999/12", "99999999999/1"])
def test_a_month_to_come_or_that_there_is_not_is_not_found(world, month) -> None:
    assert signed_in(world.zhou).get(f"/admin/visits/{world.zhengding.pk}/{month}/").status_code == 404


def test_only_those_see_it_who_may_see_the_figures(world) -> None:
    address = f"/admin/visits/{world.zhengding.pk}/2026/3/"
    assert signed_in(world.outsider).get(address).status_code == 404
    assert signed_in(world.zheng).get(address).status_code == 200


def test_a_constant_number_of_questions(month) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            quality.report(_site(month), YEAR, MONTH)
        return len(captured)

    before = questions()
    for number in range(5):
        made = facts_of.release(month.zhengding_news, f"2031-03-1{number} 10:00", title=f"再{number}")
        slip = facts_of.slip(month.zhengding.organisation, f"2031-03-1{number} 10:00")
        Clock.objects.filter(pk=slip.clock_id).update(site=month.zhengding.name)
        visited(made.page, 3, day=made.released_at.date())
    assert questions() == before


def _site(world, column: str = "zhengding_news"):
    from wangqun.websites.models import Website

    website = getattr(world, column).website
    return Website.objects.select_related(*quality.SHOWN).get(pk=website.pk)
