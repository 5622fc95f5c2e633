"""Django's entry for notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "wangqun.notifications"
    label = "notifications"
    verbose_name = "通知"
