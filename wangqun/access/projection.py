"""Grants projected onto Wagtail's groups, and the check that nothing else gives anybody a right.

Wagtail reads groups; only this file writes them. Nobody ever receives Wagtail's `publish`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from wangqun.access.models import Grant, Role, ScopeCollection
from wangqun.base.tree_paths import paths_above
from wangqun.people.models import User

STAFF_GROUP = "权限:后台"
STAFF_PERMISSION = ("wagtailadmin", "access_admin")
PAGE_PERMISSIONS: dict[str, list[str]] = {Role.EDITOR: ["add_page", "change_page"]}
COLLECTION_PERMISSIONS: dict[str, list[tuple[str, str]]] = {
    Role.EDITOR: [
        ("wagtailimages", "add_image"),
        ("wagtailimages", "choose_image"),
        ("wagtaildocs", "add_document"),
        ("wagtaildocs", "choose_document"),
    ],
}


def bind_collection(page: Page, name: str) -> ScopeCollection:
    """Make the library of the site whose root is `page`, where it has none yet; those who edit there may use it at once."""
    existing = ScopeCollection.objects.filter(page=page).first()
    if existing:
        return existing
    collection = Collection.get_first_root_node().add_child(name=name)
    bound = ScopeCollection.objects.create(page=page, collection=collection)
    for held in Grant.objects.filter(page__path__startswith=page.path).select_related("page"):
        if group := Group.objects.filter(name=group_name(held.role, held.page)).first():
            _open_library(group, held.role, held.page)
    return bound


def project(user: User) -> None:
    """Give `user` exactly the groups that the grants in force explain.

    The number of queries does not grow with the number of grants, but for a group that is needed for the first time.
    """
    wanted = group_names(user)
    names = {group_name(role, page) for role, page in wanted} | ({STAFF_GROUP} if wanted else set())
    groups = {group.name: group for group in Group.objects.filter(name__in=names)}
    for role, page in wanted:
        if group_name(role, page) not in groups:
            groups[group_name(role, page)] = _make_group(role, page)
    if wanted and STAFF_GROUP not in groups:
        groups[STAFF_GROUP] = _make_staff_group()
    user.groups.set(groups.values())


def group_names(user: User) -> list[tuple[str, Page | None]]:
    """Return the (role, scope) pairs that the grants in force of `user` explain."""
    if not user.is_active:
        return []
    return [(held.role, held.page) for held in Grant.objects.in_force().filter(user=user).select_related("page").order_by("id")]


def group_name(role: str, page: Page | None) -> str:
    """Return the name of the group that stands for `role` within `page`."""
    return _name(role, page.pk if page is not None else None)


def _name(role: str, page_id: int | None) -> str:
    return f"权限:{role}:{page_id or '全部'}"


def _make_staff_group() -> Group:
    group, _created = Group.objects.get_or_create(name=STAFF_GROUP)
    app, codename = STAFF_PERMISSION
    group.permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return group


def _make_group(role: str, page: Page | None) -> Group:
    group, created = Group.objects.get_or_create(name=group_name(role, page))
    if created:
        scope = page or Page.get_first_root_node()
        for codename in PAGE_PERMISSIONS.get(role, []):
            permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
            GroupPagePermission.objects.create(group=group, page=scope, permission=permission)
        _open_library(group, role, page)
    return group


def _open_library(group: Group, role: str, page: Page | None) -> None:
    """Let the group use the library of its scope, where there is one."""
    library = _library(page)
    for app, codename in COLLECTION_PERMISSIONS.get(role, []):
        permission = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
        if permission and library:
            GroupCollectionPermission.objects.get_or_create(group=group, collection=library, permission=permission)


def _library(page: Page | None) -> Collection | None:
    """Return the library of the site that holds `page`; the common root where the scope is the whole group."""
    if page is None:
        return Collection.get_first_root_node()
    above = paths_above(page.path)
    bound = ScopeCollection.objects.filter(page__path__in=above).select_related("collection").order_by("-page__depth").first()
    return bound.collection if bound else None


@dataclass(frozen=True)
class Unexplained:
    """A live right that no grant explains, or a grant that gives no live right."""

    user: User | None
    what: str

    def __str__(self) -> str:
        return f"{self.user}：{self.what}" if self.user else self.what


def differences() -> list[Unexplained]:
    """Compare live rights with the archive and return what differs; repairs nothing. 依据：石9（跟踪管理）。"""
    return [*_people_differ(), *_groups_differ()]


def _people_differ() -> Iterable[Unexplained]:
    """Who is in a group that no grant explains, lacks one, or holds something directly."""
    explained: dict[int, set[str]] = defaultdict(set)
    for user_id, role, page_id in Grant.objects.in_force().values_list("user_id", "role", "page_id"):
        explained[user_id] |= {_name(role, page_id), STAFF_GROUP}
    for user in User.objects.prefetch_related("groups", "user_permissions").order_by("pk"):
        live = {group.name for group in user.groups.all()}
        due = explained[user.pk] if user.is_active and not user.is_system else set()
        yield from (Unexplained(user, f"有组“{name}”而档案中没有") for name in sorted(live - due))
        yield from (Unexplained(user, f"档案中有“{name}”而未生效") for name in sorted(due - live))
        yield from (Unexplained(user, f"直接持有权限“{permission.name}”") for permission in user.user_permissions.all())
        if user.is_superuser:
            yield Unexplained(user, "是超级用户")
        if user.is_system and (user.is_active or user.has_usable_password()):
            yield Unexplained(user, "代表系统自身，却可以登录")


def _groups_differ() -> Iterable[Unexplained]:
    """Which group holds more, or less, than its name says."""
    held: dict[str, set[str]] = {name: set() for name in Group.objects.values_list("name", flat=True)}
    due: dict[str, set[str]] = defaultdict(set)
    due[STAFF_GROUP] = {_plain(*STAFF_PERMISSION)}
    for name, app, codename in Group.objects.filter(permissions__isnull=False).values_list(
        "name", "permissions__content_type__app_label", "permissions__codename"
    ):
        held[name].add(_plain(app, codename))
    pages = GroupPagePermission.objects.values_list("group__name", "permission__codename", "page_id")
    for name, codename, page_id in pages:
        held[name].add(_on_page(codename, page_id))
    collections = GroupCollectionPermission.objects.values_list(
        "group__name", "permission__content_type__app_label", "permission__codename", "collection_id"
    )
    for name, app, codename, collection_id in collections:
        held[name].add(_in_library(app, codename, collection_id))
    for role, page in _scopes():
        due[group_name(role, page)] = _due(role, page)
    for name in sorted(held):
        yield from (Unexplained(None, f"组“{name}”多出{what}") for what in sorted(held[name] - due[name]))
        yield from (Unexplained(None, f"组“{name}”缺少{what}") for what in sorted(due[name] - held[name]))


def _scopes() -> list[tuple[str, Page | None]]:
    """Return every (role, scope) that a grant ever named, once."""
    pairs = set(Grant.objects.values_list("role", "page_id"))
    pages = Page.objects.in_bulk([page_id for _role, page_id in pairs if page_id])
    return [(role, pages[page_id] if page_id else None) for role, page_id in pairs]


def _due(role: str, page: Page | None) -> set[str]:
    """Return what the group of `role` within `page` must hold, in words."""
    scope = page or Page.get_first_root_node()
    found = {_on_page(codename, scope.pk) for codename in PAGE_PERMISSIONS.get(role, [])}
    if role in COLLECTION_PERMISSIONS and (library := _library(page)):
        found |= {_in_library(app, codename, library.pk) for app, codename in COLLECTION_PERMISSIONS[role]}
    return found


def _plain(app: str, codename: str) -> str:
    return f"权限“{app}.{codename}”"


def _on_page(codename: str, page_id: int) -> str:
    return f"页面 {page_id} 的权限“{codename}”"


def _in_library(app: str, codename: str, collection_id: int) -> str:
    return f"资料库 {collection_id} 的权限“{app}.{codename}”"
