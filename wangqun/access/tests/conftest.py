"""What the tests of the archive share."""

from collections.abc import Callable

import pytest
from wagtail.models import Page

from wangqun.access import actions as access
from wangqun.access.models import Grant, Role
from wangqun.people.models import User


@pytest.fixture
def other(world) -> User:
    """孙主任, a second person who keeps the archive."""
    for proposal in access.split(
        user=world.sun, duty="权限管理", roles=[Role.OFFICE_SUPERVISOR], page=None, reason="设置AB岗", by=world.zhou
    ):
        access.grant(proposal, by=world.zhou)
    return world.sun


@pytest.fixture
def proposal(world) -> Callable[..., Grant]:
    """A proposal: 外人 as editor of Zhengding, unless said otherwise."""

    def make(user: User | None = None, *, role: str = Role.EDITOR, page: Page | None = None, by: User | None = None) -> Grant:
        return access.split(
            user=user or world.outsider,
            duty="临时支援",
            roles=[role],
            page=page or world.zhengding.site.root_page,
            reason="人手不足",
            by=by or world.liu,
        )[0]

    return make


@pytest.fixture
def held(world) -> Grant:
    """王编辑's grant as editor of Zhengding."""
    return Grant.objects.get(user=world.wang, role=Role.EDITOR)
