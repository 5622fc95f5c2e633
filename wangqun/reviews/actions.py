"""The verbs of the review: submit, approve, send back, transfer, recall, delegate. 依据：石14、石21、沪20。"""

from datetime import date

from django.db import transaction
from wagtail.models import Page, TaskState, Workflow, WorkflowPage, WorkflowState, WorkflowTask

from wangqun.access import actions as access
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.notifications.actions import notify
from wangqun.people.models import User
from wangqun.reviews import eligibility, signing
from wangqun.reviews.models import (
    CentreReview,
    Delegation,
    DepartmentReview,
    LeaderReview,
    Level,
    MachineReview,
    Signing,
    Transfer,
)

WORKFLOW_NAME = "信息发布审核"


@transaction.atomic
def install_workflow() -> Workflow:
    """Make the one workflow of the group, bound to the root of all sites, where it is not there yet; returns it."""
    workflow, created = Workflow.objects.get_or_create(name=WORKFLOW_NAME)
    if created:
        for order, task in enumerate((MachineReview, DepartmentReview, LeaderReview, CentreReview)):
            step, _ = task.objects.get_or_create(name=str(task._meta.verbose_name))
            WorkflowTask.objects.create(workflow=workflow, task=step, sort_order=order)
    root = Page.get_first_root_node()
    WorkflowPage.objects.update_or_create(page=root, defaults={"workflow": workflow})
    Workflow.objects.exclude(pk=workflow.pk).update(active=False)
    return workflow


@transaction.atomic
def submit(page: Page, *, by: User) -> WorkflowState:
    """Submit the newest revision for review; a returned text goes on where it was returned. 依据：石14。

    Raises Refused where it is under review already, has not changed since its release, or `by` may not write there.
    """
    access.require(by, "articles.write", page)
    page = Page.objects.select_for_update().get(pk=page.pk).specific
    current = page.current_workflow_state
    if current and current.status == WorkflowState.STATUS_IN_PROGRESS:
        raise Refused("此稿正在审核中，不必重复提交。")
    if page.live and not page.has_unpublished_changes:
        raise Refused("此稿发布后没有改动，不需要再审核。")
    if current and current.status == WorkflowState.STATUS_NEEDS_CHANGES:
        current.resume(by)
        return current
    workflow = page.get_workflow()
    if workflow is None:
        raise Refused("此处没有设定审核流程，请与商务信息处联系。")
    return workflow.start(page, by)


def task_of(page: Page) -> TaskState:
    """Return the task that `page` waits for; raises Refused where it is not under review."""
    state = Page.objects.get(pk=page.pk).current_workflow_task_state
    if state is None or state.status != TaskState.STATUS_IN_PROGRESS:
        raise Refused("此稿现在不在审核中，请刷新后再看。")
    return state.specific


@transaction.atomic
def approve(task_state: TaskState, *, by: User, comment: str = "", seen_hash: str | None = None) -> Signing:
    """Sign that the text is right at this level. See `signing.sign` for what refuses it. 依据：石14、石21。"""
    return signing.sign(task_state, Signing.Decision.APPROVE, by=by, comment=comment, seen_hash=seen_hash)


@transaction.atomic
def send_back(task_state: TaskState, *, by: User, reason: str, seen_hash: str | None = None) -> Signing:
    """Return the text to its author with a reason. 依据：石14。"""
    return signing.sign(task_state, Signing.Decision.SEND_BACK, by=by, comment=reason, seen_hash=seen_hash)


@transaction.atomic
def transfer(task_state: TaskState, *, to: User, by: User, reason: str) -> Transfer:
    """Hand the task to another person who holds the right at this level. 依据：石14。"""
    task_state = TaskState.objects.select_for_update().get(pk=task_state.pk).specific
    level = task_state.task.specific.level
    page = task_state.revision.content_object
    if task_state.status != TaskState.STATUS_IN_PROGRESS:
        raise Refused("此稿的这一级审核已经办结，请刷新后再看。")
    if by not in eligibility.signers(page, level, task_state) and not access.may(by, "columns.manage", page):
        raise Refused("只有此稿的审核人员或网站管理人员可以转交。")
    if not reason.strip():
        raise Refused("请写明转交的事由。")
    if to.pk in eligibility.authors(page):
        raise Refused("不能转交给稿件的作者，请另选一人。")
    if not access.may(to, eligibility.RIGHTS[Level(level)], page):
        raise Refused(f"{to}没有{Level(level).label}的权限，请另选一人，或先办理授权。")
    moved = Transfer.objects.create(task_state_id=task_state.pk, to=to, by=by, reason=reason.strip(), at=now())
    notify(
        [to], topic="review", title=f"{by}转交您{Level(level).label}：{task_state.revision.object_str}", body=reason.strip(),
        url=f"/admin/reviews/{task_state.pk}/", key=f"transfer:{moved.pk}",
    )  # fmt: skip
    record("reviews.transfer", moved, by=by, data={"page": page.pk, "to": to.pk})
    return moved


@transaction.atomic
def recall(page: Page, *, by: User) -> None:
    """Take one's text back out of the review, to go on writing. 依据：石14。"""
    state = page.current_workflow_state
    if state is None or state.status not in {WorkflowState.STATUS_IN_PROGRESS, WorkflowState.STATUS_NEEDS_CHANGES}:
        raise Refused("此稿现在不在审核中，不需要撤回。")
    if state.requested_by_id != by.pk:
        raise Refused("只有提交审核的人可以撤回。")
    state.cancel(user=by)
    record("reviews.recall", page, by=by)


@transaction.atomic
def delegate(*, absent: User, deputy: User, starts_on: date, ends_on: date, reason: str, by: User) -> Delegation:
    """Let `deputy` review for `absent` from a day until a day, both included. 依据：石14。

    Raises Refused unless `by` is the absent person or the office, and for a period that is past or turned round.
    """
    if by.pk != absent.pk and not access.may(by, "columns.manage"):
        raise Refused("只能由本人或商务信息处登记委托。")
    if absent.pk == deputy.pk:
        raise Refused("不能委托给自己，请另选一人。")
    if not deputy.is_active:
        raise Refused(f"{deputy}的账号已停用，请另选一人。")
    if ends_on < starts_on or ends_on < today():
        raise Refused("委托的起止日期有误，请改正。")
    if not reason.strip():
        raise Refused("请写明委托的事由。")
    made = Delegation.objects.create(
        absent=absent, deputy=deputy, starts_on=starts_on, ends_on=ends_on, reason=reason.strip(), by=by
    )
    record("reviews.delegate", made, by=by)
    return made


@transaction.atomic
def end_delegation(delegation: Delegation, *, by: User) -> Delegation:
    """End a delegation before its last day: the person is back."""
    if by.pk != delegation.absent_id and not access.may(by, "columns.manage"):
        raise Refused("只能由本人或商务信息处结束委托。")
    if not Delegation.objects.filter(pk=delegation.pk, ended_at__isnull=True).update(ended_at=now()):
        raise Refused("此委托已经结束。")
    delegation.refresh_from_db()
    record("reviews.end_delegation", delegation, by=by)
    return delegation
