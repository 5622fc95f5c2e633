"""The verbs of organisations and people. 依据：石4-6、沪5。"""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.people.models import LeadingGroup, LeadingGroupMember, Organisation, Post, User


def system_user() -> User:
    """Return the person-like row that stands for the installation itself; it cannot sign in."""
    user, created = User.objects.get_or_create(
        username="system", defaults={"name": "系统", "is_system": True, "is_active": False}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def information_office() -> Organisation:
    """Return the office that finally approves, supervises and assesses; raises Refused where none is named. 依据：石5。"""
    found = Organisation.objects.filter(is_information_office=True).first()
    if found is None:
        raise Refused("尚未指定商务信息处，请先在单位中设定。")
    return found


@transaction.atomic
def create_organisation(*, by: User, kind: str, name: str, short_name: str, code: str, **details: Any) -> Organisation:
    """Enter an organisation in the tree. Raises Refused where name or code is taken, or for a second information office.

    依据：石4-6。
    """
    if kind != Organisation.Kind.BUREAU and details.get("parent") is None:
        raise Refused("除市局外，单位都要有上级单位，请选择上级单位。")
    if taken := Organisation.objects.filter(code=code).first() or Organisation.objects.filter(name=name).first():
        raise Refused(f"单位“{taken.name}”（{taken.code}）已经登记，请核对名称和代码。")
    _refuse_second_office(details)
    organisation = Organisation.objects.create(kind=kind, name=name, short_name=short_name, code=code, **details)
    record("people.create_organisation", organisation, by=by)
    return organisation


@transaction.atomic
def change_organisation(organisation: Organisation, *, by: User, **changes: Any) -> Organisation:
    """Change what is known of an organisation: leader, head, phones, address. 依据：石6。"""
    if not organisation.is_information_office:
        _refuse_second_office(changes)
    before = {name: _plain(getattr(organisation, name)) for name in changes}
    for name, value in changes.items():
        setattr(organisation, name, value)
    organisation.full_clean(validate_constraints=False)
    organisation.save(update_fields=list(changes))
    after = {name: _plain(value) for name, value in changes.items()}
    record("people.change_organisation", organisation, by=by, data={"before": before, "after": after})
    return organisation


@transaction.atomic
def create_person(
    *, by: User, username: str, name: str, organisation: Organisation, password: str | None = None, **details: Any
) -> User:
    """Open a named account; without a password it cannot be used until one is set.

    Raises Refused where the user name is taken, in capitals or not, and for a password that the rules do not allow.
    依据：石10。
    """
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(f"用户名“{username}”已被使用，请换一个。")
    user = User(username=username, name=name, organisation=organisation, **details)
    if password is not None:
        _check_password(password, user)
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    record("people.create_person", user, by=by)
    return user


@transaction.atomic
def appoint(user: User, *, organisation: Organisation, title: str, valid_from: date, by: User, position: int = 0) -> Post:
    """Let a person hold an office from a day on. Raises Refused where the person holds it already. 依据：石4、沪9(2)。"""
    if Post.objects.filter(user=user, organisation=organisation, title=title, valid_until__isnull=True).exists():
        raise Refused(f"{user}已任“{organisation.short_name}{title}”，不必重复登记。")
    post = Post.objects.create(user=user, organisation=organisation, title=title, valid_from=valid_from, position=position)
    record("people.appoint", post, by=by)
    return post


@transaction.atomic
def end_post(post: Post, *, until: date, by: User) -> Post:
    """Let an office end with a day, that day included. 依据：石4。

    Raises Refused for a day before its first, or where it has ended already.
    """
    if until < post.valid_from:
        raise Refused(f"终止日期早于任职的起始日期 {post.valid_from:%Y-%m-%d}，请改正。")
    if not Post.objects.filter(pk=post.pk, valid_until__isnull=True).update(valid_until=until):
        raise Refused(f"{post}的任职已经终止，请刷新后再看。")
    post.refresh_from_db()
    record("people.end_post", post, by=by, data={"until": until.isoformat()})
    return post


@transaction.atomic
def found_group(*, name: str, office: Organisation, established_on: date, by: User, duties: str = "") -> LeadingGroup:
    """Found the leading group, with its office. Raises Refused where one of that name exists. 依据：石4-5。"""
    if LeadingGroup.objects.filter(name=name).exists():
        raise Refused(f"“{name}”已经登记。")
    group = LeadingGroup.objects.create(name=name, office=office, established_on=established_on, duties=duties)
    record("people.found_group", group, by=by)
    return group


@transaction.atomic
def close_account(user: User, *, by: User, reason: str) -> User:
    """Close the account of a person who left; the row stays, so that what was signed keeps its name.

    Ends the person's sessions and live rights at once; grants stay in the archive. Raises Refused without a reason, for
    an account that is closed already, and for one's own. 依据：石9。
    """
    if not reason.strip():
        raise Refused("请写明停用账号的原因。")
    if user.pk == by.pk:
        raise Refused("不能停用自己的账号，请由其他管理人员办理。")
    if not User.objects.filter(pk=user.pk, is_active=True, is_system=False).update(is_active=False):
        raise Refused(f"{user}的账号已经停用。")
    user.refresh_from_db()
    user.groups.clear()
    record("people.close_account", user, by=by, data={"reason": reason.strip()})
    return user


@transaction.atomic
def reopen_account(user: User, *, by: User, reason: str) -> User:
    """Open a closed account again. Its live rights come back through `access.actions.reopen`, which calls this.

    Raises Refused without a reason and for an account that is open. 依据：石9。
    """
    if not reason.strip():
        raise Refused("请写明恢复账号的原因。")
    if not User.objects.filter(pk=user.pk, is_active=False, is_system=False).update(is_active=True):
        raise Refused(f"{user}的账号没有停用，不必恢复。")
    user.refresh_from_db()
    record("people.reopen_account", user, by=by, data={"reason": reason.strip()})
    return user


@transaction.atomic
def set_password(user: User, *, password: str, by: User) -> User:
    """Give a person a new password; all their sessions end, since each holds a digest of the old one.

    Raises Refused for one's own account (the account page asks for the old password), for a closed account, for those of
    the system and of superusers, and for a password that the rules do not allow. 依据：石10。
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.pk == by.pk:
        raise Refused("请在“账号”页面凭原密码更改自己的密码。")
    if user.is_system or user.is_superuser:
        raise Refused("此账号的密码不在后台设定。")
    if not user.is_active:
        raise Refused(f"{user}的账号已经停用，请先恢复账号。")
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record("people.set_password", user, by=by)
    return user


@transaction.atomic
def seat(
    group: LeadingGroup, *, seat: str, organisation: Organisation, office_held: str, user: User, valid_from: date, by: User
) -> LeadingGroupMember:
    """Seat a person in the leading group by the office held; who sat there by that office before leaves the day before.

    Raises Refused for the person who sits there already, or for a day not later than the one of the predecessor. 依据：石4-5。
    """
    before = LeadingGroupMember.objects.select_for_update().filter(
        group=group, organisation=organisation, office_held=office_held, valid_until__isnull=True
    )
    for held in before:
        if held.user_id == user.pk and held.seat == seat:
            raise Refused(f"{user}已是{held.get_seat_display()}，不必重复登记。")
        if valid_from <= held.valid_from:
            raise Refused(f"{held.user}自 {held.valid_from:%Y-%m-%d} 起担任，接任日期须晚于此日。")
    before.update(valid_until=valid_from - timedelta(days=1))
    member = LeadingGroupMember.objects.create(
        group=group, seat=seat, organisation=organisation, office_held=office_held, user=user, valid_from=valid_from
    )
    record("people.seat", member, by=by)
    return member


def _check_password(password: str, user: User) -> None:
    """Raise Refused, with every reason, for a password that the validators of the settings do not allow."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("".join(error.messages)) from error


def _refuse_second_office(values: dict[str, Any]) -> None:
    """Raise Refused where `values` would name a second information office. 依据：石5。"""
    if values.get("is_information_office") and (office := Organisation.objects.filter(is_information_office=True).first()):
        raise Refused(f"商务信息处已指定为“{office.name}”，只能有一个。")


def _plain(value: Any) -> Any:
    return value.pk if hasattr(value, "pk") else (str(value) if value is not None else None)
