"""Django's entry for assessment."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    name = "wangqun.assessment"
    label = "assessment"
    verbose_name = "考核"
