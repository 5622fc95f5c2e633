"""Django's entry for languages."""

from django.apps import AppConfig


class LanguagesConfig(AppConfig):
    name = "wangqun.languages"
    label = "languages"
    verbose_name = "多语言"
