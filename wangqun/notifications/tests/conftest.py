"""Tests of notices begin with empty inboxes, whatever the common cast was told."""

import pytest

from wangqun.notifications.models import Delivery, Notice


@pytest.fixture(autouse=True)
def empty_inboxes(db) -> None:
    Delivery.objects.all().delete()
    Notice.objects.all().delete()
