"""权限档案 and 操作日志 in the back office: addresses, the list, menu items."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.models import Site

from wangqun.access.actions import visible_grants
from wangqun.access.models import Grant, Role
from wangqun.access.screens import RecordViewSet, RightMenuItem
from wangqun.access.views import grants, log, organisations, people
from wangqun.people.models import User


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("grants/request/", grants.Request.as_view(), name="grant_request"),
        path("grants/person/<int:number>/", grants.Card.as_view(), name="grant_card"),
        path("grants/person/<int:number>/print/", grants.print_card, name="grant_card_print"),
        path("grants/<int:number>/<slug:verb>/", grants.Change.as_view(), name="grant_change"),
        path("organisations/", organisations.Tree.as_view(), name="organisations"),
        path("organisations/new/", organisations.OrganisationNew.as_view(), name="organisation_new"),
        path("organisations/<int:number>/", organisations.OrganisationPage.as_view(), name="organisation"),
        path("organisations/<int:number>/edit/", organisations.OrganisationEdit.as_view(), name="organisation_edit"),
        path("posts/<int:number>/end/", organisations.end_post, name="post_end"),
        path("leading-group/", organisations.Group.as_view(), name="leading_group"),
        path("staff/", organisations.Staff.as_view(), name="staff"),
        path("staff/new/", people.PersonNew.as_view(), name="person_new"),
        path("staff/<int:number>/", people.Person.as_view(), name="person"),
        path("staff/<int:number>/<slug:verb>/", people.Person.as_view(), name="person_act"),
        path("audit/", log.Log.as_view(), name="audit"),
        path("audit/export/", log.export, name="audit_export"),
    ]


def people_seen(request: HttpRequest) -> QuerySet[User]:
    """Return those whose card the viewer may see."""
    return User.objects.filter(pk__in=visible_grants(request.user).values("user")).order_by("name")


class GrantFilter(WagtailFilterSet):
    """By person, role, state and site."""

    user = django_filters.ModelChoiceFilter(label="人员", queryset=people_seen)
    role = django_filters.MultipleChoiceFilter(label="权限", choices=Role.choices)
    state = django_filters.MultipleChoiceFilter(label="状态", choices=Grant.State.choices)
    site = django_filters.ModelChoiceFilter(label="网站", queryset=Site.objects.all(), method="within")

    class Meta:
        model = Grant
        fields: ClassVar[list[str]] = ["user", "role", "state", "site"]

    def within(self, rows: QuerySet[Grant], name: str, site: Site) -> QuerySet[Grant]:
        return rows.filter(page__path__startswith=site.root_page.path)


class GrantViewSet(RecordViewSet):
    """权限档案. 依据：石9。"""

    model = Grant
    name = "grants"
    url_prefix = "grants"
    icon = "key"
    inspect_view_enabled = False
    index_view_class = grants.GrantIndex
    filterset_class = GrantFilter
    search_backend_name = None
    search_fields: ClassVar[list[str]] = ["user__name", "user__username", "duty"]
    list_display: ClassVar[list[Any]] = [
        TitleColumn(
            "user", label="人员", get_url=lambda held: reverse("grant_card", args=[held.user_id]), sort_key="user__name"
        ),
        Column("organisation", label="单位", accessor="user.organisation"),
        Column("get_role_display", label="权限", sort_key="role"),
        Column("page", label="范围", accessor=lambda held: held.page or "整个网站群"),
        Column("get_state_display", label="状态", sort_key="state"),
        Column("starts_on", label="起始日期", sort_key="starts_on"),
        Column("ends_on", label="终止日期", accessor=lambda held: held.ends_on or "长期", sort_key="ends_on"),
        Column("duty", label="职责"),
    ]
    list_export: ClassVar[list[str]] = [
        "user", "user.organisation", "get_role_display", "page", "get_state_display", "starts_on", "ends_on", "duty", "reason",
        "requested_by", "approved_by", "created_at",
    ]  # fmt: skip
    export_headings: ClassVar[dict[str, str]] = {
        "user.organisation": "单位",
        "get_role_display": "权限",
        "get_state_display": "状态",
    }
    export_filename = "权限档案"


@hooks.register("register_admin_viewset")
def archive() -> GrantViewSet:
    return GrantViewSet()


@hooks.register("register_admin_menu_item")
def archive_menu() -> MenuItem:
    return MenuItem("权限档案", reverse("grants:index"), name="grants", icon_name="key", order=800)


@hooks.register("register_admin_menu_item")
def log_menu() -> MenuItem:
    return RightMenuItem("操作日志", reverse("audit"), "audit.read", name="audit", icon_name="history", order=810)


@hooks.register("register_admin_menu_item")
def organisations_menu_item() -> MenuItem:
    return MenuItem("机构人员", reverse("organisations"), name="organisations", icon_name="group", order=205)
