"""Several workers at once send each letter once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from wangqun.notifications import jobs
from wangqun.notifications.actions import notify
from wangqun.notifications.models import Delivery, Notice
from wangqun.notifications.tests.factories import UserFactory

pytestmark = [pytest.mark.postgresql, pytest.mark.committed, pytest.mark.req("REM-2")]


@pytest.fixture(autouse=True)
def empty_inboxes(committed_db) -> None:
    """As in the other tests, but in the database whose transactions really commit."""
    Delivery.objects.all().delete()
    Notice.objects.all().delete()


def test_four_workers_send_each_letter_once(settings, tmp_path, monkeypatch):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("wangqun.notifications.actions.transaction.on_commit", lambda job, **options: None)
        notify(UserFactory.create_batch(20), topic="review", title="待审", key="a")
    barrier = Barrier(4)

    def work(_number: int) -> int:
        try:
            barrier.wait(timeout=30)
            return jobs.send_deliveries.call()["sent"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(work, range(4)))
    letters = "".join(file.read_text() for file in tmp_path.iterdir())
    assert sent == letters.count("Message-ID:") == 20
    assert set(Delivery.objects.values_list("state", "attempts")) == {(Delivery.State.SENT, 1)}
