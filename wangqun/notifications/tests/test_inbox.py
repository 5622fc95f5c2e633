"""The inbox screen, its menu item and its panel."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from wangqun.notifications.actions import notify, read
from wangqun.notifications.models import Notice
from wangqun.notifications.tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.req("REM-2")]


def staff():
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"))
    return user


@pytest.fixture
def me(client):
    user = staff()
    client.force_login(user)
    return user


def tell(user, title, topic="reminder", **more):
    (notice,) = notify([user], topic=topic, title=title, key=title, **more)
    return notice


def test_unread_ones_stand_first_and_the_newest_of_them_on_top(client, me):
    for title in ("一", "二", "三", "四"):
        tell(me, title)
    read(Notice.objects.get(title="四"), by=me)
    shown = [notice.title for notice in client.get(reverse("inbox")).context["notices"]]
    assert shown == ["三", "二", "一", "四"]


def test_the_topics_are_named_in_chinese_and_filter_the_list(client, me):
    tell(me, "提醒单一号")
    tell(me, "待审稿件", topic="review")
    tell(me, "别的事", topic="weather")
    page = client.get(reverse("inbox"), {"topic": "review"})
    assert [notice.title for notice in page.context["notices"]] == ["待审稿件"]
    assert {label for _, label in page.context["topics"]} == {"审核", "提醒督办", "其他"}


def test_only_unread_ones_where_asked(client, me):
    read(tell(me, "旧"), by=me)
    tell(me, "新")
    assert [notice.title for notice in client.get(reverse("inbox"), {"unread": 1}).context["notices"]] == ["新"]


def test_an_empty_inbox_says_what_will_come(client, me):
    assert "还没有通知" in client.get(reverse("inbox")).content.decode()
    assert "此处没有通知" in client.get(reverse("inbox"), {"topic": "review"}).content.decode()


def test_a_long_list_has_pages_and_keeps_the_topic_between_them(client, me):
    for number in range(45):
        tell(me, f"第{number}条")
    page = client.get(reverse("inbox"), {"topic": "reminder", "p": 3})
    assert len(page.context["notices"]) == 5
    assert "topic=reminder&amp;p=2" in page.content.decode()
    assert len(client.get(reverse("inbox"), {"p": "99"}).context["notices"]) == 5
    assert len(client.get(reverse("inbox"), {"p": "x"}).context["notices"]) == 20


def test_three_notices_cost_no_more_queries_than_one(client, me, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    tell(me, "一")
    client.get(reverse("inbox"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("inbox"))
    tell(me, "二")
    tell(me, "三")
    with django_assert_num_queries(len(one)):
        client.get(reverse("inbox"))


def test_text_from_people_is_shown_as_text(client, me):
    tell(me, "<script>alert(1)</script>", body="<b>粗</b>\n第二行")
    content = client.get(reverse("inbox")).content.decode()
    assert "<script>alert(1)" not in content and "&lt;b&gt;粗&lt;/b&gt;<br>第二行" in content


def test_marking_one_comes_back_to_the_same_page_of_the_list(client, me):
    notice = tell(me, "一")
    back = reverse("inbox") + "?topic=reminder&p=2"
    answer = client.post(reverse("inbox_read", args=[notice.pk]), {"next": back})
    assert answer.url == back
    notice.refresh_from_db()
    assert notice.read_at
    assert client.post(reverse("inbox_read", args=[notice.pk])).status_code == 302, "a second click is harmless"


def test_dealing_with_one_marks_it_and_goes_there(client, me):
    notice = tell(me, "一", url="/admin/reminders/")
    answer = client.post(reverse("inbox_read", args=[notice.pk]), {"open": 1})
    assert answer.url == "/admin/reminders/"
    assert not Notice.objects.unread().exists()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_way_back_never_leads_out_of_the_house(client, me, back):
    assert client.post(reverse("inbox_read_all"), {"next": back}).url == reverse("inbox")


def test_marking_all_marks_only_mine(client, me):
    tell(me, "一")
    other = tell(UserFactory(), "二")
    answer = client.post(reverse("inbox_read_all"), follow=True)
    assert "已将 1 条通知标为已读。" in answer.content.decode()
    assert list(Notice.objects.unread()) == [other]


def test_somebody_elses_notice_does_not_exist_for_me(client, me):
    other = tell(UserFactory(), "二")
    assert client.post(reverse("inbox_read", args=[other.pk])).status_code == 404
    assert "二" not in [notice.title for notice in client.get(reverse("inbox")).context["notices"]]
    assert Notice.objects.unread().count() == 1


def test_looking_changes_nothing(client, me):
    notice = tell(me, "一")
    assert client.get(reverse("inbox_read", args=[notice.pk])).status_code == 405
    assert client.get(reverse("inbox_read_all")).status_code == 405
    client.get(reverse("inbox"))
    assert Notice.objects.unread().count() == 1


def test_nobody_sees_an_inbox_without_signing_in(client, db):
    assert client.get(reverse("inbox")).url.startswith("/admin/login/")
    assert client.post(reverse("inbox_read_all")).status_code == 302


def test_the_menu_shows_how_many_are_unread(client, me):
    assert "通知（" not in _plain(client)
    for number in range(3):
        tell(me, f"{number}")
    assert "通知（3）" in _plain(client)


def test_the_first_page_shows_the_newest_unread_ones(client, me):
    assert "未读通知" not in _plain(client)
    for number in range(7):
        tell(me, f"提醒{number}", url="/admin/reminders/")
    content = _plain(client)
    assert "未读通知" in content and "提醒6" in content and "提醒1" not in content


def _plain(client) -> str:
    """The first page, with the menu's JSON escapes undone."""
    import re

    content = client.get(reverse("wagtailadmin_home")).content.decode()
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), content)
