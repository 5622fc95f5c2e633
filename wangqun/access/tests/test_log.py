"""操作日志 in the back office: for auditors; searched, paged, exported."""

import csv
import io

import pytest
from django.db import transaction

from tests.staff import signed_in
from wangqun.access import actions as access
from wangqun.audit.actions import record, verify
from wangqun.audit.models import Entry

pytestmark = pytest.mark.req("ACC-1", "SEC-2")
LOG, EXPORT = "/admin/audit/", "/admin/audit/export/"


def test_the_log_opens_to_auditors_only(world):
    assert signed_in(world.zheng).get(LOG).status_code == 200
    for person in (world.wang, world.liu, world.sun, world.zhou):
        client = signed_in(person)
        assert client.get(LOG).status_code == 404
        assert client.post(EXPORT).status_code == 404


def test_it_says_who_did_what_in_chinese(world, held):
    access.suspend(held, by=world.zhou, reason="集中核查")
    page = signed_in(world.zheng).get(LOG).content.decode()
    for words in ("周督办", "商务信息处", "暂停权限", "王编辑 采编", "集中核查"):
        assert words in page, words


def found(world, **words) -> list[Entry]:
    return signed_in(world.zheng).get(LOG, words).context["entries"]


def test_it_is_searched_by_person_verb_subject_and_day(world, held, travel):
    travel("2026-11-25 23:30")
    access.suspend(held, by=world.zhou, reason="核查")
    travel("2026-11-26 00:30")
    access.resume(held, by=world.zhou, reason="核查完毕")
    verbs = lambda **words: [entry.verb for entry in found(world, **words)]  # noqa: E731
    assert verbs(person="督办", after="2026-11-25", until="2026-11-25") == ["access.suspend"]
    assert verbs(after="2026-11-26", until="2026-11-26") == ["access.resume"]
    assert set(verbs(verb="access.suspend")) == {"access.suspend"}
    assert verbs(person="没有此人") == []
    assert verbs(subject="王编辑 采编", after="2026-11-25") == ["access.resume", "access.suspend"]


def test_words_of_a_subject_reach_back_92_days_unless_a_day_is_given(world, held, travel):
    travel("2026-11-25 09:00")
    access.suspend(held, by=world.zhou, reason="核查")
    travel("2027-06-01 09:00")
    assert "access.suspend" not in [entry.verb for entry in found(world, subject="王编辑 采编")]
    assert "access.suspend" in [entry.verb for entry in found(world, subject="王编辑 采编", after="2026-11-01")]


def test_it_is_paged_without_counting(world, django_assert_max_num_queries):
    for number in range(120):
        record("access.grant", None, by=world.zhou, data={"number": number})
    client, seen, address = signed_in(world.zheng), [], LOG
    for _page in range(3):
        answer = client.get(address)
        seen += [entry.data.get("number") for entry in answer.context["entries"]]
        address = LOG + answer.context["older"]
    assert seen[:120] == list(reversed(range(120)))
    with django_assert_max_num_queries(40):
        client.get(LOG)


@pytest.mark.parametrize("words", ["?before=x", "?before=99999999999999999999", "?after=heute", "?verb=nichts", "?person=%00"])
def test_words_from_nowhere_break_nothing(world, words):
    assert signed_in(world.zheng).get(LOG + words).status_code == 200


def test_it_is_exported_as_text_and_the_export_stands_in_the_log(world, held):
    access.suspend(held, by=world.zhou, reason="=1+1")
    with transaction.atomic():
        record("access.grant", None, by=world.zhou, data={})
    amount = Entry.objects.filter(verb="access.suspend").count()
    answer = signed_in(world.zheng).post(EXPORT, {"verb": "access.suspend"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:5] == ["序号", "时间", "操作人", "单位", "动作"]
    assert len(rows) == amount + 1
    assert {row[4] for row in rows[1:]} == {"暂停权限"}
    last = Entry.objects.order_by("pk").last()
    assert (last.verb, last.actor, last.data) == ("audit.export", world.zheng, {"verb": "access.suspend"})
    assert verify() is None


def test_a_long_export_is_read_in_batches(world, monkeypatch):
    monkeypatch.setattr("wangqun.access.views.log.BATCH", 7)
    for number in range(30):
        record("access.adjust", None, by=world.zhou, data={"number": number})
    answer = signed_in(world.zheng).post(EXPORT, {"verb": "access.adjust"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 31
    assert len({row[0] for row in rows}) == 31
