"""Django's entry for audit."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "wangqun.audit"
    label = "audit"
    verbose_name = "操作日志"
