"""What counts in a month, for whom, and how much."""

from datetime import date

import pytest
from django.utils.timezone import localdate

from wangqun.assessment.measures import compute
from wangqun.assessment.tests.factories import MONTH, YEAR, article, escalation, overdue, receipt, release, slip, withdrawal
from wangqun.base.errors import Refused
from wangqun.columns import actions as columns
from wangqun.people import actions as people
from wangqun.people.models import Organisation
from wangqun.publication.models import Release
from wangqun.sharing.models import Submission

pytestmark = pytest.mark.req("ASM-1", "ASM-2")


@pytest.fixture(autouse=True)
def in_april(world, travel):
    travel("2031-04-15 10:00")


def rows():
    return {row.organisation.code: row for row in compute(YEAR, MONTH).rows}


def score(code):
    return rows()[code].tenths


def measured(code):
    return sorted((point.measure, point.tenths) for point in rows()[code].points)


def test_a_first_release_counts_for_the_organisation_that_keeps_the_column(world):
    release(world.zhengding_news)
    assert measured("zhengding") == [("release", 20)]
    assert score("gaocheng") == 0


def test_every_point_names_the_fact_behind_it(world):
    made = release(world.zhengding_news, "2031-03-05 23:30", title="正定古城夜市开市")
    (point,) = rows()["zhengding"].points
    assert (point.fact_type, point.fact_id, point.label) == ("publication.release", made.pk, "《正定古城夜市开市》")
    assert point.happened_on == date(2031, 3, 5)


def test_reprints_count_less_than_own_texts(world):
    release(world.zhengding_news, is_reprint=True)
    assert measured("zhengding") == [("reprint", 5)]


def test_corrections_and_structure_count_nothing(world):
    made = release(world.zhengding_news, "2031-02-27 09:00")
    release(world.zhengding_news, page=made.page.specific, kind=Release.Kind.CORRECTION)
    release(world.zhengding_news, kind=Release.Kind.STRUCTURE)
    assert score("zhengding") == 0


def test_an_adopted_submission_counts_for_the_organisation_that_submitted_it(world):
    zhengding = Organisation.objects.get(code="zhengding")
    copy = article(world.portal_news)
    Submission.objects.create(
        source=article(world.zhengding_news), target=world.portal_news, organisation=zhengding, state=Submission.State.ACCEPTED,
        submitted_by=world.wang, submitted_at=localdate().isoformat() + "T08:00:00+08:00", copy=copy,
    )  # fmt: skip
    release(world.portal_news, page=copy, is_submitted=True)
    assert measured("zhengding") == [("adopted", 20)]
    assert score("wmc") == 0


def test_only_three_releases_a_day_count_per_column_and_the_others_are_listed_with_nothing(world):
    for hour in range(5):
        release(world.zhengding_news, f"2031-03-10 {9 + hour:02}:00")
    release(world.zhengding_news, "2031-03-11 09:00")
    assert score("zhengding") == 4 * 20
    refused = [point for point in rows()["zhengding"].points if not point.tenths]
    assert len(refused) == 2
    assert "不计分" in refused[0].label


def test_the_same_content_counts_once(world):
    release(world.zhengding_news, content_hash="a" * 64)
    release(world.column("zhengding", "tzgg"), content_hash="a" * 64)
    assert score("zhengding") == 20


@pytest.mark.parametrize("reason", ["wrong", "secret"])
def test_a_text_withdrawn_as_wrong_or_secret_is_a_minus_for_whoever_it_had_counted_for(world, reason):
    made = release(world.zhengding_news, "2031-02-10 09:00")
    withdrawal(made, "2031-03-20 09:00", reason, organisation=Organisation.objects.get(code="gaocheng"))
    assert measured("zhengding") == [("withdrawn", -40)]
    assert score("gaocheng") == 0


@pytest.mark.parametrize("reason", ["expired", "source_withdrawn", "site_closed", "merged"])
def test_other_withdrawals_count_nothing(world, reason):
    withdrawal(release(world.zhengding_news, "2031-02-10 09:00"), "2031-03-20 09:00", reason)
    assert score("zhengding") == 0


def test_overdue_clocks_slips_and_escalation_are_minuses(world):
    zhengding = Organisation.objects.get(code="zhengding")
    overdue(zhengding)
    receipt(slip(zhengding), "2031-03-10 10:00")
    second = slip(zhengding, "2031-03-13 09:00", stage=2)
    receipt(second, "2031-03-13 10:00")
    escalation(second, "2031-03-18 09:00")
    expected = [("escalation", -50), ("first_reminder", -10), ("overdue_clock", -10), ("second_reminder", -20)]
    assert measured("zhengding") == expected


def test_an_overdue_clock_counts_for_whoever_answered_on_that_day(world):
    gaocheng, zhengding = (Organisation.objects.get(code=code) for code in ("gaocheng", "zhengding"))
    overdue(zhengding, data={"organisation": gaocheng.pk})
    assert (score("zhengding"), score("gaocheng")) == (0, -10)


