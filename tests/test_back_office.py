"""Every address of the back office, walked by everybody: nothing breaks, nothing opens to whom it is not meant for."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.staff import signed_in
from tests.world import World
from wangqun.access import actions as access
from wangqun.access.models import Grant
from wangqun.people.models import User

pytestmark = pytest.mark.req("ACC-1")

OPEN_TO_ALL = {"/admin/login/", "/admin/sprite/", "/admin/jsi18n/"}
"""Signing in, and what the page for that needs."""
PASSWORD_RESET = "/admin/password_reset/"


def addresses(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Every address without arguments below `resolver`."""
    for pattern in resolver.url_patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not pattern.pattern.converters and not getattr(pattern.pattern, "regex", None).groups:
                yield from addresses(pattern, prefix + route)
        elif isinstance(pattern, URLPattern) and not pattern.pattern.converters and not pattern.pattern.regex.groups:
            plain = route.removeprefix("^").removesuffix("$").removesuffix("\\Z")
            if not set(plain) & set("()[]*+?\\"):
                yield prefix + plain


ALL = sorted({address for address in addresses(get_resolver()) if address.startswith("/admin/")})


def suspended(world: World) -> User:
    for held in Grant.objects.filter(user=world.wang):
        access.suspend(held, by=world.zhou, reason="核查")
    return world.wang


def closed(world: World) -> User:
    from wangqun.people import actions as people

    return people.close_account(world.wang, by=world.zhou, reason="调离")


def walk(client: Client, **details: Any) -> Iterator[tuple[str, int, str]]:
    """Visit every address; yields (address, status, where it leads)."""
    for address in ALL:
        answer = client.get(address, **details)
        yield address, answer.status_code, answer.headers.get("Location", "")
        if answer.streaming:
            b"".join(answer.streaming_content)


def test_there_is_something_to_walk():
    assert len(ALL) > 60
    assert {"/admin/", "/admin/grants/", "/admin/audit/", "/admin/pages/"} <= set(ALL)


@pytest.mark.parametrize("who", ["wang", "outsider", "liu", "zhou", "sun", "zheng", "chen"])
def test_nothing_breaks_for_anybody(world, who):
    broken = [(address, status) for address, status, _ in walk(signed_in(getattr(world, who))) if status >= 500]
    assert broken == []


def test_nothing_breaks_for_a_superuser(world):
    root = User.objects.create_superuser("root", password="correct-horse-battery-9", name="超级", email="root@example.org")
    assert [(address, status) for address, status, _ in walk(signed_in(root)) if status >= 500] == []


def is_open(address: str) -> bool:
    return address in OPEN_TO_ALL or address.startswith(PASSWORD_RESET)


def test_a_stranger_gets_nothing_but_the_way_to_sign_in(world):
    got = [(address, status) for address, status, _ in walk(Client()) if status == 200 and not is_open(address)]
    assert got == []
    assert [row for row in walk(Client()) if row[1] >= 500] == []


@pytest.mark.parametrize("state", [suspended, closed])
def test_who_was_suspended_or_left_gets_nothing_with_the_session_still_open(world, state):
    client = signed_in(world.wang)
    state(world)
    got = [(address, status) for address, status, _ in walk(client) if status == 200 and not is_open(address)]
    assert got == []


@pytest.mark.parametrize("who", ["wang", "liu", "sun"])
def test_the_archive_and_the_log_open_only_to_those_who_keep_them(world, who):
    client = signed_in(getattr(world, who))
    assert client.get("/admin/audit/").status_code != 200
    names = client.get("/admin/grants/").content.decode()
    assert "外人" not in names  # of the archive everybody sees the own card only


def test_nothing_is_written_by_looking(world):
    """Walking everything leaves no entry in the log."""
    from wangqun.audit.models import Entry

    before = Entry.objects.count()
    list(walk(signed_in(world.zhou)))
    list(walk(signed_in(world.zheng)))
    assert Entry.objects.count() == before
