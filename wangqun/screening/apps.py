"""Django's entry for screening."""

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "wangqun.screening"
    label = "screening"
    verbose_name = "内容检查"
