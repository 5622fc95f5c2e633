"""访问统计: its addresses and its menu item."""

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from wangqun.visits.views import office


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("visits/", office.Report.as_view(), name="visits"),
        path("visits/<int:number>/<int:year>/<int:month>/", office.quality_report, name="visits_quality"),
    ]


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return MenuItem("访问统计", reverse("visits"), name="visits", icon_name="view", order=235)
