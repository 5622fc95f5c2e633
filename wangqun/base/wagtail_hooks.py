"""The back office, cut down to what the archive and the review allow. Every refusal names the way that is open.

Addresses are closed in base/gate.py; here are the steps behind addresses that stay open, the menus and the first page.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import ProtectedError, RestrictedError
from django.db.models.deletion import Collector
from django.http import HttpRequest, HttpResponse
from wagtail import hooks
from wagtail.admin import wagtail_hooks as stock
from wagtail.admin.action_menu import ActionMenuItem, PublishMenuItem, UnpublishMenuItem
from wagtail.admin.forms.models import WagtailAdminDraftStateFormMixin
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.account import NameEmailSettingsPanel
from wagtail.admin.views.home import LockedPagesPanel, WorkflowObjectsToModeratePanel
from wagtail.models import Page

from wangqun.base import conflict
from wangqun.base.errors import Refused

REPLACED_PANELS = (WorkflowObjectsToModeratePanel, LockedPagesPanel)
HIDDEN_SETTINGS = {"users", "groups", "sites", "workflows", "workflow-tasks", "collections", "redirects"}
HIDDEN_REPORTS = {"site-history", "aging-pages", "page-types-usage"}


def was_released(page: Page) -> bool:
    """Return whether readers ever saw `page`; its moment of first publication is written once and never taken away."""
    return page.live or page.first_published_at is not None


# --- Publishing, withdrawing, copying, moving, deleting -------------------------------------------------------------


@hooks.register("before_publish_page")
def refuse_to_publish(request: HttpRequest, page: Page) -> None:
    raise Refused("不能直接发布，请点“提交审核”，终审通过后由系统发布。")


@hooks.register("before_unpublish_page")
def refuse_to_unpublish(request: HttpRequest, page: Page) -> None:
    raise Refused("不能直接取消发布，请在“发布备案”中办理撤下。")


@hooks.register("before_copy_page")
def refuse_to_copy(request: HttpRequest, page: Page) -> None:
    raise Refused("不能复制页面，请新建稿件；要在上级网站刊登，请办理报送。")


@hooks.register("before_convert_alias_page")
def refuse_to_convert(request: HttpRequest, page: Page) -> None:
    raise Refused("本系统不用别名页面，请新建稿件。")


@hooks.register("before_move_page")
def refuse_to_move_what_was_released(request: HttpRequest, page: Page, destination: Page) -> None:
    if was_released(page) or page.get_descendants().filter(first_published_at__isnull=False).exists():
        raise Refused("已发布过的页面不能在此移动；稿件请由商务信息处在“发布备案”中办理“移动栏目”，旧地址会自动转到新地址。")
    if page.workflow_in_progress or page.locked:
        raise Refused("此稿正在审核或等待发布，不能移动，请先撤回送审或撤回定时。")


@hooks.register("before_delete_page")
def refuse_to_delete_what_must_be_kept(request: HttpRequest, page: Page) -> None:
    if was_released(page) or page.get_descendants().filter(first_published_at__isnull=False).exists():
        raise Refused("已发布过的页面不能删除，请在“发布备案”中办理撤下。")
    if page.workflow_states.exists():
        raise Refused("此稿送审过，审核记录须保留，不能删除。")
    if page.owner_id != request.user.pk:
        raise Refused("只有起草人可以删除自己的草稿。")
    try:
        Collector(using=page._state.db).collect([page.specific])
    except (ProtectedError, RestrictedError) as kept:
        raise Refused("此稿已有检查或报送记录，不能删除。") from kept


@hooks.register("before_bulk_action")
def refuse_bulk_actions_on_pages(request: HttpRequest, action: str, objects: Sequence[Any], bulk_action: Any) -> None:
    if any(isinstance(item, Page) for item in objects):
        raise Refused("页面不能批量办理，请逐件办理。")


@hooks.register("before_edit_page")
def refuse_stale_save(request: HttpRequest, page: Page) -> HttpResponse | None:
    return conflict.answer(request, page) if request.method == "POST" else None


# --- What is shown ----------------------------------------------------------------------------------------------------


@hooks.register("construct_page_action_menu", order=1000)
def hide_publishing(menu_items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]) -> None:
    menu_items[:] = [item for item in menu_items if not isinstance(item, (PublishMenuItem, UnpublishMenuItem))]


# Wagtail gives the buttons of a page's header no hook to take one away, so the buttons themselves learn when to show.
stock.PageListingCopyButton.is_shown = lambda button, user: False
stock.PageListingUnpublishButton.is_shown = lambda button, user: False
stock.PageListingSortMenuOrderButton.is_shown = lambda button, user: False
stock.PageListingMoveButton.is_shown = lambda button, user: (
    not was_released(button.page) and button.page.permissions_for_user(user).can_move()
)
stock.PageListingDeleteButton.is_shown = lambda button, user: (
    not was_released(button.page) and button.page.owner_id == user.pk and button.page.permissions_for_user(user).can_delete()
)


# The moments are fields of an article's own form; Wagtail's dialogue for them promises what only its publishers could do.
WagtailAdminDraftStateFormMixin.show_schedule_publishing_toggle = False


# Names and addresses are kept in the register of people. Wagtail's form asks for first and last name, which nobody here
# has, and would not let anybody change the password without them.
NameEmailSettingsPanel.is_active = lambda panel: False


@hooks.register("construct_settings_menu")
def hide_settings(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    menu_items[:] = [item for item in menu_items if item.name not in HIDDEN_SETTINGS]


@hooks.register("construct_reports_menu")
def hide_reports(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    menu_items[:] = [item for item in menu_items if item.name not in HIDDEN_REPORTS]


@hooks.register("construct_main_menu")
def hide_help(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    """Wagtail's help leads to English pages on the internet."""
    menu_items[:] = [item for item in menu_items if item.name != "help"]


@hooks.register("construct_homepage_panels", order=1000)
def keep_useful_panels(request: HttpRequest, panels: list[Any]) -> None:
    panels[:] = [panel for panel in panels if not isinstance(panel, REPLACED_PANELS)]


@hooks.register("construct_homepage_summary_items", order=1000)
def no_summary(request: HttpRequest, items: list[Any]) -> None:
    """Counts of pages, pictures and documents help nobody to decide what to do next."""
    items[:] = []
