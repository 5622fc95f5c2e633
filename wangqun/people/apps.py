"""Django's entry for people."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "wangqun.people"
    label = "people"
    verbose_name = "机构人员"
