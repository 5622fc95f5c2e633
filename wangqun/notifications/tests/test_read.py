"""read and read_all: only one's own, and a second click is harmless."""

import pytest

from wangqun.base.errors import Refused
from wangqun.notifications.actions import notify, read, read_all
from wangqun.notifications.models import Notice
from wangqun.notifications.tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.req("REM-2")]


def test_reading_a_second_time_keeps_the_first_moment(travel):
    user = UserFactory()
    (notice,) = notify([user], topic="review", title="一", key="a")
    travel("2026-03-12 09:00")
    first = read(notice, by=user).read_at
    travel("2026-03-13 09:00")
    assert read(notice, by=user).read_at == first is not None


def test_nobody_reads_for_somebody_else():
    (notice,) = notify([UserFactory()], topic="review", title="一", key="a")
    with pytest.raises(Refused, match="不是发给您的"):
        read(notice, by=UserFactory())
    assert Notice.objects.unread().count() == 1


def test_reading_all_leaves_the_others_inboxes_alone():
    mine, other = UserFactory(), UserFactory()
    for key in "abc":
        notify([mine, other], topic="review", title=key, key=key)
    assert read_all(by=mine) == 3
    assert read_all(by=mine) == 0
    assert Notice.objects.unread().filter(recipient=other).count() == 3
