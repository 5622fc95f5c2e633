"""Django's entry for columns."""

from django.apps import AppConfig


class ColumnsConfig(AppConfig):
    name = "wangqun.columns"
    label = "columns"
    verbose_name = "栏目责任"
