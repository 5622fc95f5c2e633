"""The verbs of the archive: split, grant, adjust, suspend, resume, revoke. And the question `require`. 依据:石9。"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from wagtail.models import Page

from wangqun.access import projection
from wangqun.access.models import Grant, GrantChange, Role, ScopeCollection
from wangqun.access.rights import roles_with
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.people.models import User


def may(user: User, right: str, page: Page | None = None) -> bool:
    """Return whether `user` holds `right` for `page`: for the whole group where `page` is None.

    A superuser has no right of content or archive by that alone; the system itself may do everything.
    """
    if user.is_system:
        return True
    if not user.is_active:
        return False
    grants = Grant.objects.in_force().filter(user=user, role__in=roles_with(right))
    return grants.covering(page.path if page is not None else None).exists()


def may_somewhere(user: User, right: str) -> bool:
    """Return whether `user` holds `right` within any scope at all; menus ask this, actions ask `require`."""
    return user.is_system or (
        user.is_active and Grant.objects.in_force().filter(user=user, role__in=roles_with(right)).exists()
    )


def require(user: User, right: str, page: Page | None = None) -> None:
    """Raise Refused unless `user` holds `right` for `page`. Every action asks this first. 依据:石9。"""
    if not may(user, right, page):
        where = f"“{page.title}”" if page is not None else "整个网站群"
        raise Refused(f"您没有在{where}办理此事的权限，如确有需要，请向商务信息处申请授权。")


def holders(right: str, page: Page | None = None) -> list[User]:
    """Return the active people who hold `right` for `page`, in order of name."""
    grants = Grant.objects.in_force().filter(role__in=roles_with(right)).covering(page.path if page is not None else None)
    return list(User.objects.filter(is_active=True, grants__in=grants).distinct().order_by("username"))


@transaction.atomic
def split(*, user: User, duty: str, roles: Iterable[str], page: Page | None, reason: str, by: User) -> list[Grant]:
    """析权: name the least roles that `duty` needs and propose them for `user` within `page`; nothing takes effect yet.

    Returns the proposed grants. Raises Refused for a person who left, an unknown role, or one already proposed or held.
    依据:石9。
    """
    wanted = list(dict.fromkeys(roles))
    if not wanted or not set(wanted) <= set(Role.values):
        raise Refused("请至少选一项权限，并只从权限表中选择。")
    if not duty.strip() or not reason.strip():
        raise Refused("请写明职责和事由，权限档案要据此审核。")
    if not user.is_active:
        raise Refused(f"{user}的账号已停用，不能再授权，请先核实人员是否在岗。")
    held = Grant.objects.filter(user=user, role__in=wanted, page=page).exclude(state=Grant.State.REVOKED).first()
    if held:
        raise Refused(f"{user}在此范围已有“{held.get_role_display()}”（{held.get_state_display()}），不必重复申请。")
    made = []
    for role in wanted:
        proposal = Grant.objects.create(
            user=user, role=role, page=page, duty=duty.strip(), reason=reason.strip(), starts_on=today(), requested_by=by
        )
        _change(proposal, GrantChange.Verb.SPLIT, by=by, reason=reason, before={})
        made.append(proposal)
    return made


@transaction.atomic
def grant(proposal: Grant, *, by: User, reason: str = "同意", starts_on: date | None = None, ends_on: date | None = None) -> Grant:
    """授权: approve a proposal; it takes effect at once. Raises Refused for one's own grant or one already settled. 依据:石9。"""
    require(by, "access.manage")
    if proposal.user_id == by.pk:
        raise Refused("不能批准给自己的权限，请由商务信息处其他负责人批准。")
    starts_on = starts_on or max(proposal.starts_on, today())
    if ends_on and ends_on < starts_on:
        raise Refused("终止日期早于起始日期，请改正。")
    return _settle(
        proposal,
        [Grant.State.PROPOSED],
        GrantChange.Verb.GRANT,
        by=by,
        reason=reason,
        state=Grant.State.ACTIVE,
        approved_by=by,
        starts_on=starts_on,
        ends_on=ends_on,
    )


@transaction.atomic
def adjust(held: Grant, *, by: User, reason: str, page: Page | None, ends_on: date | None) -> Grant:
    """调整: change the scope or the last day of a grant in force. 依据:石9。"""
    require(by, "access.manage")
    if held.user_id == by.pk:
        raise Refused("不能调整自己的权限，请由商务信息处其他负责人办理。")
    if ends_on and ends_on < held.starts_on:
        raise Refused("终止日期早于起始日期，请改正。")
    return _settle(held, [Grant.State.ACTIVE], GrantChange.Verb.ADJUST, by=by, reason=reason, page=page, ends_on=ends_on)


@transaction.atomic
def suspend(held: Grant, *, by: User, reason: str) -> Grant:
    """暂停: take the rights away and keep the record, so that `resume` restores exactly them. 依据:石9。"""
    require(by, "access.manage")
    return _settle(held, [Grant.State.ACTIVE], GrantChange.Verb.SUSPEND, by=by, reason=reason, state=Grant.State.SUSPENDED)


@transaction.atomic
def resume(held: Grant, *, by: User, reason: str) -> Grant:
    """恢复: give back what `suspend` took. 依据:石9。"""
    require(by, "access.manage")
    if held.user_id == by.pk:
        raise Refused("不能恢复自己的权限，请由商务信息处其他负责人办理。")
    return _settle(held, [Grant.State.SUSPENDED], GrantChange.Verb.RESUME, by=by, reason=reason, state=Grant.State.ACTIVE)


@transaction.atomic
def revoke(held: Grant, *, by: User, reason: str) -> Grant:
    """注销: end a grant for good. 依据:石9。"""
    require(by, "access.manage")
    return _settle(
        held,
        [Grant.State.PROPOSED, Grant.State.ACTIVE, Grant.State.SUSPENDED],
        GrantChange.Verb.REVOKE,
        by=by,
        reason=reason,
        state=Grant.State.REVOKED,
    )


@transaction.atomic
def bind_collection(page: Page, name: str) -> ScopeCollection:
    """Give the site whose root is `page` a library of its own, once; returns it."""
    return projection.bind_collection(page, name)


def _settle(held: Grant, allowed: list[str], verb: str, *, by: User, reason: str, **changes: Any) -> Grant:
    """Change the grant by one conditional update, log it and project it onto Wagtail's groups."""
    if not reason.strip():
        raise Refused("请写明事由，权限档案要据此备查。")
    before = snapshot(held)
    if not Grant.objects.filter(pk=held.pk, state__in=allowed).update(**changes):
        held.refresh_from_db()
        raise Refused(f"此权限现为“{held.get_state_display()}”，不能{GrantChange.Verb(verb).label}，请刷新后再看。")
    held.refresh_from_db()
    projection.project(held.user)
    _change(held, verb, by=by, reason=reason, before=before)
    return held


def snapshot(held: Grant) -> dict[str, Any]:
    """Return the grant's values as plain JSON, for the change log."""
    return {
        "state": held.state,
        "role": held.role,
        "page": held.page_id,
        "starts_on": held.starts_on.isoformat(),
        "ends_on": held.ends_on.isoformat() if held.ends_on else None,
    }


def _change(held: Grant, verb: str, *, by: User, reason: str, before: dict[str, Any]) -> None:
    after = snapshot(held)
    GrantChange.objects.create(grant=held, verb=verb, at=now(), by=by, reason=reason.strip(), before=before, after=after)
    record(f"access.{verb}", held, by=by, data={"before": before, "after": after, "reason": reason.strip()})
