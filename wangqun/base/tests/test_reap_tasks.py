"""Tasks whose worker was killed are queued again, and given up after five attempts."""

from datetime import timedelta

from django.core.management import call_command
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from wangqun.base.moments import now


def running(minutes: int, attempts: int = 1) -> DBTaskResult:
    return DBTaskResult.objects.create(
        status=TaskResultStatus.RUNNING, started_at=now() - timedelta(minutes=minutes), run_after=now(),
        args_kwargs={"args": [], "kwargs": {}}, task_path="nowhere.task", backend_name="default",
        worker_ids=[str(number) for number in range(attempts)],
    )  # fmt: skip


def test_a_task_cut_off_long_ago_is_queued_again(db):
    task = running(minutes=31)
    call_command("reap_tasks", verbosity=0)
    task.refresh_from_db()
    assert (task.status, task.started_at) == (TaskResultStatus.READY, None)


def test_a_task_that_may_still_run_is_left_alone(db):
    task = running(minutes=29)
    call_command("reap_tasks", verbosity=0)
    task.refresh_from_db()
    assert task.status == TaskResultStatus.RUNNING


def test_a_task_that_kills_its_worker_is_given_up_after_five_attempts(db, capsys):
    task = running(minutes=31, attempts=5)
    call_command("reap_tasks")
    task.refresh_from_db()
    assert task.status == TaskResultStatus.FAILED
    assert "不再重试" in task.traceback
    assert "记为失败 1 项" in capsys.readouterr().out
