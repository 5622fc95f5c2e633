"""Makes the review workflow of the group, where it is not there yet."""

from typing import Any

from django.core.management.base import BaseCommand

from wangqun.reviews.actions import install_workflow


class Command(BaseCommand):
    help = "建立信息发布审核流程（机器检查、处室初审、主管领导复审、信息处终审）；已有则不变。"

    def handle(self, *args: Any, **options: Any) -> None:
        install_workflow()
