"""What goes to the press goes to the site at the same time."""

from datetime import date

import pytest

from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.columns.models import PublicItem
from wangqun.people.models import Organisation
from wangqun.sharing.models import PressItem
from wangqun.sharing.press import link_press_item, record_press_item

pytestmark = pytest.mark.req("GRP-4")

GIVEN = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def now(world, travel):
    travel("2026-03-12 09:00")


@pytest.fixture
def zhengding(world):
    return Organisation.objects.get(code="zhengding")


def entered(world, zhengding, **details):
    values = {
        "organisation": zhengding,
        "title": "夜经济消费季开幕",
        "press": "石家庄日报",
        "given_on": GIVEN,
        "by": world.wang,
    }
    return record_press_item(**values | details)


def public(article, at):
    """The public row that release writes."""
    PublicItem.objects.create(
        page=article, kind="article", website=article.website, path=article.path, title=article.title,
        address=article.public_path, published_at=at, updated_at=at,
    )  # fmt: skip


def refused(match, act, *args, **details):
    rows, entries = list(PressItem.objects.values()), Entry.objects.count()
    with pytest.raises(Refused, match=match):
        act(*args, **details)
    assert (list(PressItem.objects.values()), Entry.objects.count()) == (rows, entries)


def test_an_editor_enters_what_their_organisation_gave_and_the_log_says_so(world, zhengding):
    item = entered(world, zhengding)
    assert (item.outcome, item.recorded_by) == ("缺报", world.wang)
    entry = Entry.objects.order_by("-pk").first()
    assert (entry.verb, entry.data["press"]) == ("sharing.record_press_item", "石家庄日报")


def test_the_office_enters_for_anybody_and_another_county_for_nobody_else(world, zhengding):
    entered(world, zhengding, by=world.zhou)
    entered(world, zhengding, by=world.sun, press="燕赵晚报")
    refused("不能为正定县商务局登记", entered, world, zhengding, by=world.outsider, press="新华社")
    refused("不能为正定县商务局登记", entered, world, zhengding, by=world.zheng, press="新华社")


@pytest.mark.parametrize(
    ("details", "match"),
    [
        ({"title": " "}, "请填写"),
        ({"press": ""}, "请填写"),
        ({"title": "长" * 256}, "不能超过"),
        ({"given_on": date(2026, 3, 13)}, "晚于今天"),
    ],
)
def test_wrong_entries_are_refused(world, zhengding, details, match):
    refused(match, entered, world, zhengding, **details)


def test_a_second_click_is_refused(world, zhengding):
    entered(world, zhengding)
    refused("已经登记", entered, world, zhengding)


def test_an_abolished_organisation_gives_nothing(world, zhengding):
    zhengding.abolished_on = date(2026, 1, 1)
    zhengding.save()
    refused("已撤销", entered, world, zhengding, by=world.zhou)


def test_missing_late_and_in_time_are_told_apart(world, zhengding):
    articles = [world.draft(title=f"稿件{number}") for number in range(4)]
    items = [entered(world, zhengding, title=article.title, article=article) for article in articles]
    without = entered(world, zhengding, title="没有对应稿件")
    public(articles[0], "2026-03-10T23:59:00+08:00")
    public(articles[1], "2026-03-11T00:00:00+08:00")
    public(articles[2], "2026-03-09T08:00:00+08:00")
    assert set(PressItem.objects.in_time()) == {items[0], items[2]}
    assert set(PressItem.objects.late()) == {items[1]}
    assert set(PressItem.objects.missing()) == {items[3], without}
    outcomes = [PressItem.objects.get(pk=item.pk).outcome for item in (*items, without)]
    assert outcomes == ["及时", "迟报 1 日", "及时", "缺报", "缺报"]


def test_a_withdrawn_article_is_missing_again(world, zhengding):
    article = world.draft()
    entered(world, zhengding, article=article)
    public(article, "2026-03-10T09:00:00+08:00")
    assert not PressItem.objects.missing().exists()
    PublicItem.objects.filter(page=article).delete()
    assert PressItem.objects.missing().exists()


def test_the_article_is_named_later_and_its_day_counts(world, zhengding):
    item = entered(world, zhengding)
    article = world.draft()
    public(article, "2026-03-11T09:00:00+08:00")
    link_press_item(item, article, by=world.wang)
    assert item.outcome == "迟报 1 日"
    assert Entry.objects.order_by("-pk").first().verb == "sharing.link_press_item"
    refused("已经对应此稿", link_press_item, item, article, by=world.wang)
    refused("已经对应已公开", link_press_item, item, world.draft(title="另一篇"), by=world.wang)


def test_a_draft_named_by_mistake_can_be_replaced(world, zhengding):
    item = entered(world, zhengding, article=world.draft())
    other = world.draft(title="另一篇")
    assert link_press_item(item, other, by=world.wang).article_id == other.pk


def test_an_article_of_another_organisation_is_refused(world, zhengding):
    foreign = world.draft(world.gaocheng_news, by=world.outsider)
    refused("不是正定县商务局的稿件", entered, world, zhengding, article=foreign)
    item = entered(world, zhengding)
    refused("不是正定县商务局的稿件", link_press_item, item, foreign, by=world.wang)


def test_only_those_who_may_enter_may_link(world, zhengding):
    item = entered(world, zhengding)
    refused("不能为", link_press_item, item, world.draft(), by=world.outsider)


def test_a_stale_form_is_refused(world, zhengding):
    item = entered(world, zhengding)
    stale = PressItem.objects.get(pk=item.pk)
    link_press_item(item, world.draft(), by=world.wang)
    refused("刚被他人修改", link_press_item, stale, world.draft(title="另一篇"), by=world.wang)


def test_each_sees_their_own_and_the_office_sees_all(world, zhengding):
    ours = entered(world, zhengding)
    gaocheng = Organisation.objects.get(code="gaocheng")
    theirs = entered(world, gaocheng, by=world.outsider)
    assert set(PressItem.objects.visible_to(world.wang)) == {ours}
    assert set(PressItem.objects.visible_to(world.outsider)) == {theirs}
    assert set(PressItem.objects.visible_to(world.zhou)) == {ours, theirs}
    assert set(PressItem.objects.visible_to(world.wu)) == set()
