"""The outbox against real mail servers on this machine: one that takes letters, one that refuses, one that is not there."""

import email
import email.policy
import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command

from wangqun.base.moments import now
from wangqun.notifications import jobs
from wangqun.notifications.actions import notify
from wangqun.notifications.models import Delivery
from wangqun.notifications.tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.req("REM-2")]


class Post:
    """A mail server that keeps what it is given and refuses whom it is told to."""

    def __init__(self):
        self.letters, self.refused, self.is_full = [], set(), False

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.is_full:
            return "452 4.3.1 insufficient storage"
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def smtp(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", free_port(), 5
    settings.DEFAULT_FROM_EMAIL = "网群 <wangqun@sjz.example.cn>"
    settings.WAGTAILADMIN_BASE_URL = "https://houtai.example.cn"
    return settings


@pytest.fixture
def post(smtp):
    handler = Post()
    controller = Controller(handler, hostname="127.0.0.1", port=smtp.EMAIL_PORT)
    controller.start()
    yield handler
    controller.stop()


def deliveries(amount: int = 1) -> list[Delivery]:
    people = UserFactory.create_batch(amount)
    notify(people, topic="reminder", title="请更新“工作动态”栏目", body="已逾期。", url="/admin/reminders/inspect/7/", key="k")
    return list(Delivery.objects.order_by("pk"))


def send() -> dict[str, int]:
    return jobs.send_deliveries.call()


def test_a_letter_arrives_with_its_chinese_text_and_the_place_to_deal_with_it(post):
    (delivery,) = deliveries()
    assert send() == {"sent": 1, "not_sent": 0}
    (letter,) = post.letters
    assert letter["To"] == delivery.address
    assert letter["Subject"].strip() == "【网群】请更新“工作动态”栏目"
    assert "已逾期。" in letter.get_content()
    assert "https://houtai.example.cn/admin/reminders/inspect/7/" in letter.get_content()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT and delivery.sent_at and delivery.leased_until is None


def test_running_twice_sends_once(post):
    deliveries(3)
    assert send()["sent"] == 3
    assert send() == {"sent": 0, "not_sent": 0}
    assert len(post.letters) == 3


def test_a_refused_mailbox_does_not_hold_up_the_others(post):
    first, second, third = deliveries(3)
    post.refused.add(second.address)
    assert send() == {"sent": 2, "not_sent": 1}
    assert {letter["To"] for letter in post.letters} == {first.address, third.address}
    second.refresh_from_db()
    assert second.state == Delivery.State.WAITING and "no such mailbox" in second.last_error


def test_a_server_that_refuses_the_text_is_asked_again_after_1_5_30_and_120_minutes_and_then_no_more(post, travel):
    travel("2026-03-12 09:00")
    (delivery,) = deliveries()
    post.is_full = True
    waits = []
    for attempt in range(1, 6):
        assert send() == {"sent": 0, "not_sent": 1}
        delivery.refresh_from_db()
        assert delivery.attempts == attempt
        if delivery.state == Delivery.State.WAITING:
            waits.append(round((delivery.not_before - now()).total_seconds() / 60))
            assert send() == {"sent": 0, "not_sent": 0}, "it must wait for its time"
            travel(f"{delivery.not_before + timedelta(seconds=1):%Y-%m-%d} {_local(delivery.not_before)}")
    assert waits == [1, 5, 30, 120]
    assert delivery.state == Delivery.State.FAILED and "452" in delivery.last_error
    post.is_full = False
    travel("2026-03-20 09:00")
    assert send() == {"sent": 0, "not_sent": 0}


def _local(moment) -> str:
    from django.utils import timezone

    return f"{timezone.localtime(moment + timedelta(seconds=1)):%H:%M:%S}"


def test_a_letter_refused_once_arrives_at_the_second_attempt(post, travel):
    travel("2026-03-12 09:00")
    (delivery,) = deliveries()
    post.is_full = True
    send()
    post.is_full = False
    travel("2026-03-12 09:02")
    assert send()["sent"] == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_error) == (Delivery.State.SENT, 2, "")


def test_a_server_that_is_not_there_is_asked_once_per_run_and_the_others_keep_their_attempts(smtp):
    deliveries(3)
    assert send() == {"sent": 0, "not_sent": 1}
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    assert "refused" in Delivery.objects.get(attempts=1).last_error


def test_the_row_of_a_killed_worker_comes_back_when_its_lease_runs_out(post, travel):
    travel("2026-03-12 09:00")
    (delivery,) = deliveries()
    assert jobs._lease(delivery.pk) is not None  # and here the worker dies
    assert send() == {"sent": 0, "not_sent": 0}
    travel("2026-03-12 09:04")
    assert send() == {"sent": 0, "not_sent": 0}
    travel("2026-03-12 09:06")
    assert send() == {"sent": 1, "not_sent": 0}
    assert len(post.letters) == 1


def test_a_letter_that_kills_its_worker_each_time_comes_to_an_end(post, travel):
    (delivery,) = deliveries()
    for hour in range(9, 9 + jobs.MAXIMUM_ATTEMPTS):
        travel(f"2036-03-12 {hour:02}:00")
        assert jobs._lease(delivery.pk) is not None
    travel("2036-03-13 09:00")
    send()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.FAILED and "中断" in delivery.last_error
    assert post.letters == []


def test_the_letter_of_a_worker_that_died_before_saving_is_recognisable_as_the_same(post, travel, monkeypatch):
    travel("2026-03-12 09:00")
    deliveries()
    monkeypatch.setattr(jobs, "_settle", lambda delivery, **changes: None)  # accepted by the server, then killed
    send()
    monkeypatch.undo()
    travel("2026-03-12 09:06")
    send()
    first, second = post.letters
    assert first["Message-ID"] == second["Message-ID"] and first["Message-ID"].endswith("@sjz.example.cn>")


def test_a_worker_whose_lease_ran_out_does_not_overwrite_its_successor(post, travel):
    travel("2026-03-12 09:00")
    (delivery,) = deliveries()
    slow = jobs._lease(delivery.pk)
    travel("2026-03-12 09:06")
    assert send()["sent"] == 1
    jobs._note_failure(slow, OSError("too late"))
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT and delivery.last_error == ""


def test_only_one_worker_gets_a_row():
    (delivery,) = deliveries()
    assert jobs._lease(delivery.pk) is not None
    assert jobs._lease(delivery.pk) is None


def test_without_a_mail_server_the_letter_stands_on_the_console(settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    (delivery,) = deliveries()
    call_command("send_notices")
    output = capsys.readouterr().out
    assert delivery.address in output and "已发 1 条，未发出 0 条。" in output
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT
