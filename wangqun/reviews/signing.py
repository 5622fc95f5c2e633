"""Who may sign a text, and the act of signing. Tasks and actions both come here; nothing else writes a Signing.

依据：石14(责任处室负责人审核)、石21(第一责任人、主管局长、信息处终审)、沪20。
"""

from django.db import transaction
from wagtail.models import Page, Revision, TaskState, WorkflowState

from wangqun.access import actions as access
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.middleware import current_address
from wangqun.base.moments import now
from wangqun.notifications.actions import notify
from wangqun.people.actions import system_user
from wangqun.people.models import User
from wangqun.reviews.eligibility import Case, authors, judge, signers
from wangqun.reviews.models.records import Delegation, Level, Signing
from wangqun.screening import actions as screening
from wangqun.websites.content import content_hash


def is_sensitive(revision: Revision) -> bool:
    """Return whether `revision` needs the leader: marked by a person, or found by the machine. 依据：石21。"""
    examination = screening.latest(revision)
    return bool(revision.content.get("is_sensitive")) or (examination is not None and screening.is_sensitive(examination))


@transaction.atomic
def settle_by_machine(task_state: TaskState, *, user: User | None) -> TaskState:
    """Run the checks over the revision; pass it on, or send it back with the findings. 依据：石21、沪10。"""
    examination = screening.examine(task_state.revision)
    blocking = examination.findings.filter(level="blocks")
    decision = Signing.Decision.SEND_BACK if blocking else Signing.Decision.APPROVE
    comment = "；".join(f"{finding.place}：{finding.message}" for finding in blocking)[:480]
    _write(task_state, Level.MACHINE, decision, by=system_user(), comment=comment, digest=examination.content_hash)
    if blocking:
        state = task_state.reject(user=user, update=False, comment=comment)
        notify(
            User.objects.filter(pk__in=authors(task_state.revision.content_object)),
            topic="review", title=f"“{task_state.revision.object_str}”未通过机器检查", body=comment,
            url=f"/admin/pages/{task_state.revision.object_id}/edit/", key=f"review:{task_state.pk}",
        )  # fmt: skip
        return state
    return task_state.approve(user=user, update=False, comment="未发现必须修改的问题")


def machine_has_passed(workflow_state: WorkflowState) -> bool:
    """Return whether the machine has passed the newest revision within this workflow."""
    revision = workflow_state.content_object.get_latest_revision()
    return Signing.objects.filter(
        workflow_state=workflow_state, revision=revision, level=Level.MACHINE, decision=Signing.Decision.APPROVE
    ).exists()


@transaction.atomic
def open_task(task_state: TaskState, level: str) -> TaskState:
    """Tell those who may sign that a text waits for them; tell the office where nobody may. 依据：石14、石21。"""
    people = signers(task_state.revision.content_object, level, task_state)
    if people:
        title, key = f"待您{Level(level).label}：{task_state.revision.object_str}", f"review:{task_state.pk}"
    else:
        people = access.holders("columns.manage")
        title, key = (
            f"无人可作{Level(level).label}：{task_state.revision.object_str}，请调整栏目责任",
            f"orphan:{task_state.pk}",
        )
    notify(people, topic="review", title=title, url=f"/admin/reviews/{task_state.pk}/", key=key)
    return task_state


@transaction.atomic
def skip(task_state: TaskState, level: str) -> TaskState:
    """Mark a level as not needed for this text. 依据：石21。"""
    _write(task_state, level, Signing.Decision.SKIP, by=system_user(), comment="不属于涉及面广、敏感度高的信息")
    task_state.status = TaskState.STATUS_SKIPPED
    task_state.finished_at = now()
    task_state.save(update_fields=["status", "finished_at"])
    return task_state


@transaction.atomic
def sign(task_state: TaskState, decision: str, *, by: User, comment: str = "", seen_hash: str | None = None) -> Signing:
    """Approve a text or send it back, at the level that the task stands for.

    `seen_hash` is the content hash of what the reviewer looked at; the signature binds to exactly that.
    Raises Refused for the author, for someone not named, for a second signature, for a text that changed or is settled,
    for findings without a justification, and for sending back without a reason. 依据：石14、石21、沪20。
    """
    task_state = TaskState.objects.select_for_update().get(pk=task_state.pk).specific
    level = task_state.task.specific.level
    revision = task_state.revision
    page = revision.content_object
    if task_state.status != TaskState.STATUS_IN_PROGRESS:
        raise Refused("此稿的这一级审核已经办结，请刷新后再看。")
    comment = comment.strip()
    _check_person(task_state, level, page, by)
    digest = content_hash(revision)
    if not revision.is_latest_revision() or (seen_hash is not None and seen_hash != digest):
        raise Refused("稿件在您审阅之后有改动，请重新审阅后再签署。")
    if decision == Signing.Decision.SEND_BACK and not comment:
        raise Refused("请写明退回的原因，便于作者修改。")
    examination = screening.latest(revision)
    if decision == Signing.Decision.APPROVE:
        if examination is None or examination.content_hash != digest:
            examination = screening.examine(revision)
        if not examination.is_passed:
            raise Refused("尚有检查问题没有处理，请先逐条说明理由，或退回修改。")
    named = judge([Case(page, level, task_state)])[0].named
    behalf = Delegation.objects.on().filter(deputy=by, absent__in=named).first() if by not in named else None
    signing = _write(
        task_state, level, decision, by=by, comment=comment, digest=digest, on_behalf_of=behalf.absent if behalf else None
    )
    if decision == Signing.Decision.APPROVE:
        task_state.approve(user=by, comment=comment)
    else:
        task_state.reject(user=by, comment=comment)
        notify(
            User.objects.filter(pk__in=authors(page)),
            topic="review", title=f"“{revision.object_str}”被退回修改", body=f"{Level(level).label}{by}：{comment}",
            url=f"/admin/pages/{page.pk}/edit/", key=f"returned:{task_state.pk}",
        )  # fmt: skip
    return signing


def _check_person(task_state: TaskState, level: str, page: Page, by: User) -> None:
    """Raise Refused unless `by` may sign `page` at `level` now, saying which rule stands in the way."""
    if by in signers(page, level, task_state):
        return
    if by.pk in authors(page):
        raise Refused("作者不能审核自己写的稿件，请由其他审核人员办理。")
    earlier = Signing.objects.filter(revision_id=task_state.revision_id, by=by, decision=Signing.Decision.APPROVE)
    if earlier.exclude(level=Level.MACHINE).exists():
        raise Refused("同一稿件一人只能签署一级，请由其他审核人员办理。")
    raise Refused(f"您不是此稿的{Level(level).label}人员，不能签署；如需代办，请先登记委托。")


def _write(
    task_state: TaskState,
    level: str,
    decision: str,
    *,
    by: User,
    comment: str,
    digest: str | None = None,
    on_behalf_of: User | None = None,
) -> Signing:
    signing = Signing.objects.create(
        task_state_id=task_state.pk,
        workflow_state_id=task_state.workflow_state_id,
        page_id=int(task_state.revision.object_id),
        revision_id=task_state.revision_id,
        content_hash=digest or content_hash(task_state.revision),
        level=level,
        decision=decision,
        comment=comment[:500],
        by=by,
        on_behalf_of=on_behalf_of,
        at=now(),
        source_address=current_address(),
    )
    record(
        f"reviews.{decision}", signing, by=by,
        data={"page": signing.page_id, "revision": signing.revision_id, "level": level, "content_hash": signing.content_hash},
    )  # fmt: skip
    return signing
