"""考核排名: its addresses and its menu item."""

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from wangqun.assessment import views


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    month = "assessment/<int:year>/<int:month>/"
    return [
        path("assessment/", views.Overview.as_view(), name="assessment"),
        path("assessment/schemes/", views.Schemes.as_view(), name="assessment_schemes"),
        path("assessment/schemes/add/", views.EnterScheme.as_view(), name="assessment_enter_scheme"),
        path(f"{month}close/", views.Close.as_view(), name="assessment_close"),
        path(f"{month}export/", views.export, name="assessment_export"),
        path(f"{month}print/", views.paper, name="assessment_print"),
        path(f"{month}<int:organisation>/", views.Points.as_view(), name="assessment_points"),
    ]


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return MenuItem("考核排名", reverse("assessment"), name="assessment", icon_name="order-down", order=230)
