"""Django's entry for search."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "wangqun.search"
    label = "search"
    verbose_name = "检索"
