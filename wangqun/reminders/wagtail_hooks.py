"""The reminder screens and their menu."""

from typing import Any

from django.urls import URLPattern, path
from wagtail import hooks
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.permissions import register_permission_policy

from wangqun.access.screens import RecordViewSet, RightsPolicy
from wangqun.base.templatetags.chinese import minute
from wangqun.people.models import User
from wangqun.reminders import views
from wangqun.reminders.forms import RuleForm
from wangqun.reminders.models import Escalation, Reminder, ReminderRule


class ReminderViewSet(RecordViewSet):
    """提醒单: each member of staff sees their own organisation's, the office all of them."""

    model = Reminder
    name = "reminders"
    url_prefix = "reminders"
    icon = "warning"
    menu_label = "提醒单"
    menu_order = 100
    index_view_class = views.ReminderIndex
    inspect_view_class = views.ReminderPage
    inspect_template_name = "reminders/detail.html"
    filterset_class = views.ReminderFilterSet
    search_fields = ("subject",)
    list_display = (
        TitleColumn("number", label="编号", accessor="number", sort_key="serial", url_name="reminders:inspect"),
        "organisation",
        "subject",
        "stage",
        "due_on",
        Column("issued_at", label="签发时间", accessor=lambda slip: minute(slip.issued_at), sort_key="issued_at"),
        Column("state_label", label="状态", accessor="state_label"),
    )
    list_export = (
        "number",
        "organisation",
        "subject",
        "get_stage_display",
        "basis",
        "due_on",
        "issued_at",
        "answer_by",
        "state_label",
        "closed_at",
        "closed_reason",
    )
    export_headings = {  # noqa: RUF012 - Wagtail's way
        "number": "编号",
        "organisation": "被提醒单位",
        "subject": "事项",
        "get_stage_display": "次第",
        "basis": "依据",
        "due_on": "应更新日期",
        "issued_at": "签发时间",
        "answer_by": "改进期限",
        "state_label": "状态",
        "closed_at": "办结时间",
        "closed_reason": "办结情况",
    }
    export_filename = "reminders"

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("<int:number>/confirm/", views.confirm_slip, name="confirm"),
            path("<int:number>/call/", views.phone_call, name="call"),
            path("<int:number>/slip/", views.print_slip, name="slip"),
        ]


class EscalationViewSet(RecordViewSet):
    """通报批评建议: what was escalated after the second slip. 依据：石28(2)。"""

    model = Escalation
    name = "escalations"
    url_prefix = "escalations"
    icon = "openquote"
    menu_label = "通报批评建议"
    menu_order = 110
    index_view_class = views.EscalationIndex
    filterset_class = views.EscalationFilterSet
    search_fields = ("text", "organisation__name")
    list_display = (
        "text",
        "organisation",
        Column("leader", label="分管领导", accessor="leader"),
        Column("reminder", label="第二次提醒单", accessor="reminder.number"),
        Column("at", label="时间", accessor=lambda entry: minute(entry.at), sort_key="at"),
    )
    list_export = ("organisation", "text", "leader", "reminder.number", "at")
    export_headings = {"reminder.number": "第二次提醒单"}  # noqa: RUF012 - Wagtail's way
    export_filename = "escalations"


class RulePolicy(RightsPolicy):
    """Rules are changed, never added or removed: the clocks' kinds are fixed."""

    def user_has_permission(self, user: User, action: str) -> bool:
        return action not in {"add", "delete"} and super().user_has_permission(user, action)


class RuleViewSet(RecordViewSet):
    """提醒规则: when to warn, remind again and escalate."""

    model = ReminderRule
    name = "reminder_rules"
    url_prefix = "reminder-rules"
    icon = "cogs"
    menu_label = "提醒规则"
    menu_order = 120
    view_right = change_right = "reminders.manage"
    edit_view_class = views.RuleEdit
    inspect_view_enabled = False
    list_display = ("name", "basis", "warn_days", "second_after_workdays", "escalate_after_workdays")

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        register_permission_policy(self.model, RulePolicy(self.model, self.view_right, self.change_right))

    def get_form_class(self, for_update: bool = False) -> Any:
        return RuleForm


class ReminderGroup(ViewSetGroup):
    """One entry of the menu for all of it."""

    items = (ReminderViewSet, EscalationViewSet, RuleViewSet)
    menu_label = "提醒督办"
    menu_icon = "warning"
    menu_name = "reminders"
    menu_order = 220
    add_to_admin_menu = True


@hooks.register("register_admin_viewset")
def screens() -> ReminderGroup:
    return ReminderGroup()
