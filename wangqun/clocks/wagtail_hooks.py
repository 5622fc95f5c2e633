"""Staff screens: the dashboard, the list of clocks with its explanation, the calendars of the years."""

from typing import Any

from django.db.models import QuerySet
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import HeaderButton

from wangqun.access.actions import may_somewhere
from wangqun.access.screens import RecordViewSet, ScopedIndexView, ScopedInspectView
from wangqun.clocks import views
from wangqun.clocks.models import Clock
from wangqun.clocks.reading import explain
from wangqun.workdays.models import CalendarYear


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("clocks/", views.Dashboard.as_view(), name="clocks_dashboard"),
        path("workdays/enter/", views.EnterNotice.as_view(), name="clocks_enter_notice"),
    ]


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return MenuItem("更新时限", reverse("clocks_dashboard"), name="clocks", icon_name="time", order=210)


class ClockIndexView(ScopedIndexView):
    """The list, with the owner fetched in the same query."""

    def get_base_queryset(self) -> QuerySet:
        return super().get_base_queryset().select_related("organisation")


class ClockInspectView(ScopedInspectView):
    """One clock, with every counted day."""

    page_title = "时限详情"

    def get_is_provisional_display_value(self) -> str:
        return "是，以国务院办公厅通知为准" if self.object.is_provisional else "否"

    def get_promised_on_display_value(self) -> Any:
        """The promise of the first round; a later round made another."""
        return "—" if self.object.cycle else self.object.promised_on

    def get_fields_context(self) -> list[dict[str, Any]]:
        lines = format_html_join("", "<li>{}</li>", ((line,) for line in explain(self.object)))
        return [
            *super().get_fields_context(),
            {"label": "状态", "value": self.object.standing, "component": None},
            {"label": "逐日说明", "value": format_html_join("", "<ol>{}</ol>", ((lines,),)), "component": None},
        ]


class ClockViewSet(RecordViewSet):
    """时限: every clock that the person may see."""

    model = Clock
    name = "clocks"
    url_prefix = "clocks/all"
    icon = "time"
    index_view_class = ClockIndexView
    inspect_view_class = ClockInspectView
    list_display = ["name", "organisation", "site", "due_on", Column("standing", label="状态"), "is_provisional"]
    list_filter = {"organisation": ["exact"], "site": ["exact"], "is_running": ["exact"], "due_on": ["gte", "lte"]}
    list_export = ["name", "organisation", "site", "basis", "started_on", "due_on", "promised_on", "standing", "is_provisional"]
    export_headings = {"standing": "状态"}
    export_filename = "clocks"
    search_fields = ["name", "site"]
    ordering = ["due_on"]
    inspect_view_fields = [
        "name", "organisation", "site", "basis", "unit", "amount", "started_on", "due_on", "promised_on", "is_provisional",
    ]  # fmt: skip


class YearIndexView(ScopedIndexView):
    """The list of years, with the way to enter a new one."""

    @property
    def header_buttons(self) -> list[Any]:
        if not may_somewhere(self.request.user, "workdays.manage"):
            return []
        return [HeaderButton("录入放假安排", url=reverse("clocks_enter_notice"), icon_name="upload")]


class YearInspectView(ScopedInspectView):
    """One year, with its days."""

    page_title = "放假安排"

    def get_fields_context(self) -> list[dict[str, Any]]:
        days = self.object.days.all()
        rows = (
            (f"{day.date}（星期{'一二三四五六日'[day.date.weekday()]}）{day.get_kind_display()} {day.name}",) for day in days
        )
        value = format_html_join("", "<ul>{}</ul>", ((format_html_join("", "<li>{}</li>", rows),),))
        return [
            *super().get_fields_context(),
            {"label": "特殊日（周末以外的放假和调休上班）", "value": value, "component": None},
        ]


class YearViewSet(RecordViewSet):
    """工作日历: the arrangement of each year with its source."""

    model = CalendarYear
    name = "workdays"
    icon = "calendar"
    menu_label = "工作日历"
    add_to_settings_menu = True
    index_view_class = YearIndexView
    inspect_view_class = YearInspectView
    list_display = ["year", "region", "status", "version", "source_number", "entered_at"]
    list_filter = ["status"]
    exclude_form_fields = ["source_url"]  # nobody edits by form, and the form would warn about the field's scheme
    ordering = ["-year"]
    inspect_view_fields = [
        "year",
        "region",
        "status",
        "version",
        "source_title",
        "source_number",
        "source_url",
        "entered_by",
        "entered_at",
    ]


@hooks.register("register_admin_viewset")
def clock_screens() -> RecordViewSet:
    return ClockViewSet()


@hooks.register("register_admin_viewset")
def year_screens() -> RecordViewSet:
    return YearViewSet()
