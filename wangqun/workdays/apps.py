"""Django's entry for workdays."""

from django.apps import AppConfig


class WorkdaysConfig(AppConfig):
    name = "wangqun.workdays"
    label = "workdays"
    verbose_name = "工作日历"
