"""Where Wagtail's workflow ends and a release begins. Wagtail imports this while its models load, hence the late import."""

from typing import Any


def release_workflow_state(workflow_state: Any, user: Any = None) -> None:
    """Release the revision that this finished workflow approved, or let it wait. Set as WAGTAIL_FINISH_WORKFLOW_ACTION."""
    from wangqun.publication.scheduling import settle  # noqa: PLC0415 - Wagtail imports this module before apps are ready

    settle(workflow_state, by=user)
