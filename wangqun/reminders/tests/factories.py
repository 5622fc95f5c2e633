"""A bureau with its information office, one county bureau, and clocks that are due when a test says so."""

from datetime import date, timedelta

import factory
from django.contrib.auth.models import Permission

from wangqun.access.models import Grant, Role
from wangqun.base.moments import today
from wangqun.clocks.models import Clock
from wangqun.notifications.models import Delivery, Notice
from wangqun.people.models import Organisation, User


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    kind = Organisation.Kind.COUNTY_BUREAU
    name = factory.Sequence(lambda number: f"第{number}县商务局")
    short_name = factory.Sequence(lambda number: f"第{number}县")
    code = factory.Sequence(lambda number: f"reminded{number}")
    phone = "0311-80000000"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"reminded{number}")
    name = factory.Sequence(lambda number: f"提醒对象{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.cn")


class ClockFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Clock

    kind = "column_news"
    name = "中国石家庄商务 · 工作动态"
    basis = "石15(1)"
    url = "/admin/pages/7/"
    unit = Clock.Unit.DAY
    amount = 7
    is_running = True
    cycle = 1
    started_on = factory.LazyAttribute(lambda clock: clock.due_on - timedelta(days=7))


def person(organisation: Organisation, *roles: str, may_enter: bool = True, **more: object) -> User:
    """A member of staff who holds `roles` for the whole group."""
    user = UserFactory(organisation=organisation, **more)
    for role in roles:
        Grant.objects.create(
            user=user,
            role=role,
            state=Grant.State.ACTIVE,
            duty="测试",
            reason="测试",
            starts_on=date(2020, 1, 1),
            requested_by=user,
            approved_by=user,
        )
    if may_enter:
        user.user_permissions.add(Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"))
    return user


class Cast:
    """石家庄市商务局 with its information office, and 正定县 with its people."""

    def __init__(self) -> None:
        # The common cast has clocks and notices of its own; these tests count theirs only.
        Clock.objects.update(is_running=False)
        Delivery.objects.all().delete()
        Notice.objects.all().delete()
        self.bureau = OrganisationFactory(kind=Organisation.Kind.BUREAU, name="石家庄市商务局（测试）", short_name="市商务局")
        Organisation.objects.filter(is_information_office=True).update(is_information_office=False)
        self.office = OrganisationFactory(
            kind=Organisation.Kind.DIVISION,
            parent=self.bureau,
            name="商务信息处（测试）",
            short_name="信息处",
            is_information_office=True,
            document_mark="石商网",
        )
        self.county = OrganisationFactory(parent=self.bureau, name="正定县商务局（测试）", short_name="正定县")
        self.other = OrganisationFactory(parent=self.bureau, name="行唐县商务局（测试）", short_name="行唐县")
        self.leader = person(self.bureau, Role.LEADER, name="赵局长")
        self.head = person(self.county, Role.DIVISION_REVIEWER, name="李处长")
        self.editor = person(self.county, Role.EDITOR, name="王编辑")
        self.stranger = person(self.other, Role.EDITOR, name="外人")
        self.supervisor = person(self.office, Role.OFFICE_SUPERVISOR, name="孙督办")
        self.county.leader, self.county.head = self.leader, self.head
        self.county.save()

    def clock(self, due_on: date | str | None = None, **more: object) -> Clock:
        day = date.fromisoformat(due_on) if isinstance(due_on, str) else due_on or today() - timedelta(days=1)
        return ClockFactory(**{"organisation": self.county, "due_on": day} | more)
