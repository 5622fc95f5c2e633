"""notify: one notice per person and occasion, with its deliveries in the caller's transaction."""

import pytest
from django.db import transaction

from wangqun.notifications.actions import notify
from wangqun.notifications.models import Delivery, Notice
from wangqun.notifications.tests.factories import UserFactory
from wangqun.people.actions import system_user

pytestmark = [pytest.mark.django_db, pytest.mark.req("REM-2")]


def tell(*people, key="slip:1", **more):
    return notify(people, topic="reminder", title="请更新栏目", key=key, **more)


def test_everybody_gets_one_notice_and_one_letter():
    first, second = UserFactory(), UserFactory()
    made = tell(first, second, body="请于三日内更新。", url="/admin/reminders/inspect/1/")
    assert {notice.recipient for notice in made} == {first, second}
    assert {delivery.address for delivery in Delivery.objects.all()} == {first.email, second.email}
    assert {notice.body for notice in Notice.objects.all()} == {"请于三日内更新。"}


def test_the_same_occasion_reaches_a_person_once():
    first, second = UserFactory(), UserFactory()
    tell(first)
    assert [notice.recipient for notice in tell(first, second, second)] == [second]
    assert Notice.objects.count() == Delivery.objects.count() == 2


def test_another_occasion_reaches_the_same_person_again():
    user = UserFactory()
    tell(user, key="slip:1")
    assert len(tell(user, key="slip:2")) == 1


def test_very_long_keys_still_tell_occasions_apart():
    user = UserFactory()
    assert len(tell(user, key="x" * 300)) == 1
    assert tell(user, key="x" * 300) == []
    assert len(tell(user, key="x" * 299 + "y")) == 1


def test_those_who_left_and_the_system_are_skipped():
    assert tell(UserFactory(is_active=False), system_user()) == []
    assert not Notice.objects.exists()


def test_a_person_without_an_address_has_the_notice_in_the_inbox_only():
    (notice,) = tell(UserFactory(email=""))
    assert not notice.deliveries.exists()


def test_a_rollback_takes_the_notice_and_its_letter_back(mailoutbox, django_capture_on_commit_callbacks):
    user = UserFactory()
    with django_capture_on_commit_callbacks(execute=True) as callbacks, pytest.raises(RuntimeError), transaction.atomic():
        tell(user)
        raise RuntimeError
    assert callbacks == [] and mailoutbox == []
    assert not Notice.objects.exists() and not Delivery.objects.exists()


def test_the_letter_leaves_after_commit_and_not_before(mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tell(UserFactory())
        assert mailoutbox == []
    assert len(mailoutbox) == 1
    assert Delivery.objects.get().state == Delivery.State.SENT


def test_a_title_of_several_lines_becomes_one_line_that_fits():
    (notice,) = notify([UserFactory()], topic="review", title="第一行\r\nBcc: x@example.com\n" + "长" * 400, key="a")
    assert "\n" not in notice.title and "\r" not in notice.title and len(notice.title) == 255


def test_three_recipients_cost_no_query_for_each_known_one(django_assert_num_queries):
    people = UserFactory.create_batch(3)
    tell(*people)
    with django_assert_num_queries(3):  # savepoint, one look for what is known, release
        tell(*people)
