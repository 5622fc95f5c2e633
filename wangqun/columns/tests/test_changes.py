"""随时更新类: a changed phone or person elsewhere starts the column's clock; telling readers stops it."""

import pytest

from wangqun.columns import actions as columns
from wangqun.columns.changes import raise_changes
from wangqun.columns.models import ChangeClock, ColumnPage
from wangqun.people import actions as people
from wangqun.people.models import Organisation
from wangqun.publication import actions as publication

pytestmark = pytest.mark.req("REM-1")


@pytest.fixture
def contacts(world, travel):
    """正定县's column 单位联系方式, told last on 2 March."""
    travel("2026-03-02 09:00")
    home = world.zhengding.site.root_page.specific
    column = columns.open_column(
        home,
        title="单位联系方式",
        slug="lxfs",
        kind=ColumnPage.Kind.AS_IT_CHANGES,
        description="联系方式",
        keywords="电话",
        by=world.zhou,
    )
    columns.entrust(
        column,
        organisation=Organisation.objects.get(code="zhengding"),
        editors=[world.wang],
        reviewers=[world.liu],
        by=world.zhou,
    )
    publication.release_structure(column, by=world.zhou, reason="开通")
    world.released(column, title="联系方式")
    raise_changes(by=people.system_user())
    return ColumnPage.objects.get(pk=column.pk)


def change_phone(world):
    people.change_organisation(Organisation.objects.get(code="zhengding"), by=world.zhou, phone="0311-88009999")


def test_nothing_changed_starts_nothing(contacts):
    assert raise_changes(by=people.system_user()) == 0
    assert not ChangeClock.objects.filter(column=contacts).exists()


def test_a_changed_phone_starts_the_clock_once(world, contacts, travel):
    travel("2026-03-05 10:00")
    change_phone(world)
    assert raise_changes(by=people.system_user()) == 1
    assert raise_changes(by=people.system_user()) == 0
    clock = ChangeClock.objects.get(column=contacts).clock
    assert clock.is_running and str(clock.due_on) == "2026-03-10"


def test_a_correction_of_the_page_stops_it_and_the_next_change_starts_it_again(world, contacts, travel):
    travel("2026-03-05 10:00")
    change_phone(world)
    raise_changes(by=people.system_user())
    travel("2026-03-06 10:00")
    world.released(contacts, title="联系方式（更新）")
    assert not ChangeClock.objects.get(column=contacts).clock.is_running
    assert raise_changes(by=people.system_user()) == 0
    travel("2026-03-09 10:00")
    people.appoint(
        world.liu,
        organisation=Organisation.objects.get(code="zhengding"),
        title="副局长",
        valid_from=world.liu.date_joined.date(),
        by=world.zhou,
    )
    assert raise_changes(by=people.system_user()) == 1
