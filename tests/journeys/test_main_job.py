"""The main job, told through the actions: from a county editor's desk to the street, a week of silence, the ranking."""

from datetime import date, timedelta

import pytest
from django.conf import settings

from wangqun.articles.models import ArticlePage
from wangqun.assessment import actions as assessment
from wangqun.assessment.models import RankingPoint
from wangqun.base.errors import Refused
from wangqun.clocks import actions as clocks
from wangqun.columns.models import ColumnClock
from wangqun.publication import actions as publication
from wangqun.publication.jobs import work_off
from wangqun.publication.models import Release
from wangqun.reminders import actions as reminders
from wangqun.reminders.models import Escalation, Reminder
from wangqun.reviews import actions as reviews
from wangqun.reviews.models import Signing
from wangqun.sharing import actions as sharing


def page_text(host: str, path: str) -> str:
    return (settings.RELEASE_ROOT / "current" / host / path.strip("/") / "index.html").read_text(encoding="utf-8")


@pytest.mark.req("COL-2", "COL-4", "COL-5", "GRP-1", "GRP-4", "GRP-5", "REM-1", "REM-2", "REM-3", "ASM-1", "ASM-2", "PUB-1")
def test_an_article_from_the_editors_desk_to_the_street_and_a_month_to_its_ranking(world, travel):
    publication.order_all()
    # Monday: 王编辑 writes; the machine stops a text with an identity number, and passes the mended one.
    travel("2026-03-02 09:00")
    article = world.draft(title="正定县春季招聘会启动", text="<p>报名联系人身份证号 11010519491231002X，请有意者参加。</p>")
    reviews.submit(article, by=world.wang)
    article = ArticlePage.objects.get(pk=article.pk)
    assert article.current_workflow_state.status == "needs_changes"
    from wangqun.articles.actions import revise

    revise(
        article, by=world.wang, base_revision=article.latest_revision_id, is_sensitive=True,
        body=[("paragraph", "<p>招聘会在古城举行，设置岗位三百余个，请有意者参加。</p>")],
    )  # fmt: skip
    reviews.submit(article, by=world.wang)

    # The division, the leader (the text is marked as wide-reaching) and the office sign, each once.
    for hour, signer in ((10, world.liu), (14, world.chen), (16, world.sun)):
        travel(f"2026-03-02 {hour}:00")
        with pytest.raises(Refused):
            reviews.approve(reviews.task_of(article), by=world.wang)
        reviews.approve(reviews.task_of(article), by=signer)
    work_off()
    article = ArticlePage.objects.get(pk=article.pk)
    shown = page_text("zhengding.localhost", article.public_path)
    assert "正定县春季招聘会启动" in shown
    assert "2026-03-02 16:00" in shown
    assert "11010519491231002X" not in shown
    assert [item.level for item in Signing.objects.filter(revision=article.live_revision)] == [
        "machine",
        "department",
        "leader",
        "centre",
    ]

    # Upward: the portal's own people take it over, with its source.
    travel("2026-03-03 09:30")
    submission = sharing.submit_upward(article, world.portal_news, by=world.wang)
    copy = sharing.accept(submission, by=world.qian)
    world.pass_review(copy)
    work_off()
    copy = ArticlePage.objects.get(pk=copy.pk)
    assert "正定县商务局" in page_text("portal.localhost", copy.public_path)
    assert "正定县春季招聘会启动" in page_text("portal.localhost", "/")

    # A week passes: the column's clock runs out at the end of the seventh day.
    clock = ColumnClock.objects.get(column=world.zhengding_news).clock
    assert clock.due_on == date(2026, 3, 9)
    travel("2026-03-09 23:30")
    clocks.sweep()
    reminders.remind()
    assert not Reminder.objects.filter(clock=clock).exists()
    travel("2026-03-10 08:30")
    clocks.sweep()
    reminders.remind()
    reminders.remind()
    slip = Reminder.objects.get(clock=clock)
    assert (slip.stage, slip.organisation.code, slip.due_on) == (1, "zhengding", date(2026, 3, 9))
    assert slip.number.startswith("石商网提〔2026〕")
    reminders.confirm(slip, by=world.wang)

    # Silence: the second slip, then the leader and the criticism list.
    day = date(2026, 3, 11)
    while not Escalation.objects.filter(organisation__code="zhengding", reminder__clock=clock).exists():
        assert day < date(2026, 3, 31), "the escalation never came"
        travel(f"{day} 08:30")
        clocks.sweep()
        reminders.remind()
        day += timedelta(days=1)
    assert list(Reminder.objects.filter(clock=clock).order_by("stage").values_list("stage", flat=True)) == [1, 2]
    assert world.chen.notices.exists()

    # An update ends it.
    travel(f"{day} 10:00")
    world.released(title="正定县恢复更新")
    assert not Reminder.objects.filter(clock=clock, closed_at__isnull=True).exists()

    # The month is closed; every point opens the fact behind it.
    travel("2026-04-02 09:00")
    ranking = assessment.close_month(2026, 3, by=world.zhou)
    with pytest.raises(Refused):
        assessment.close_month(2026, 3, by=world.zhou)
    points = RankingPoint.objects.filter(row__ranking=ranking, row__organisation__code="zhengding")
    releases = set(
        Release.objects.filter(website=world.zhengding, kind="first", column=world.zhengding_news).values_list("pk", flat=True)
    )
    assert releases <= set(points.filter(fact_type="publication.release").values_list("fact_id", flat=True))
    assert points.filter(tenths__lt=0, fact_type__startswith="reminders.").exists()
    row = ranking.rows.get(organisation__code="zhengding")
    assert row.tenths == sum(points.values_list("tenths", flat=True))
