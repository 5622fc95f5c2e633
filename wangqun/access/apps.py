"""Django's entry for access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "wangqun.access"
    label = "access"
    verbose_name = "权限档案"
