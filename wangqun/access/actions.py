"""The verbs of the archive: split, grant, adjust, suspend, resume, revoke. And the question `require`. 依据：石9。"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from wagtail.models import Page

from wangqun.access import projection
from wangqun.access.models import Grant, GrantChange, Role, ScopeCollection
from wangqun.access.rights import roles_with
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.notifications.actions import notify
from wangqun.people.actions import reopen_account, set_password, system_user
from wangqun.people.models import User
from wangqun.people.passwords import new_password


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


def may_somewhere(user: User, *rights: str) -> bool:
    """Return whether `user` holds any of `rights` within any scope at all; menus ask this, actions ask `require`."""
    roles = {role for right in rights for role in roles_with(right)}
    return user.is_system or (user.is_active and Grant.objects.in_force().filter(user=user, role__in=roles).exists())


def roles_somewhere(user: User) -> frozenset[str]:
    """Return the roles that `user` holds within any scope at all, in one query; menus compare many rights with them."""
    if not user.is_active:
        return frozenset()
    return frozenset(Grant.objects.in_force().filter(user=user).values_list("role", flat=True))


def require(user: User, right: str, page: Page | None = None) -> None:
    """Raise Refused unless `user` holds `right` for `page`. Every action asks this first. 依据：石9。"""
    if not may(user, right, page):
        where = f"“{page.title}”" if page is not None else "整个网站群"
        raise Refused(f"您没有在{where}办理此事的权限，如确有需要，请向商务信息处申请授权。")


def holders(right: str, page: Page | None = None) -> list[User]:
    """Return the active people who hold `right` for `page`, in order of name."""
    grants = Grant.objects.in_force().filter(role__in=roles_with(right)).covering(page.path if page is not None else None)
    return list(User.objects.filter(is_active=True, grants__in=grants).distinct().order_by("username"))


def visible_grants(user: User) -> QuerySet[Grant]:
    """Return what `user` may see of the archive: all of it with access.manage or access.read, else their own card."""
    everything = may_somewhere(user, "access.manage") or may_somewhere(user, "access.read")
    return Grant.objects.all() if everything else Grant.objects.filter(user=user)


@transaction.atomic
def split(*, user: User, duty: str, roles: Iterable[str], page: Page | None, reason: str, by: User) -> list[Grant]:
    """析权: name the least roles that `duty` needs and propose them for `user` within `page`; nothing takes effect yet.

    Returns the proposed grants. Raises Refused for a person who left, an unknown role, or one already proposed or held.
    依据：石9。
    """
    wanted = list(dict.fromkeys(roles))
    if not wanted or not set(wanted) <= set(Role.values):
        raise Refused("请至少选一项权限，并只从权限表中选择。")
    if not duty.strip() or not reason.strip():
        raise Refused("请写明职责和事由，权限档案要据此审核。")
    if not by.is_active and not by.is_system:
        raise Refused("您的账号已停用，不能申请权限。")
    _lock(user)
    if not user.is_active:
        raise Refused(f"{user}的账号已停用，不能再授权，请先核实人员是否在岗。")
    _expire(Grant.objects.overdue().filter(user=user))
    if held := open_grants().filter(user=user, role__in=wanted, page=page).first():
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
def grant(
    proposal: Grant, *, by: User, reason: str = "同意", starts_on: date | None = None, ends_on: date | None = None
) -> Grant:
    """授权: approve a proposal; it takes effect on its first day, usually at once.

    Raises Refused for one's own grant or one already settled. 依据：石9。
    """
    require(by, "access.manage")
    if proposal.user_id == by.pk:
        raise Refused("不能批准给自己的权限，请由商务信息处其他负责人批准。")
    starts_on = starts_on or max(proposal.starts_on, today())
    if starts_on < today():
        raise Refused("起始日期已过，权限不能倒填日期，请从今天或以后起算。")
    if ends_on and ends_on < starts_on:
        raise Refused("终止日期早于起始日期，请改正。")
    if not proposal.user.is_active:
        raise Refused(f"{proposal.user}的账号已停用，不能再授权，请注销此申请。")
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
def found_archive(user: User) -> Grant:
    """Make `user` the first who keeps the archive, on behalf of the installation; from then on people approve people.

    Raises Refused where somebody keeps it already. 依据：石9。
    """
    if keepers := holders("access.manage"):
        raise Refused(f"{'、'.join(str(keeper) for keeper in keepers)}已在管理权限档案，请由其授权。")
    system = system_user()
    proposal = split(
        user=user,
        duty="管理权限档案",
        roles=[Role.OFFICE_SUPERVISOR],
        page=None,
        reason="系统启用，设第一名管理人员",
        by=system,
    )[0]
    return grant(proposal, by=system, reason="系统启用")


@transaction.atomic
def adjust(held: Grant, *, by: User, reason: str, page: Page | None, ends_on: date | None) -> Grant:
    """调整: change the scope or the last day of a grant in force. 依据：石9。"""
    require(by, "access.manage")
    if held.user_id == by.pk:
        raise Refused("不能调整自己的权限，请由商务信息处其他负责人办理。")
    if ends_on and ends_on < max(held.starts_on, today()):
        raise Refused("终止日期早于起始日期或今天，请改正；如要立即收回，请办理暂停或注销。")
    _lock(held.user)
    if open_grants().filter(user=held.user_id, role=held.role, page=page).exclude(pk=held.pk).exists():
        raise Refused(f"{held.user}在此范围已有“{held.get_role_display()}”，不能调整到同一范围。")
    return _settle(held, [Grant.State.ACTIVE], GrantChange.Verb.ADJUST, by=by, reason=reason, page=page, ends_on=ends_on)


@transaction.atomic
def suspend(held: Grant, *, by: User, reason: str) -> Grant:
    """暂停: take the rights away and keep the record, so that `resume` restores exactly them. 依据：石9。"""
    require(by, "access.manage")
    return _settle(held, [Grant.State.ACTIVE], GrantChange.Verb.SUSPEND, by=by, reason=reason, state=Grant.State.SUSPENDED)


@transaction.atomic
def resume(held: Grant, *, by: User, reason: str) -> Grant:
    """恢复: give back what `suspend` took. 依据：石9。"""
    require(by, "access.manage")
    if held.user_id == by.pk:
        raise Refused("不能恢复自己的权限，请由商务信息处其他负责人办理。")
    if held.ends_on and held.ends_on < today():
        raise Refused("此权限已到期，不能恢复，请重新申请。")
    return _settle(held, [Grant.State.SUSPENDED], GrantChange.Verb.RESUME, by=by, reason=reason, state=Grant.State.ACTIVE)


@transaction.atomic
def revoke(held: Grant, *, by: User, reason: str) -> Grant:
    """注销: end a grant for good. 依据：石9。"""
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


def _lock(user: User) -> None:
    """Put all who change one person's rights in order, so that each projects what the one before left."""
    User.objects.select_for_update().get(pk=user.pk)


