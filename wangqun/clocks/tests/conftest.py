"""What the tests of clocks share: a small tree of organisations with people, and the official calendars."""

from types import SimpleNamespace

import pytest

from wangqun.access.models import Grant
from wangqun.clocks import actions
from wangqun.people.actions import system_user
from wangqun.people.models import Organisation, User
from wangqun.workdays.actions import import_files


@pytest.fixture
def cast(db):
    """上级局 above 甲县局 (above 甲县科) and 乙县局; one person in each, a supervisor, the system itself."""
    import_files()
    kinds = Organisation.Kind
    bureau = Organisation.objects.create(kind=kinds.AFFILIATED_UNIT, name="上级局", short_name="上级局", code="t-top")
    first = Organisation.objects.create(kind=kinds.COUNTY_BUREAU, name="甲县局", short_name="甲县", code="t-a", parent=bureau)
    section = Organisation.objects.create(kind=kinds.SECTION, name="甲县科", short_name="甲县科", code="t-a1", parent=first)
    second = Organisation.objects.create(kind=kinds.COUNTY_BUREAU, name="乙县局", short_name="乙县", code="t-b", parent=bureau)

    def person(username, organisation):
        user = User(username=username, name=username, organisation=organisation, is_superuser=False)
        user.set_password("x")
        user.save()
        return user

    people = SimpleNamespace(
        bureau=bureau,
        first=first,
        section=section,
        second=second,
        top=person("t-top", bureau),
        editor=person("t-editor", first),
        leader=person("t-leader", first),
        stranger=person("t-stranger", second),
        homeless=person("t-homeless", None),
        supervisor=person("t-supervisor", bureau),
        system=system_user(),
    )
    Grant.objects.create(
        user=people.supervisor,
        role="office_supervisor",
        state="active",
        duty="督办",
        reason="测试",
        starts_on="2020-01-01",
        requested_by=people.system,
        approved_by=people.system,
    )
    return people


@pytest.fixture
def opened(cast):
    """Opens a clock of the first county, started on the given day."""

    def make(amount=3, unit="workday", **details):
        details = {"kind": "test", "name": "答复", "organisation": cast.first, "by": cast.editor} | details
        return actions.open_clock(unit=unit, amount=amount, **details)

    return make
