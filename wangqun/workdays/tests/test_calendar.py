"""The calendar is read afresh: no process keeps an old one."""

import multiprocessing
from datetime import date

import pytest
from django.db import connections

from wangqun.workdays.actions import add_workdays, import_calendar, import_files

START, AMOUNT = date(2026, 12, 28), 5
NOTICE = {
    "year": 2027,
    "source_number": "国办发明电〔2026〕9号",
    "days": [{"date": "2027-01-01", "kind": "holiday"}, {"date": "2027-01-02", "kind": "workday"}],
}


def work(pipe):
    """A worker process: counts whenever it is asked."""
    for connection in connections.all():
        connection.connection = None  # the parent's socket is not ours
    while pipe.recv():
        pipe.send(add_workdays(START, AMOUNT))
    connections.close_all()


@pytest.mark.committed
@pytest.mark.req("REM-1")
def test_t16_a_changed_day_counts_in_every_running_process_at_once(committed_db):
    import_files()
    connections.close_all()
    context = multiprocessing.get_context("fork")
    pipes, workers = [], []
    for _ in range(3):
        ours, theirs = context.Pipe()
        workers.append(context.Process(target=work, args=(theirs,)))
        workers[-1].start()
        pipes.append(ours)
    try:

        def ask():
            for pipe in pipes:
                pipe.send(True)
            assert all(pipe.poll(30) for pipe in pipes)
            return [pipe.recv() for pipe in pipes]

        assert ask() == [date(2027, 1, 5)] * 3
        import_calendar(NOTICE, by=None)
        assert ask() == [date(2027, 1, 4)] * 3
    finally:
        for pipe, worker in zip(pipes, workers, strict=True):
            pipe.send(False)
            worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
