"""Grants projected onto Wagtail's groups, and the check that nothing else gives anybody a right.

Wagtail reads groups; only this file writes them. Nobody ever receives Wagtail's `publish`.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from wangqun.access.models import Grant, Role, ScopeCollection
from wangqun.people.models import User

STAFF_GROUP = "权限:后台"
PAGE_PERMISSIONS = {Role.EDITOR: ["add_page", "change_page"]}
COLLECTION_PERMISSIONS = {
    Role.EDITOR: [("wagtailimages", "add_image"), ("wagtailimages", "choose_image"), ("wagtaildocs", "add_document"), ("wagtaildocs", "choose_document")],
}


def bind_collection(page: Page, name: str) -> ScopeCollection:
    """Make the library of the site whose root is `page`, where it has none yet."""
    existing = ScopeCollection.objects.filter(page=page).first()
    if existing:
        return existing
    collection = Collection.get_first_root_node().add_child(name=name)
    return ScopeCollection.objects.create(page=page, collection=collection)


def project(user: User) -> None:
    """Give `user` exactly the groups that the grants in force explain."""
    names = group_names(user)
    groups = [_group(role, page) for role, page in names]
    if groups:
        groups.append(_staff_group())
    user.groups.set(groups)


def group_names(user: User) -> list[tuple[str, Page | None]]:
    """Return the (role, scope) pairs that the grants in force of `user` explain."""
    if not user.is_active:
        return []
    return [(held.role, held.page) for held in Grant.objects.in_force().filter(user=user).select_related("page").order_by("id")]


def group_name(role: str, page: Page | None) -> str:
    """Return the name of the group that stands for `role` within `page`."""
    return f"权限:{role}:{page.pk if page is not None else '全部'}"


def _staff_group() -> Group:
    group, created = Group.objects.get_or_create(name=STAFF_GROUP)
    if created:
        group.permissions.add(Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"))
    return group


def _group(role: str, page: Page | None) -> Group:
    group, created = Group.objects.get_or_create(name=group_name(role, page))
    if not created:
        return group
    scope = page or Page.get_first_root_node()
    for codename in PAGE_PERMISSIONS.get(role, []):
        GroupPagePermission.objects.create(
            group=group, page=scope, permission=Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        )
    library = _library(page)
    for app, codename in COLLECTION_PERMISSIONS.get(role, []):
        permission = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
        if permission and library:
            GroupCollectionPermission.objects.create(group=group, collection=library, permission=permission)
    return group


def _library(page: Page | None) -> Collection | None:
    """Return the library of the site that holds `page`; the common root where the scope is the whole group."""
    if page is None:
        return Collection.get_first_root_node()
    above = [page.path[:end] for end in range(4, len(page.path) + 1, 4)]
    bound = ScopeCollection.objects.filter(page__path__in=above).select_related("collection").first()
    return bound.collection if bound else None


@dataclass(frozen=True)
class Unexplained:
    """A live right that no grant explains, or a grant that gives no live right."""

    user: User | None
    what: str


def differences() -> list[Unexplained]:
    """Compare live rights with the archive and return what differs; repairs nothing. 依据:石9(跟踪管理)。"""
    found: list[Unexplained] = []
    for user in User.objects.people().prefetch_related("groups", "user_permissions").order_by("pk"):
        live = {group.name for group in user.groups.all()}
        explained = {group_name(role, page) for role, page in group_names(user)}
        if explained:
            explained.add(STAFF_GROUP)
        found += [Unexplained(user, f"有组“{name}”而档案中没有") for name in sorted(live - explained)]
        found += [Unexplained(user, f"档案中有“{name}”而未生效") for name in sorted(explained - live)]
        found += [Unexplained(user, f"直接持有权限“{permission.name}”") for permission in user.user_permissions.all()]
        if user.is_superuser:
            found.append(Unexplained(user, "是超级用户"))
    publishing = GroupPagePermission.objects.filter(permission__codename__in=["publish_page", "bulk_delete_page", "lock_page", "unlock_page"])
    found += [Unexplained(None, f"组“{item.group.name}”持有“{item.permission.codename}”") for item in publishing.select_related("group", "permission")]
    return found