def open_grants() -> QuerySet[Grant]:
    """Return the grants that stand in the way of a new one for the same person, role and scope."""
    return Grant.objects.exclude(state__in=[Grant.State.REVOKED, Grant.State.EXPIRED])


def _settle(held: Grant, allowed: list[str], verb: str, *, by: User, reason: str, **changes: Any) -> Grant:
    """Change the grant by one conditional update, log it and project it onto Wagtail's groups."""
    if not reason.strip():
        raise Refused("请写明事由，权限档案要据此备查。")
    _lock(held.user)
    held.refresh_from_db()
    before = snapshot(held)
    if not Grant.objects.filter(pk=held.pk, state__in=allowed).update(**changes):
        raise Refused(f"此权限现为“{held.get_state_display()}”，不能{GrantChange.Verb(verb).label}，请刷新后再看。")
    held.refresh_from_db()
    projection.project(held.user)
    _change(held, verb, by=by, reason=reason, before=before)
    return held


@transaction.atomic
def reopen(user: User, *, by: User, reason: str) -> User:
    """Open a closed account again and let live rights be what the archive says, no more and no less.

    Raises Refused without the right, without a reason, and for an account that is open. 依据：石9。
    """
    require(by, "people.manage")
    _lock(user)
    _expire(Grant.objects.overdue().filter(user=user))
    user = reopen_account(user, by=by, reason=reason)
    projection.project(user)
    return user


