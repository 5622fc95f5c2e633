"""定稿: frozen once, for good, and the same when counted anew."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet

from wangqun.assessment.actions import agrees_with_facts, close_month, verify_ranking
from wangqun.assessment.models import Ranking, RankingPoint, RankingRow, Scheme
from wangqun.assessment.tests.factories import MONTH, YEAR, overdue, release, slip
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.people.actions import change_organisation
from wangqun.people.models import Organisation

pytestmark = pytest.mark.req("ASM-2")


@pytest.fixture
def facts(world, travel):
    travel("2031-04-01 00:01")
    release(world.zhengding_news)
    release(world.gaocheng_news, is_reprint=True)
    overdue(Organisation.objects.get(code="gaocheng"))
    slip(Organisation.objects.get(code="gaocheng"))
    return world


def test_a_month_that_is_over_is_frozen_with_places_scores_and_points(facts):
    ranking = close_month(YEAR, MONTH, by=facts.zhou)
    found = [(row.organisation.code, row.place, row.tenths, row.points.count()) for row in ranking.rows.all()]
    assert found == [("zhengding", 1, 20, 1), ("sjzswj", 2, 0, 0), ("wmc", 2, 0, 0), ("gaocheng", 4, -20, 4)]
    assert Entry.objects.latest("pk").verb == "assessment.close_month"


def test_a_month_that_is_not_over_is_refused(facts, travel):
    travel("2031-03-31 23:59")
    with pytest.raises(Refused, match="还没有结束"):
        close_month(YEAR, MONTH, by=facts.zhou)
    assert not Ranking.objects.exists()


def test_a_second_time_is_refused_and_changes_nothing(facts):
    close_month(YEAR, MONTH, by=facts.zhou)
    release(facts.zhengding_news)
    before = list(RankingRow.objects.values_list("pk", "tenths"))
    with pytest.raises(Refused, match="已定稿"):
        close_month(YEAR, MONTH, by=facts.zhou)
    assert list(RankingRow.objects.values_list("pk", "tenths")) == before


@pytest.mark.parametrize("who", ["wang", "liu", "sun", "zhao", "zheng"])
def test_who_lacks_the_right_cannot_close_a_month(facts, who):
    with pytest.raises(Refused, match="权限"):
        close_month(YEAR, MONTH, by=getattr(facts, who))
    assert not Ranking.objects.exists()


def test_a_frozen_ranking_is_the_same_when_counted_anew(facts):
    """services.md T140."""
    ranking = close_month(YEAR, MONTH, by=facts.zhou)
    assert verify_ranking(ranking)
    assert agrees_with_facts(ranking)


def test_a_later_change_of_an_organisation_leaves_the_frozen_month_as_it_was(facts, travel):
    ranking = close_month(YEAR, MONTH, by=facts.zhou)
    travel("2031-05-02 09:00")
    change_organisation(Organisation.objects.get(code="gaocheng"), by=facts.zhou, name="藁城区商务和投资促进局")
    change_organisation(Organisation.objects.get(code="zhengding"), by=facts.zhou, abolished_on="2031-05-01")
    Scheme.objects.create(version=2, valid_from="2031-05-01", points=Scheme.objects.get(version=1).points | {"release": 50})
    assert verify_ranking(ranking)
    assert agrees_with_facts(ranking)


def test_facts_added_to_a_frozen_month_show_when_it_is_counted_anew(facts):
    ranking = close_month(YEAR, MONTH, by=facts.zhou)
    release(facts.zhengding_news, "2031-03-30 09:00")
    assert verify_ranking(ranking)
    assert not agrees_with_facts(ranking)


def test_an_altered_digest_or_an_added_point_is_found(facts):
    ranking = close_month(YEAR, MONTH, by=facts.zhou)
    RankingPoint.objects.create(
        row=ranking.rows.first(),
        measure="release",
        tenths=20,
        fact_type="publication.release",
        fact_id=1,
        label="添",
        happened_on="2031-03-01",
    )
    assert not verify_ranking(ranking)


@pytest.mark.parametrize("model", [Ranking, RankingRow, RankingPoint])
def test_the_database_itself_refuses_to_change_a_frozen_ranking(facts, model):
    close_month(YEAR, MONTH, by=facts.zhou)
    rows = QuerySet(model).all()  # past what Python refuses
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(id=F("id") + 100_000)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows._raw_delete(using=rows.db)


def test_the_command_closes_a_month_once(facts, capsys):
    call_command("close_month", "2031-03")
    assert "已定稿" in capsys.readouterr().out
    assert Ranking.objects.get().closed_by.is_system
    with pytest.raises(CommandError, match="已定稿"):
        call_command("close_month", "2031-03")


@pytest.mark.parametrize("month", ["2031", "三月", "2031-03-01", "2031-13"])
def test_the_command_names_a_month_that_it_cannot_read(db, month):
    with pytest.raises(CommandError, match="月"):
        call_command("close_month", month)
