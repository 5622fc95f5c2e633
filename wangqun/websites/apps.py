"""Django's entry for websites."""

from django.apps import AppConfig


class WebsitesConfig(AppConfig):
    name = "wangqun.websites"
    label = "websites"
    verbose_name = "网站群"