@transaction.atomic
def reset_password(user: User, *, by: User) -> str:
    """Give a person a random new password, tell them who did it, and return it: it is kept nowhere else.

    Raises Refused without the right, and where `people.actions.set_password` does. 依据：石10。
    """
    require(by, "people.manage")
    password = new_password()
    user = set_password(user, password=password, by=by)
    notify(
        [user],
        topic="access",
        title=f"{by}重新设定了您的登录密码",
        body="请向办理人取得新密码，登录后立即更改。如不是您要求的，请马上告知商务信息处。",
        url="/admin/account/",
        key=f"password:{now().isoformat()}",
    )
    return password


@transaction.atomic
def expire() -> list[GrantChange]:
    """Let dates do what they say: close grants whose last day is over, bring into force those whose first day came.

    Catches up after any gap, does nothing twice, and returns what it did. It is no repair: a right that was taken away
    or slipped in by hand stays as it is and is reported by `differences`. 依据：石9。
    """
    return [*_expire(Grant.objects.overdue()), *_begin()]


def _expire(overdue: QuerySet[Grant]) -> list[GrantChange]:
    done = []
    for held in overdue.select_related("user").order_by("pk"):
        _lock(held.user)
        before = snapshot(held)
        if Grant.objects.overdue().filter(pk=held.pk).update(state=Grant.State.EXPIRED):
            held.refresh_from_db()
            projection.project(held.user)
            done.append(_change(held, GrantChange.Verb.EXPIRE, by=system_user(), reason="终止日期已过", before=before))
    return done


def _begin() -> list[GrantChange]:
    """Approved ahead of their first day, and that day has come."""
    ahead = GrantChange.objects.annotate(day=TruncDate("at")).filter(verb=GrantChange.Verb.GRANT, day__lt=F("grant__starts_on"))
    waiting = Grant.objects.in_force().filter(pk__in=ahead.values("grant"))
    waiting = waiting.exclude(Q(changes__verb=GrantChange.Verb.BEGIN))
    done = []
    for held in waiting.select_related("user").order_by("pk"):
        _lock(held.user)
        projection.project(held.user)
        done.append(_change(held, GrantChange.Verb.BEGIN, by=system_user(), reason="起始日期已到", before=snapshot(held)))
    return done


@transaction.atomic
def check() -> list[projection.Unexplained]:
    """Compare live rights with the archive, after the dates had their say; alarm on every difference, repair nothing.

    Returns the differences: those who manage the archive are told once a day, and each stands in the log.
    依据：石9（跟踪管理）。
    """
    expire()
    found = projection.differences()
    if found:
        lines = [str(item) for item in found]
        notify(
            holders("access.manage"),
            topic="alarm",
            title=f"实际权限与权限档案有 {len(found)} 处不符",
            body="\n".join(lines),
            url="/admin/grants/",
            key=f"rights:{today():%Y-%m-%d}",
        )
        for item in found:
            record("access.difference", item.user, by=system_user(), data={"what": item.what})
    return found


def snapshot(held: Grant) -> dict[str, Any]:
    """Return the grant's values as plain JSON, for the change log."""
    return {
        "state": held.state,
        "role": held.role,
        "page": held.page_id,
        "starts_on": held.starts_on.isoformat(),
        "ends_on": held.ends_on.isoformat() if held.ends_on else None,
    }


def _change(held: Grant, verb: str, *, by: User, reason: str, before: dict[str, Any]) -> GrantChange:
    after = snapshot(held)
    change = GrantChange.objects.create(
        grant=held, verb=verb, at=now(), by=by, reason=reason.strip(), before=before, after=after
    )
    record(f"access.{verb}", held, by=by, data={"before": before, "after": after, "reason": reason.strip()})
    return change
