"""The four Wagtail tasks. The machine is the first reviewer; people are computed from the duty rows of the day."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from wagtail.models import Page, Task, TaskState, WorkflowState

from wangqun.people.models import User
from wangqun.reviews import eligibility, signing
from wangqun.reviews.models.records import Level, Signing


class ReviewTask(Task):
    """What the tasks share: the text is frozen while it is under review, and people sign through `signing.sign`."""

    level: ClassVar[str]

    class Meta:
        abstract = True

    @classmethod
    def get_description(cls) -> str:
        return str(cls._meta.verbose_name)

    def locked_for_user(self, obj: Page, user: User) -> bool:
        """Nobody edits a text under review; a reviewer returns it instead."""
        return True

    def user_can_access_editor(self, obj: Page, user: User) -> bool:
        return user in eligibility.signers(obj, self.level, obj.current_workflow_task_state)

    def is_authority_in_force(self, signing: Signing) -> bool:
        """Publication asks this through Wagtail's task when a text that waited is due; it may not import the review."""
        return eligibility.is_in_force(signing)

    def get_actions(self, obj: Page, user: User) -> list[tuple[str, str, bool]]:
        if user not in eligibility.signers(obj, self.level, obj.current_workflow_task_state):
            return []
        return [("reject", "退回修改", True), ("approve", "审核通过", True)]

    def get_task_states_user_can_moderate(self, user: User, **kwargs: Any) -> Any:
        waiting = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS).select_related("revision")
        pages = Page.objects.in_bulk([int(state.revision.object_id) for state in waiting])
        cases = [eligibility.Case(pages[int(state.revision.object_id)], self.level, state) for state in waiting]
        judged = zip(cases, eligibility.judge(cases), strict=True)
        return TaskState.objects.filter(pk__in=[case.task_state.pk for case, eligible in judged if user in eligible.signers])

    def on_action(self, task_state: TaskState, user: User, action_name: str, **kwargs: Any) -> None:
        decision = {"approve": Signing.Decision.APPROVE, "reject": Signing.Decision.SEND_BACK}.get(action_name)
        if decision is None:
            raise PermissionDenied
        signing.sign(task_state, decision, by=user, comment=kwargs.get("comment", ""))


class MachineReview(ReviewTask):
    """机器检查: runs the checks and settles itself at once. 依据：石21、沪10。"""

    level = Level.MACHINE

    class Meta:
        verbose_name = verbose_name_plural = "机器检查"

    def start(self, workflow_state: WorkflowState, user: User | None = None) -> TaskState:
        return signing.settle_by_machine(super().start(workflow_state, user=user), user=user)


class PersonReview(ReviewTask):
    """A task of people. A returned text resumes where it was returned, so the machine looks at the new text first."""

    class Meta:
        abstract = True

    def start(self, workflow_state: WorkflowState, user: User | None = None) -> TaskState:
        if not signing.machine_has_passed(workflow_state):
            machine = MachineReview.objects.get(workflow_tasks__workflow=workflow_state.workflow)
            return machine.start(workflow_state, user=user)
        state = super().start(workflow_state, user=user)
        if self.is_needed(state):
            return signing.open_task(state, self.level)
        return signing.skip(state, self.level)

    def is_needed(self, task_state: TaskState) -> bool:
        return True


class DepartmentReview(PersonReview):
    """处室初审: truth and reliability, by the head of the column's organisation. 依据：石14。"""

    level = Level.DEPARTMENT

    class Meta:
        verbose_name = verbose_name_plural = "处室初审"


class LeaderReview(PersonReview):
    """主管领导复审: only for sensitive or wide-reaching items. 依据：石21。"""

    level = Level.LEADER

    class Meta:
        verbose_name = verbose_name_plural = "主管领导复审"

    def is_needed(self, task_state: TaskState) -> bool:
        return signing.is_sensitive(task_state.revision)


class CentreReview(PersonReview):
    """信息处终审: the final word on everything that goes public. 依据：石21。"""

    level = Level.CENTRE

    class Meta:
        verbose_name = verbose_name_plural = "信息处终审"
