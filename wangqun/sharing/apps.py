"""Django's entry for sharing."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "wangqun.sharing"
    label = "sharing"
    verbose_name = "信息报送"
