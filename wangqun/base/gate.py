"""Wagtail's own ways around the archive and the review: which addresses of the back office nobody may use. Pure data."""

CLOSED: dict[str, str] = {
    # Who may do what comes from the permission archive and from nothing else (石9).
    "wagtailusers_users:": "账号由“人员”办理",
    "wagtailusers_groups:": "权限由“权限档案”办理",
    "wagtailadmin_collections:": "资料库随网站设立",
    "wagtailsites:": "站点由“网站”办理",
    "wagtailadmin_workflows:": "审核流程由规定确定",
    # What is public comes from the review and from nothing else (石14、石21).
    "wagtailadmin_pages:copy": "不复制页面",
    "wagtailadmin_pages:convert_alias": "不用别名页面",
    "wagtailadmin_pages:unpublish": "撤下由“发布备案”办理",
    "wagtailadmin_pages:revisions_unschedule": "不定时发布",
    "wagtailadmin_pages:set_privacy": "公开与否由发布备案决定",
    "wagtailadmin_pages:lock": "送审即锁定",
    "wagtailadmin_pages:unlock": "送审即锁定",
    "wagtailadmin_pages:set_page_position": "次序由系统决定",
    "wagtailadmin_api:pages:action": "不经接口操作",
    "wagtailredirects:": "不设跳转",
    # Looks at everything, across all sites.
    "wagtailadmin_reports:site_history": "见“操作日志”",
    "wagtailadmin_reports:site_history_results": "见“操作日志”",
    "wagtailadmin_reports:page_types_usage": "不用",
    "wagtailadmin_reports:page_types_usage_results": "不用",
    "wagtailadmin_reports:aging_pages": "见“提醒督办”",
    "wagtailadmin_reports:aging_pages_results": "见“提醒督办”",
    "wagtailadmin_error_test": "不用",
}
"""Name of the address, or its namespace with the colon, to what stands in its place. Superusers are no exception."""

CLOSED_BULK_ACTIONS = {
    ("wagtailcore", "page"): {"delete", "move", "publish", "unpublish"},
    ("people", "user"): {"assign_role", "delete", "set_active_state"},
}


def is_closed(name: str, arguments: dict) -> bool:
    """Return whether the address named `name` (namespaces included), with these arguments, is closed to everybody."""
    if name == "wagtail_bulk_action":
        model = (arguments.get("app_label", ""), arguments.get("model_name", ""))
        return arguments.get("action") in CLOSED_BULK_ACTIONS.get(model, set())
    return name in CLOSED or any(name.startswith(closed) for closed in CLOSED if closed.endswith(":"))
