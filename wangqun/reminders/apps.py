"""Django's entry for reminders."""

from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "wangqun.reminders"
    label = "reminders"
    verbose_name = "提醒督办"
