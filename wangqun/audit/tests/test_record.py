"""record(): one unbroken chain, whoever writes and whatever rolls back."""

import threading
from datetime import date

import pytest
from django.db import DatabaseError, connections, transaction

from wangqun.audit.actions import record, verify
from wangqun.audit.models import Entry
from wangqun.audit.tests.helpers import execute
from wangqun.base.errors import Refused
from wangqun.people.actions import system_user

pytestmark = pytest.mark.req("ACC-1", "SEC-2")


def write(text: str = "一件事") -> Entry:
    return record("access.grant", None, by=system_user(), data={"what": text})


def test_an_entry_says_who_did_what_to_which_thing(db):
    by = system_user()
    entry = record("people.create_person", by, by=by, data={"on": date(2026, 3, 12), 10: "b", 9: "a"})
    entry.refresh_from_db()
    assert (entry.actor, entry.actor_name, entry.verb_name) == (by, "系统", "开立账号")
    assert (entry.subject_type, entry.subject_id, entry.subject_label) == ("people.user", str(by.pk), "系统")
    assert entry.data == {"on": "2026-03-12", "10": "b", "9": "a"}
    assert verify() is None


def test_each_entry_holds_the_digest_of_the_one_before(db):
    first, second = write(), write()
    assert second.sequence == first.sequence + 1
    assert second.previous_digest == first.digest


def test_a_stream_has_its_own_numbers(db):
    write()
    entry = record("access.grant", None, by=None, stream="public")
    assert (entry.sequence, entry.previous_digest, entry.actor_name) == (1, "", "")
    assert verify() is None


def test_an_act_that_rolls_back_leaves_no_entry_and_no_gap(db):
    before = write()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write("没有发生")
        raise ZeroDivisionError
    assert write().sequence == before.sequence + 1
    assert verify() is None


def test_python_refuses_to_change_or_delete_an_entry(db):
    entry = write()
    with pytest.raises(Refused):
        entry.save()
    with pytest.raises(Refused):
        entry.delete()
    with pytest.raises(Refused):
        Entry.objects.all().update(verb="x")
    with pytest.raises(Refused):
        Entry.objects.all().delete()


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor_name = '别人'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_or_delete_an_entry(db, statement):
    write()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute(statement)
    assert verify() is None


@pytest.mark.postgresql  # SQLite has no TRUNCATE
def test_the_database_refuses_to_empty_the_table(db):
    write()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute("TRUNCATE audit_entry")


def test_a_record_outside_of_a_transaction_is_a_slip_of_the_programmer(committed_db):
    by = system_user()
    with pytest.raises(transaction.TransactionManagementError):
        record("access.grant", None, by=by)


@pytest.mark.postgresql
def test_twenty_writers_at_once_make_one_unbroken_chain(committed_db):
    by = system_user()
    start, before, faults = threading.Barrier(20), Entry.objects.count(), []

    def work(writer: int) -> None:
        try:
            start.wait(timeout=30)
            for number in range(20):
                try:
                    with transaction.atomic():
                        record("access.grant", None, by=by, data={"writer": writer, "number": number})
                        if number % 5 == 4:
                            raise ZeroDivisionError
                except ZeroDivisionError:
                    pass
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[writer]) for writer in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert faults == []
    sequences = list(Entry.objects.filter(stream="main").order_by("sequence").values_list("sequence", flat=True))
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(sequences) == before + 20 * 16
    assert verify() is None
