"""Lists of records serve no page of Wagtail's that would show or change what is not the viewer's."""

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse

from tests.staff import signed_in
from wangqun.access.screens import RecordViewSet
from wangqun.people.models import User

pytestmark = pytest.mark.req("ACC-1")


def lists() -> dict[str, type[RecordViewSet]]:
    """Every list of records that is registered, by the name of its addresses."""
    get_resolver().reverse_dict  # noqa: B018 - loads the addresses and with them every wagtail_hooks
    found, waiting = {}, [RecordViewSet]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found |= {kind.name: kind for kind in below if isinstance(kind.name, str)}
    return found


def test_every_list_is_looked_at():
    assert {"websites", "grants", "releases", "alarms", "clocks", "reminders", "press"} <= set(lists())


def test_no_list_has_pages_of_history_or_usage():
    for name in lists():
        for page in ("history", "history_results", "usage", "copy"):
            with pytest.raises(NoReverseMatch):
                reverse(f"{name}:{page}", args=[1])


def test_forms_are_there_only_where_a_right_or_the_list_says_so():
    with_forms = {name for name in lists() for page in ("edit", "delete") if resolves(f"{name}:{page}", 1)}
    with_new = {name for name in lists() if resolves(f"{name}:add")}
    assert with_forms == {name for name, kind in lists().items() if kind.change_right is not None}
    assert with_new == with_forms | {"press"}


def resolves(name: str, *arguments: int) -> bool:
    try:
        return bool(reverse(name, args=arguments))
    except NoReverseMatch:
        return False


@pytest.mark.parametrize("who", ["wang", "zhou", "root"])
def test_neither_editor_nor_office_nor_superuser_gets_them(world, who):
    root = User.objects.create_superuser("root", password="correct-horse-battery-9", name="超级", email="root@example.org")
    client = signed_in(root if who == "root" else getattr(world, who))
    number = world.zhengding.pk
    for page in ("history", "history-results", "usage", "edit", "delete", "copy"):
        address = f"/admin/websites/{page}/{number}/"
        assert client.get(address).status_code == 404, address
        assert client.post(address, {"name": "x"}).status_code == 404, address
    assert client.post("/admin/websites/new/", {"name": "x"}).status_code == 404
    world.zhengding.refresh_from_db()
    assert world.zhengding.name == "正定县商务局"
