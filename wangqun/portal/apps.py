"""Django's entry for portal."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "wangqun.portal"
    label = "portal"
    verbose_name = "门户"
