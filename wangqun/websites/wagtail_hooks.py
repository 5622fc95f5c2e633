"""网站登记: the list, the addresses of its steps, its menu item."""

from typing import Any, ClassVar

from django.urls import URLPattern, path
from wagtail import hooks
from wagtail.admin.ui.tables import Column

from wangqun.access.screens import RecordViewSet
from wangqun.websites import views
from wangqun.websites.models import Website


class WebsiteViewSet(RecordViewSet):
    """Every site of the group, whatever its state. 依据：石7、沪17。"""

    model = Website
    name = "websites"
    url_prefix = "websites"
    icon = "site"
    menu_label = "网站登记"
    menu_order = 200
    add_to_admin_menu = True
    index_view_class = views.WebsiteIndex
    inspect_view_class = views.WebsitePage
    inspect_template_name = "websites/website.html"
    list_display: ClassVar[list[Any]] = [
        "name",
        Column("get_kind_display", label="类别", sort_key="kind"),
        Column("domain", label="域名", sort_key="domain"),
        Column("organisation", label="主办单位", sort_key="organisation"),
        Column("responsible_department", label="责任部门"),
        Column("responsible_person", label="责任人"),
        Column("leader", label="分管领导"),
        Column("get_state_display", label="状态", sort_key="state"),
        Column("opened_on", label="开通日期", sort_key="opened_on"),
    ]
    list_filter: ClassVar[list[str]] = ["state", "kind", "organisation"]
    list_export: ClassVar[list[str]] = [
        "name", "get_kind_display", "domain", "organisation", "undertaker", "responsible_department", "responsible_person",
        "leader", "get_state_display", "opened_on", "identification_code", "icp_number", "police_number", "contact",
    ]  # fmt: skip
    export_headings: ClassVar[dict[str, str]] = {"get_kind_display": "类别", "get_state_display": "状态"}
    export_filename = "网站登记"
    search_fields: ClassVar[list[str]] = ["name", "domain"]
    search_backend_name = None


@hooks.register("register_admin_viewset")
def screens() -> WebsiteViewSet:
    return WebsiteViewSet()


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("websites/apply/", views.Application.as_view(), name="website_apply"),
        path("websites/<int:number>/registration/", views.Registration.as_view(), name="website_registration"),
        path("websites/<int:number>/step/<slug:verb>/", views.Step.as_view(), name="website_step"),
        path("websites/<int:number>/maintainers/", views.file_maintainer, name="website_maintainers"),
        path("websites/maintainers/<int:number>/end/", views.end_filing, name="website_end_filing"),
    ]
