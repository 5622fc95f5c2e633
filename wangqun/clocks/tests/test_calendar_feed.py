"""The calendar feed: RFC 5545 to the octet, private, revoked by a new password."""

from datetime import date

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from wangqun.clocks import tokens
from wangqun.clocks.feeds import escape, fold

pytestmark = pytest.mark.req("REM-4")


def address(user):
    return reverse("clocks_calendar", args=[tokens.make(user)])


def unfold(content):
    return content.replace(b"\r\n ", b"").decode().split("\r\n")


def events(content):
    """Return the events of a calendar as mappings from property (with parameters) to value."""
    found, lines = [], unfold(content)
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    for line in lines:
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and ":" in line:
            name, _, value = line.partition(":")
            found[-1].setdefault(name, value)
    return found


def test_the_feed_lists_the_persons_due_days_without_signing_in(client, cast, opened, travel):
    travel("2026-03-10 10:00")
    clock = opened(7, "day", name="正定县商务局 · 新闻动态", basis="石15", url="/admin/pages/7/", site="正定县商务局")
    opened(7, "day", name="乙县栏目", organisation=cast.second)
    response = client.get(address(cast.editor))
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in response.headers["Cache-Control"]
    mine = [event for event in events(response.content) if event["UID"].startswith(f"clock-{clock.pk}-")]
    assert mine[0]["DTSTART;VALUE=DATE"] == "20260317"
    assert mine[0]["DTEND;VALUE=DATE"] == "20260318"
    assert mine[0]["DTSTAMP"] == "20260310T020000Z"
    assert mine[0]["SUMMARY"] == "正定县商务局 · 新闻动态到期"
    assert mine[0]["URL"].endswith("/admin/pages/7/")
    assert mine[0]["DESCRIPTION"] == r"责任单位：甲县局\n网站：正定县商务局\n依据：石15"
    assert "乙县栏目" not in response.content.replace(b"\r\n ", b"").decode()


def test_lines_end_with_crlf_and_hold_at_most_75_octets(client, cast, opened):
    opened(7, "day", name="很长的名称，带有;逗号和\\反斜杠\n以及换行" * 5)
    content = client.get(address(cast.editor)).content
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is cut in two


@settings(deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=300))
def test_folding_can_always_be_undone(text):
    folded = fold(f"SUMMARY:{text}")
    assert all(len(line) <= 75 for line in folded.split(b"\r\n"))
    assert folded.removesuffix(b"\r\n").replace(b"\r\n ", b"").decode() == f"SUMMARY:{text}"


def test_text_is_escaped_and_control_characters_are_left_out():
    assert escape("a\\b;c,d\r\ne\x00\x1bf\tg") == "a\\\\b\\;c\\,d\\nef\tg"


def test_a_new_password_revokes_the_address(client, cast):
    old = address(cast.editor)
    assert client.get(old).status_code == 200
    cast.editor.set_password("another one")
    cast.editor.save()
    assert client.get(old).status_code == 404
    assert client.get(address(cast.editor)).status_code == 200


def test_a_forged_address_or_one_of_a_person_who_left_is_not_found(client, cast):
    token = tokens.make(cast.editor)
    number, rest = token.split("-", 1)
    for forged in (f"{int(number) + 1}-{rest}", token[:-1] + ("A" if token[-1] != "A" else "B"), "x", f"{number}-"):
        assert client.get(reverse("clocks_calendar", args=[forged])).status_code == 404
    cast.editor.is_active = False
    cast.editor.save()
    assert client.get(reverse("clocks_calendar", args=[token])).status_code == 404


def test_a_late_clock_says_so_and_a_stopped_one_is_gone(client, cast, opened, travel):
    from wangqun.clocks.actions import stop

    travel("2026-03-10 10:00")
    late = opened(1, "day", name="迟到")
    stop(opened(5, "day", name="办结"), by=cast.editor)
    travel("2026-03-20 10:00")
    text = client.get(address(cast.editor)).content.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:迟到到期（已逾期）" in text
    assert "办结" not in text
    assert late.due_on == date(2026, 3, 11)


def test_the_feed_takes_the_same_number_of_queries_for_one_clock_and_for_many(client, cast, opened, django_assert_num_queries):
    opened(7, "day")
    url = address(cast.editor)
    with django_assert_num_queries(4):
        client.get(url)
    for number in range(20):
        opened(7, "day", name=f"栏目{number}", organisation=cast.section)
    with django_assert_num_queries(4):
        client.get(url)


def test_the_dashboard_tells_the_address(client, cast):
    from django.contrib.auth.models import Permission

    cast.editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(cast.editor)
    assert address(cast.editor) in client.get("/admin/clocks/").content.decode()
