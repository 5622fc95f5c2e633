"""Which role gives which rights: the one table, pure data."""

from wangqun.access.models import Role

RIGHTS: dict[str, frozenset[str]] = {
    Role.EDITOR: frozenset({"articles.write", "sharing.submit", "reminders.confirm"}),
    Role.DIVISION_REVIEWER: frozenset({"reviews.department", "screening.justify", "reminders.confirm", "publication.withdraw"}),
    Role.LEADER: frozenset({"reviews.leader"}),
    Role.OFFICE_REVIEWER: frozenset(
        {"reviews.centre", "screening.justify", "publication.withdraw", "publication.structure", "sharing.receive"}
    ),
    Role.SITE_ADMINISTRATOR: frozenset({"websites.manage", "columns.manage", "publication.structure"}),
    Role.OFFICE_SUPERVISOR: frozenset(
        {
            "access.manage",
            "people.manage",
            "websites.register",
            "websites.manage",
            "columns.manage",
            "workdays.manage",
            "reminders.manage",
            "assessment.manage",
            "articles.sources",
            "languages.words",
            "publication.records",
        }
    ),
    Role.AUDITOR: frozenset({"audit.read", "publication.records", "access.read"}),
}

RIGHT_NAMES: dict[str, str] = {
    "access.manage": "批准、调整、暂停、恢复和注销他人的权限",
    "access.read": "查看权限档案",
    "articles.sources": "登记转载来源",
    "articles.write": "撰写和修改稿件、提交审核",
    "assessment.manage": "办理月度考核",
    "audit.read": "查看和导出操作日志",
    "columns.manage": "设立栏目、明确栏目责任",
    "languages.words": "登记繁体专名",
    "people.manage": "登记单位和人员",
    "publication.records": "查看全部发布备案",
    "publication.structure": "公开网站首页和栏目",
    "publication.withdraw": "撤下已发布的稿件",
    "reminders.confirm": "签收提醒单",
    "reminders.manage": "办理提醒督办",
    "reviews.centre": "终审稿件",
    "reviews.department": "初审稿件",
    "reviews.leader": "复审重要敏感稿件",
    "screening.justify": "对内容检查的提示作出说明",
    "sharing.receive": "采用或不采用下级报送的稿件",
    "sharing.submit": "向上级网站报送稿件",
    "websites.manage": "维护网站",
    "websites.register": "网站准入、开通和登记",
    "workdays.manage": "导入工作日历",
}
"""What each right lets a person do, as the request form and the card say it."""


def roles_with(right: str) -> list[str]:
    """Return the roles that give `right`; raises KeyError for a right that no role gives, a slip of the pen."""
    found = [role for role, rights in RIGHTS.items() if right in rights]
    if not found:
        raise KeyError(right)
    return found


def in_words(role: str) -> str:
    """Return in plain Chinese what `role` lets a person do."""
    return "；".join(RIGHT_NAMES[right] for right in sorted(RIGHTS[role])) + "。"
