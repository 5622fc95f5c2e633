"""Gives tasks back to the queue whose worker was killed; django-tasks itself leaves them "running" for ever."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from wangqun.base.moments import now

MOST_ATTEMPTS = 5


class Command(BaseCommand):
    help = "把中断的后台任务重新排队；同一任务中断五次后记为失败。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=int, default=30, help="运行多少分钟后视为中断（默认 30）")

    def handle(self, *args: Any, **options: Any) -> None:
        stuck = DBTaskResult.objects.filter(
            status=TaskResultStatus.RUNNING, started_at__lte=now() - timedelta(minutes=options["minutes"])
        )
        again = failed = 0
        for task in stuck:
            # The same worker may finish at this moment: only a row that still runs since the same start is touched.
            same = DBTaskResult.objects.filter(pk=task.pk, status=TaskResultStatus.RUNNING, started_at=task.started_at)
            if len(task.worker_ids) < MOST_ATTEMPTS:
                again += same.update(status=TaskResultStatus.READY, started_at=None)
            else:
                failed += same.update(
                    status=TaskResultStatus.FAILED,
                    finished_at=now(),
                    exception_class_path="builtins.InterruptedError",
                    traceback=f"执行这项任务的进程中断了 {MOST_ATTEMPTS} 次，不再重试。",
                )
        if options["verbosity"]:
            self.stdout.write(f"重新排队 {again} 项，记为失败 {failed} 项。")
