"""Django's entry for base."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "wangqun.base"
    label = "base"
    verbose_name = "底座"
