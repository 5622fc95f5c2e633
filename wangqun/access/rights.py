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
            "publication.records",
        }
    ),
    Role.AUDITOR: frozenset({"audit.read", "publication.records", "access.read"}),
}


def roles_with(right: str) -> list[str]:
    """Return the roles that give `right`; raises KeyError for a right that no role gives, a slip of the pen."""
    found = [role for role, rights in RIGHTS.items() if right in rights]
    if not found:
        raise KeyError(right)
    return found
