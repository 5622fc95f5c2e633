"""Records become visible out of order on PostgreSQL: none is passed over."""

import threading

import pytest
from django.db import connection, transaction

from wangqun.columns.models import PublicItem
from wangqun.publication.models import Release
from wangqun.search import follow

pytestmark = [pytest.mark.req("PUB-2"), pytest.mark.postgresql, pytest.mark.committed]


def another(record: Release) -> Release:
    """Write one more record of the same page, as a release would."""
    values = {field.attname: getattr(record, field.attname) for field in Release._meta.concrete_fields}
    return Release.objects.create(**values | {"id": None, "number": record.number + 1})


def test_a_record_committed_late_is_read_although_a_later_number_was_read_before(committed_db, index):
    follow.rebuild(index)
    first, second = Release.objects.order_by("pk")[:2]
    written, may_commit = threading.Event(), threading.Event()
    numbers = {}

    def slow() -> None:
        try:
            with transaction.atomic():
                PublicItem.objects.filter(page_id=first.page_id).update(title="迟到的改名")
                numbers["slow"] = another(first).pk
                written.set()
                may_commit.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(30)
    quick = another(second).pk
    assert numbers["slow"] < quick
    assert follow.step(index) == 1
    assert index.position().newest == quick
    may_commit.set()
    thread.join()
    assert follow.differences(index) == {first.page_id}
    assert follow.step(index) == 1
    assert follow.differences(index) == set()
    assert follow.step(index) == 0
