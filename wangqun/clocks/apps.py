"""Django's entry for clocks."""

from django.apps import AppConfig


class ClocksConfig(AppConfig):
    name = "wangqun.clocks"
    label = "clocks"
    verbose_name = "时钟"
