"""Organisations, people and what they hold. 依据：石4-6、沪5、沪17。"""

from datetime import date

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

from wangqun.base.moments import today


class OrganisationQuerySet(models.QuerySet):
    """Questions about organisations."""

    def active(self) -> "OrganisationQuerySet":
        return self.filter(abolished_on__isnull=True)

    def ranked(self) -> "OrganisationQuerySet":
        """Those that keep columns and therefore stand in rankings: everything but sections and leading bodies."""
        return self.active().exclude(kind=Organisation.Kind.SECTION)


class Organisation(models.Model):
    """A 单位: the bureau, its divisions and affiliated units, county bureaus and their sections. 依据：石4-6。"""

    class Kind(models.TextChoices):
        BUREAU = "bureau", "市局"
        DIVISION = "division", "处室"
        AFFILIATED_UNIT = "affiliated_unit", "直属单位"
        COUNTY_BUREAU = "county_bureau", "县(市)区商务主管部门"
        SECTION = "section", "科室"

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级单位")
    kind = models.CharField("类别", max_length=20, choices=Kind.choices)
    name = models.CharField("名称", max_length=128, unique=True)
    short_name = models.CharField("简称", max_length=64)
    code = models.SlugField("代码", max_length=32, unique=True, help_text="拼音首字母等短代码，用于域名和导入导出。")
    region_name = models.CharField("行政区", max_length=32, blank=True, help_text="如“正定县”；网站命名用。")
    department_name = models.CharField("部门简称", max_length=32, blank=True, help_text="如“商务”“商务局”；网站命名用。")
    region_code = models.CharField("行政区划代码", max_length=6, blank=True)
    leader = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="led_organisations", verbose_name="分管领导"
    )
    head = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="headed_organisations", verbose_name="负责人"
    )
    responsible_section = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任科室"
    )
    phone = models.CharField("办公电话", max_length=64, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    address = models.CharField("办公地址", max_length=255, blank=True)
    opening_hours = models.CharField("办公时间", max_length=128, blank=True)
    functions = models.TextField("职能", blank=True)
    document_mark = models.CharField("机关代字", max_length=16, blank=True, help_text="提醒单等编号的字头，如“石商网”。")
    is_information_office = models.BooleanField("商务信息处", default=False)
    position = models.PositiveSmallIntegerField("排序", default=0)
    abolished_on = models.DateField("撤销日期", null=True, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_information_office"], condition=Q(is_information_office=True), name="one_information_office"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def with_ancestors(self) -> list["Organisation"]:
        """Return this organisation and those above it, nearest first."""
        found, current = [], self
        while current is not None:
            found.append(current)
            current = current.parent
        return found


class UserQuerySet(models.QuerySet):
    """Questions about people."""

    def people(self) -> "UserQuerySet":
        return self.filter(is_system=False)


class UserManager_(UserManager.from_queryset(UserQuerySet)):
    """Django's manager with our questions."""


class User(AbstractUser):
    """A named person; accounts are never shared and never deleted. 依据：石10。"""

    name = models.CharField("姓名", max_length=64)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="staff", verbose_name="单位"
    )
    phone = models.CharField("办公电话", max_length=64, blank=True)
    mobile = models.CharField("手机", max_length=32, blank=True)
    is_system = models.BooleanField("系统自身", default=False, editable=False)

    objects = UserManager_()
    REQUIRED_FIELDS = ["name", "email"]

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.name or self.username


class DatedQuerySet(models.QuerySet):
    """Rows that hold from a day on until a day, both included."""

    def on(self, day: date) -> "DatedQuerySet":
        return self.filter(Q(valid_from__lte=day), Q(valid_until__isnull=True) | Q(valid_until__gte=day))

    def current(self) -> "DatedQuerySet":
        return self.on(today())


class Post(models.Model):
    """The office a person holds in an organisation, from a day on until a day. 依据：石4、沪9(2)。"""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name="人员")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="posts", verbose_name="单位")
    title = models.CharField("职务", max_length=64)
    valid_from = models.DateField("起始日期")
    valid_until = models.DateField("终止日期", null=True, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "职务"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.organisation.short_name}{self.title} {self.user}"


class LeadingGroup(models.Model):
    """信息化工作领导小组. 依据：石4-5。"""

    name = models.CharField("名称", max_length=128, unique=True)
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="办公室设在")
    established_on = models.DateField("成立日期")
    duties = models.TextField("职责", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "领导小组"

    def __str__(self) -> str:
        return self.name


class LeadingGroupMember(models.Model):
    """A member by office held: the seat belongs to the office, the person changes with it. 依据：石4。"""

    class Seat(models.TextChoices):
        HEAD = "head", "组长"
        DEPUTY = "deputy", "副组长"
        MEMBER = "member", "成员"

    group = models.ForeignKey(LeadingGroup, models.PROTECT, related_name="members", verbose_name="领导小组")
    seat = models.CharField("组内职务", max_length=10, choices=Seat.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="单位")
    office_held = models.CharField("以何职务参加", max_length=64)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="人员")
    valid_from = models.DateField("起始日期")
    valid_until = models.DateField("终止日期", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "领导小组成员"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_seat_display()} {self.user}"
