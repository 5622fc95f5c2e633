"""Django's entry for publication."""

from django.apps import AppConfig


class PublicationConfig(AppConfig):
    name = "wangqun.publication"
    label = "publication"
    verbose_name = "发布"
