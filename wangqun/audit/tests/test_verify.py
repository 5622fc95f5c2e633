"""verify(): names the first entry at which somebody else was at work."""

import pytest
from django.core.management import CommandError, call_command

from wangqun.audit.actions import record, verify
from wangqun.audit.models import ChainHead, Entry
from wangqun.audit.tests.helpers import execute, without_guard
from wangqun.people.actions import system_user

pytestmark = pytest.mark.req("ACC-1", "SEC-2")


@pytest.fixture
def first(db) -> int:
    """Five entries; returns the sequence of the first of them."""
    by = system_user()
    return [record("access.grant", by, by=by, data={"number": number}) for number in range(5)][0].sequence


def test_a_chain_that_nobody_touched_holds(first, capsys):
    assert verify() is None
    call_command("verify_audit")
    assert "完好" in capsys.readouterr().out


def test_an_altered_entry_is_named(first):
    with without_guard("audit_entry"):
        execute("UPDATE audit_entry SET subject_label = '另一件事' WHERE sequence = %s", first + 1)
    assert (verify().sequence, verify().reason) == (first + 1, "内容与摘要不符")
    with pytest.raises(CommandError, match=f"第 {first + 1} 条"):
        call_command("verify_audit")


@pytest.mark.parametrize("column", ["at", "data", "actor_name", "address", "verb"])
def test_no_column_can_be_altered_unseen(first, column):
    value = {"at": "2020-01-01 00:00:00+00:00", "data": '{"number": 9}'}.get(column, "x")
    with without_guard("audit_entry"):
        execute(f"UPDATE audit_entry SET {column} = %s WHERE sequence = %s", value, first + 2)  # noqa: S608 - names above
    assert verify().sequence == first + 2


def test_a_deleted_entry_is_named(first):
    with without_guard("audit_entry"):
        execute("DELETE FROM audit_entry WHERE sequence = %s", first + 2)
    assert (verify().sequence, verify().reason) == (first + 2, f"缺第 {first + 2} 条")


def test_a_cut_tail_is_named(first):
    with without_guard("audit_entry"):
        execute("DELETE FROM audit_entry WHERE sequence >= %s", first + 3)
    assert verify().sequence == first + 3


def test_two_swapped_entries_are_named(first):
    with without_guard("audit_entry"):
        for old, new in [(first + 1, 900_000), (first + 2, first + 1), (900_000, first + 2)]:
            execute("UPDATE audit_entry SET sequence = %s WHERE sequence = %s", new, old)
    assert verify().sequence == first + 1


def test_an_entry_written_past_the_door_is_named(first):
    last = Entry.objects.order_by("sequence").last()
    values = {
        field.attname: getattr(last, field.attname)
        for field in Entry._meta.concrete_fields
        if field.attname not in {"id", "sequence", "digest"}
    }
    Entry.objects.create(**values, sequence=last.sequence + 1, digest="0" * 64)
    assert (verify().sequence, verify().reason) == (last.sequence + 1, "此条在链头之外")


def test_a_stream_without_its_head_is_named(first):
    ChainHead.objects.filter(stream="main").delete()
    assert verify().reason == "此日志流没有链头"


def test_a_head_set_back_is_named(first):
    ChainHead.objects.filter(stream="main").update(digest="0" * 64)
    assert verify().reason == "与链头的摘要不符"
