"""考核办法: the office enters versions; each month is counted by the one in force."""

from datetime import date

import pytest

from wangqun.assessment.actions import close_month, enter_scheme, verify_ranking
from wangqun.assessment.measures import compute
from wangqun.assessment.models import Scheme
from wangqun.assessment.tests.factories import release
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused

pytestmark = pytest.mark.req("ASM-1")

APRIL, MAY = date(2031, 4, 1), date(2031, 5, 1)


@pytest.fixture
def office(world, travel):
    travel("2031-04-10 09:00")
    return world


def points(**changes: int) -> dict[str, int]:
    return Scheme.objects.get(version=1).points | changes


def enter(world, by=None, **given):
    values = {"points": points(release=50), "valid_from": APRIL, "remark": "首发每篇 5 分。"} | given
    return enter_scheme(by=by or world.zhou, **values)


def scored(year: int, month: int) -> dict[str, int]:
    return {row.organisation.code: row.tenths for row in compute(year, month).rows}


def test_a_new_version_gets_the_next_number_and_stands_in_the_log(office):
    scheme = enter(office)
    assert (scheme.version, scheme.valid_from, scheme.entered_by) == (2, APRIL, office.zhou)
    entry = Entry.objects.latest("pk")
    assert entry.verb == "assessment.enter_scheme"
    assert (entry.data["before"]["release"], entry.data["after"]["release"]) == (20, 50)


def test_each_month_is_counted_by_the_version_in_force(office):
    release(office.zhengding_news, "2031-03-10 09:00")
    release(office.zhengding_news, "2031-04-02 09:00")
    enter(office)
    assert scored(2031, 3)["zhengding"] == 20
    assert scored(2031, 4)["zhengding"] == 50


def test_a_version_for_this_month_entered_later_leaves_the_one_for_the_next_in_force(office):
    enter(office, valid_from=MAY)
    enter(office, points=points(release=30))
    assert [compute(2031, month).scheme.version for month in (3, 4, 5)] == [1, 3, 2]


def test_of_two_versions_for_one_month_the_later_counts(office):
    enter(office, valid_from=MAY)
    enter(office, valid_from=MAY, points=points(release=30))
    assert compute(2031, 5).scheme.version == 3


def test_a_frozen_month_stays_as_it_was(office):
    release(office.zhengding_news, "2031-03-10 09:00")
    ranking = close_month(2031, 3, by=office.zhou)
    enter(office)
    assert verify_ranking(ranking)
    assert ranking.scheme.version == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"valid_from": date(2031, 4, 2)}, "某月1日"),
        ({"valid_from": date(2031, 3, 1)}, "不能追溯"),
        ({"remark": "  "}, "说明"),
        ({"remark": "长" * 256}, "说明"),
    ],
)
def test_a_wrong_day_or_a_missing_remark_is_refused(office, given, sentence):
    with pytest.raises(Refused, match=sentence):
        enter(office, **given)
    assert Scheme.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"release": 1001}, "首发的分值应在"),
        ({"escalation": -1001}, "报批评建议的分值应在"),
        ({"reprint": 0.5}, "转载的分值应在"),
        ({"reprint": True}, "转载的分值应在"),
        ({"daily_cap": 0}, "每栏目每日计分上限应为"),
        ({"receipt_workdays": -1}, "签收期限应为"),
        ({"receipt_workdays": 31}, "签收期限应为"),
        ({"bonus": 10}, "没有这些考核项：bonus"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_by_name(office, changes, sentence):
    with pytest.raises(Refused, match=sentence):
        enter(office, points=points(**changes))
    assert Scheme.objects.count() == 1


def test_a_missing_measure_is_named(office):
    few = points(release=50)
    del few["withdrawn"]
    with pytest.raises(Refused, match="没有填写因误撤下"):
        enter(office, points=few)


def test_the_same_figures_again_are_refused_so_that_a_second_click_does_nothing(office):
    enter(office)
    with pytest.raises(Refused, match="第 2 版相同"):
        enter(office)
    assert Scheme.objects.count() == 2


@pytest.mark.parametrize("who", ["wang", "liu", "sun", "zhao", "zheng"])
def test_who_does_not_keep_the_assessment_cannot_enter_rules(office, who):
    with pytest.raises(Refused, match="权限"):
        enter(office, by=getattr(office, who))


def typed(**changes: str) -> dict[str, str]:
    figures = {name: f"{value / 10}" for name, value in points().items()}
    figures |= {"daily_cap": "3", "receipt_workdays": "2"}
    return figures | {"valid_from": "2031-05-01", "remark": "首发每篇 2.5 分。"} | changes


def test_the_screen_lists_versions_with_their_differences(office, client):
    enter(office, valid_from=MAY)
    client.force_login(office.wang)
    text = client.get("/admin/assessment/schemes/").content.decode()
    assert "首发由 2.0 分 改为 5.0 分" in text
    assert "本月适用" in text
    assert "尚未起用" in text
    assert "录入新版本" not in text  # an editor reads the rules and does not write them
    assert client.get("/admin/assessment/schemes/add/").status_code == 404


def test_the_form_begins_with_the_present_figures_in_points(office, client):
    client.force_login(office.zhou)
    assert "/admin/assessment/schemes/" in client.get("/admin/assessment/").content.decode()
    assert "录入新版本" in client.get("/admin/assessment/schemes/").content.decode()
    form = client.get("/admin/assessment/schemes/add/").context["form"]
    assert [str(form[name].value()) for name in ("release", "reprint", "daily_cap")] == ["2.0", "0.5", "3"]
    assert form["valid_from"].field.choices[0] == ("2031-04-01", "2031年4月")


def test_a_version_is_entered_on_screen(office, client):
    client.force_login(office.zhou)
    answer = client.post("/admin/assessment/schemes/add/", typed(release="2.5", daily_cap="5"))
    assert answer.status_code == 302
    scheme = Scheme.objects.get(version=2)
    assert (scheme.points, scheme.valid_from) == (points(release=25, daily_cap=5), MAY)


@pytest.mark.parametrize("changes", [{}, {"release": "2.55"}, {"release": "x"}, {"valid_from": "2031-03-01"}, {"remark": ""}])
def test_what_is_refused_on_screen_comes_back_with_everything_typed(office, client, changes):
    client.force_login(office.zhou)
    answer = client.post("/admin/assessment/schemes/add/", typed(**changes))
    assert answer.status_code == 409
    assert "error-message" in answer.content.decode()
    assert Scheme.objects.count() == 1
