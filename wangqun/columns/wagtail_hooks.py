"""栏目责任: its addresses and its menu item."""

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from wangqun.base.moments import today
from wangqun.columns import views
from wangqun.columns.models import DutyPerson
from wangqun.people.models import User


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("duties/", views.DutyList.as_view(), name="duties"),
        path("duties/<int:number>/", views.DutyEntry.as_view(), name="duty"),
        path("duties/compare/", views.Comparison.as_view(), name="duties_compare"),
        path("duties/export/", views.export, name="duties_export"),
        path("duties/print/", views.paper, name="duties_print"),
        path("duties/import/", views.Import.as_view(), name="duties_import"),
    ]


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return MenuItem("栏目责任", reverse("duties"), name="duties", icon_name="clipboard-list", order=210)


@hooks.register("describe_person_duties")
def duties_of(person: User) -> list[dict[str, str]]:
    """Tell the card of a person in whose duty rows it stands, now or later; asked before an account is closed."""
    rows = DutyPerson.objects.filter(user=person).exclude(duty__valid_until__lt=today())
    return [
        {
            "text": f"{row.duty.column.title}（{row.duty.organisation.short_name}，{row.get_role_display()}）",
            "url": reverse("duty", args=[row.duty.column_id]),
        }
        for row in rows.select_related("duty__column", "duty__organisation").order_by("duty__column__path", "pk")
    ]
