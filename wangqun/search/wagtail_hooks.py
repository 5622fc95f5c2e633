"""检索统计 and 同义词 in the back office."""

from typing import Any, ClassVar

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, TitleColumn

from wangqun.access.screens import RecordViewSet, RightMenuItem
from wangqun.base.templatetags.chinese import day
from wangqun.search import actions
from wangqun.search.models import AskedText, SynonymGroup
from wangqun.search.views import office

REPORT_RIGHT = "publication.records"


class AskedViewSet(RecordViewSet):
    """检索统计: what readers ask for, and what they do not find."""

    model = AskedText
    name = "asked"
    url_prefix = "asked"
    icon = "search"
    view_right = REPORT_RIGHT
    inspect_view_enabled = False
    index_view_class = office.AskedIndex
    filterset_class = office.AskedFilter
    search_fields: ClassVar[list[str]] = ["text"]
    search_backend_name = None
    ordering = "-sum"
    list_display: ClassVar[list[Any]] = [
        Column("text", label="检索用语", sort_key="text", accessor=lambda row: row["text"]),
        Column("website", label="所在网站", accessor=lambda row: row["website__name"]),
        Column("sum", label="次数", sort_key="sum", accessor=lambda row: row["sum"]),
        Column("empty", label="没有结果的次数", sort_key="empty", accessor=lambda row: row["empty"]),
        Column("days", label="天数", sort_key="days", accessor=lambda row: row["days"]),
        Column("last", label="最近一次", sort_key="last", accessor=lambda row: day(row["last"])),
    ]
    list_export: ClassVar[list[str]] = ["text", "website__name", "sum", "empty", "days", "last"]
    export_headings: ClassVar[dict[str, str]] = {
        "text": "检索用语", "website__name": "所在网站", "sum": "次数", "empty": "没有结果的次数", "days": "天数",
        "last": "最近一次",
    }  # fmt: skip
    export_filename = "检索统计"

    def get_urlpatterns(self) -> list[URLPattern]:
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "inspect"]


class SynonymViewSet(RecordViewSet):
    """同义词."""

    model = SynonymGroup
    name = "synonyms"
    url_prefix = "synonyms"
    icon = "tag"
    view_right = actions.RIGHT
    inspect_view_enabled = False
    index_view_class = office.SynonymIndex
    list_display: ClassVar[list[Any]] = [
        TitleColumn("words", label="词语", sort_key="words", url_name="synonyms:change"),
        Column("remark", label="备注"),
    ]
    list_export: ClassVar[list[str]] = ["words", "remark"]
    export_filename = "同义词"
    search_fields: ClassVar[list[str]] = ["words", "remark"]
    search_backend_name = None

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *[pattern for pattern in super().get_urlpatterns() if pattern.name != "inspect"],
            path("enter/", office.SynonymEntry.as_view(), name="enter"),
            path("<int:number>/change/", office.SynonymEntry.as_view(), name="change"),
            path("<int:number>/remove/", office.remove_synonyms, name="remove"),
        ]


@hooks.register("register_admin_viewset")
def viewsets() -> list[RecordViewSet]:
    return [AskedViewSet(), SynonymViewSet()]


@hooks.register("register_reports_menu_item")
def asked_menu() -> MenuItem:
    return RightMenuItem("检索统计", reverse("asked:index"), REPORT_RIGHT, name="asked", icon_name="search", order=500)


@hooks.register("register_settings_menu_item")
def synonym_menu() -> MenuItem:
    return RightMenuItem("同义词", reverse("synonyms:index"), actions.RIGHT, name="synonyms", icon_name="tag", order=500)
