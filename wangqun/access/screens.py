"""What every staff list shares: it asks the archive who may see it, and shows each person only their own scope."""

from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from wagtail.admin.menu import MenuItem
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies.base import BasePermissionPolicy
from wagtail.permissions import register_permission_policy

from wangqun.access.actions import may_somewhere, roles_somewhere
from wangqun.access.rights import roles_with
from wangqun.base.csv_text import safe
from wangqun.people.models import User


class RightMenuItem(MenuItem):
    """A menu entry for those who hold one of `rights` anywhere; what a person holds is read once for a whole page."""

    def __init__(self, label: str, url: str, *rights: str, **details: Any) -> None:
        super().__init__(label, url, **details)
        self.roles = {role for right in rights for role in roles_with(right)}

    def is_shown(self, request: Any) -> bool:
        if not hasattr(request, "roles_somewhere"):
            request.roles_somewhere = roles_somewhere(request.user)
        return not self.roles.isdisjoint(request.roles_somewhere)


class RightsPolicy(BasePermissionPolicy):
    """Answers Wagtail's questions about a model from the archive: `view` for looking, `change` for everything else."""

    def __init__(self, model: Any, view: str | None, change: str | None) -> None:
        super().__init__(model)
        self.view, self.change = view, change

    def user_has_permission(self, user: User, action: str) -> bool:
        right = self.view if action == "view" else self.change
        if action == "view" and right is None:
            return bool(user.is_active)  # every member of staff, within what `visible_to` leaves
        return right is not None and may_somewhere(user, right)

    def user_has_any_permission(self, user: User, actions: Any) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)

    def users_with_any_permission(self, actions: Any) -> QuerySet:
        return get_user_model().objects.none()


class ScopedIndexView(generic.IndexView):
    """Lists only what the model's `visible_to(user)` leaves."""

    def get_base_queryset(self) -> QuerySet:
        rows = super().get_base_queryset()
        return rows.visible_to(self.request.user) if hasattr(rows, "visible_to") else rows

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        """Exports hold text, never formulas; for .xlsx Wagtail sees to it, for .csv we do."""
        written = super().preprocess_field_value(field, value, export_format)
        return safe(written) if export_format == self.FORMAT_CSV else written


class ScopedInspectView(generic.InspectView):
    """Shows a row only to those in whose list it stands; 404 for others."""

    def get_object(self, queryset: QuerySet | None = None) -> Any:
        rows = self.model._default_manager.all()
        rows = rows.visible_to(self.request.user) if hasattr(rows, "visible_to") else rows
        return get_object_or_404(rows, pk=unquote(str(self.pk)))


class RecordViewSet(ModelViewSet):
    """A list of records: search, filter, sort, page, export, look closer. Changes go through actions, not forms.

    Set `view_right` (None: every member of staff) and, where plain forms may add, edit and delete, `change_right`.
    Pages that are not served do not exist: Wagtail's history and usage would show anybody's row, since they do not
    ask `visible_to`; forms that nobody may send are not there. A viewset that needs one of them names it in `also_served`.
    """

    ALWAYS_SERVED: ClassVar[frozenset[str]] = frozenset({"index", "index_results", "inspect"})
    FORMS: ClassVar[frozenset[str]] = frozenset({"add", "edit", "delete"})
    also_served: ClassVar[frozenset[str]] = frozenset()

    view_right: ClassVar[str | None] = None
    change_right: ClassVar[str | None] = None
    index_view_class = ScopedIndexView
    inspect_view_class = ScopedInspectView
    inspect_view_enabled = True
    copy_view_enabled = False
    add_to_reference_index = False
    add_to_admin_menu = False
    exclude_form_fields: ClassVar[list[str]] = []

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        register_permission_policy(self.model, RightsPolicy(self.model, self.view_right, self.change_right))

    @property
    def served(self) -> frozenset[str]:
        """The names of the pages that this list has."""
        return self.ALWAYS_SERVED | self.also_served | (self.FORMS if self.change_right is not None else frozenset())

    def get_urlpatterns(self) -> list[URLPattern]:
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in self.served]

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """No view links to a page that is not served."""
        gone = {f"{name}_url_name": None for name in (*self.FORMS, "history", "usage") if name not in self.served}
        return super().get_common_view_kwargs(**gone, **kwargs)

    def register_admin_url_finder(self) -> None:
        if "edit" in self.served:
            super().register_admin_url_finder()