def test_a_slip_not_confirmed_within_two_working_days_is_a_minus_from_the_day_after(world, travel):
    zhengding = Organisation.objects.get(code="zhengding")
    slip(zhengding, "2031-03-10 09:00")  # a Monday: Wednesday is the last day
    travel("2031-03-12 23:00")
    assert measured("zhengding") == [("first_reminder", -10)]
    travel("2031-03-13 00:01")
    assert ("receipt_late", -5) in measured("zhengding")


@pytest.mark.parametrize(("moment", "expected"), [("2031-03-12 23:59", 0), ("2031-03-13 00:00", -5)])
def test_a_receipt_is_in_time_until_the_end_of_its_last_day(world, moment, expected):
    reminder = slip(Organisation.objects.get(code="zhengding"), "2031-03-10 09:00")
    receipt(reminder, moment)
    assert sum(tenths for measure, tenths in measured("zhengding") if measure == "receipt_late") == expected


def test_a_slip_settled_before_its_last_day_needs_no_receipt(world):
    slip(Organisation.objects.get(code="zhengding"), "2031-03-10 09:00", closed_at="2031-03-11T10:00:00+08:00")
    assert measured("zhengding") == [("first_reminder", -10)]


def test_a_slip_of_the_last_day_is_late_in_the_next_month(world):
    slip(Organisation.objects.get(code="zhengding"), "2031-02-28 09:00")
    assert measured("zhengding") == [("receipt_late", -5)]


@pytest.mark.parametrize("moment", ["2031-02-28 23:59:59", "2031-04-01 00:00:00"])
def test_facts_of_the_neighbouring_months_stay_out(world, moment):
    release(world.zhengding_news, moment)
    overdue(Organisation.objects.get(code="zhengding"), moment)
    assert score("zhengding") == 0


def test_equal_scores_share_a_place_and_the_next_one_is_left_out(world):
    release(world.zhengding_news)
    release(world.gaocheng_news)
    release(world.portal_news)
    release(world.portal_news)
    places = {row.organisation.code: row.place for row in compute(YEAR, MONTH).rows}
    assert (places["wmc"], places["zhengding"], places["gaocheng"], places["sjzswj"]) == (1, 2, 2, 4)


def test_organisations_that_released_nothing_stand_below_with_nothing_or_a_minus(world):
    release(world.zhengding_news)
    overdue(Organisation.objects.get(code="gaocheng"))
    assert [row.organisation.code for row in compute(YEAR, MONTH).rows] == ["zhengding", "sjzswj", "wmc", "gaocheng"]


def test_only_those_that_hold_a_duty_or_host_a_website_are_ranked(world):
    assert set(rows()) == {"wmc", "zhengding", "gaocheng", "sjzswj"}  # not the information office


def test_a_sections_facts_count_for_the_organisation_above_it(world):
    above = Organisation.objects.get(code="zhengding")
    section = people.create_organisation(
        by=world.zhou, kind="section", name="正定县商务局办公室", short_name="办公室", code="zdbgs", parent=above
    )
    release(world.zhengding_news, organisation=section)
    assert score("zhengding") == 20
    assert "zdbgs" not in rows()


def test_a_duty_that_changes_hands_within_the_month_leaves_each_its_own_facts(world, travel):
    release(world.zhengding_news, "2031-03-05 09:00")
    gaocheng = Organisation.objects.get(code="gaocheng")
    columns.entrust(
        world.zhengding_news, organisation=gaocheng, editors=[world.outsider], reviewers=[world.gao], by=world.zhou,
        valid_from=date(2031, 3, 16),
    )  # fmt: skip
    release(world.zhengding_news, "2031-03-20 09:00")
    assert (score("zhengding"), score("gaocheng")) == (20, 20)


@pytest.mark.parametrize(("year", "month"), [(2031, 13), (2031, 0), (0, 1), (9999, 12)])
def test_a_month_that_does_not_exist_is_refused(world, year, month):
    with pytest.raises(Refused, match="没有这个月份"):
        compute(year, month)


def test_a_month_before_the_first_rules_is_refused(world):
    with pytest.raises(Refused, match="没有适用的考核办法"):
        compute(2010, 1)


def test_counting_asks_as_many_questions_for_one_fact_as_for_many(world, django_assert_max_num_queries):
    release(world.zhengding_news)
    with django_assert_max_num_queries(20) as few:
        compute(YEAR, MONTH)
    for column in (world.zhengding_news, world.gaocheng_news, world.portal_news):
        release(column, "2031-03-12 09:00")
        overdue(column.duty_on(date(2031, 3, 12)).organisation)
        slip(column.duty_on(date(2031, 3, 12)).organisation)
    with django_assert_max_num_queries(20) as many:
        compute(YEAR, MONTH)
    assert len(few) == len(many)
