"""Django's entry for demo."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "wangqun.demo"
    label = "demo"
    verbose_name = "演示数据"
