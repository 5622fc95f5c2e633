"""繁体专名: its list, its addresses, its menu item; the address of 外文名称."""

from typing import Any, ClassVar

from django.urls import URLPattern, path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, TitleColumn

from wangqun.access.screens import RecordViewSet, RightMenuItem
from wangqun.languages import views
from wangqun.languages.models import ProtectedWord


class WordViewSet(RecordViewSet):
    """繁体专名: names that keep their form in traditional Chinese; kept by the office."""

    model = ProtectedWord
    name = "protected_words"
    url_prefix = "protected-words"
    icon = "globe"
    view_right = views.RIGHT
    index_view_class = views.WordIndex
    inspect_view_enabled = False
    list_display: ClassVar[list[Any]] = [
        TitleColumn("word", label="简体写法", sort_key="word", url_name="protected_words:change"),
        Column("written", label="繁体写法", sort_key="written"),
        Column("remark", label="备注"),
    ]
    list_export: ClassVar[list[str]] = ["word", "written", "remark"]
    export_filename = "繁体专名"
    search_fields: ClassVar[list[str]] = ["word", "written", "remark"]
    search_backend_name = None

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("enter/", views.WordEntry.as_view(), name="enter"),
            path("<int:number>/change/", views.WordEntry.as_view(), name="change"),
            path("<int:number>/remove/", views.remove_word, name="remove"),
        ]


@hooks.register("register_admin_viewset")
def protected_words() -> WordViewSet:
    return WordViewSet()


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [path("names/<int:number>/", views.NamesEntry.as_view(), name="page_names")]


@hooks.register("register_admin_menu_item")
def word_menu() -> MenuItem:
    return RightMenuItem(
        "繁体专名", reverse("protected_words:index"), views.RIGHT, name="protected-words", icon_name="globe", order=272
    )
