"""栏目责任: its addresses and its menu item."""

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from wangqun.columns import views


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
