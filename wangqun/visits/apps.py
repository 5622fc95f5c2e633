"""The app."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "wangqun.visits"
    verbose_name = "访问统计"
