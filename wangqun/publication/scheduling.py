"""Approved texts that wait for their moment, and public texts whose time is over. 依据：石14、沪23。

Nothing waits in Wagtail: its own scheduled publishing looks at nothing again. Here a row waits, everything is asked anew
at the moment, and the release itself is `actions.release`, the same as at once. Level-triggered: what a stopped machine
missed is made up by the next run, a second run changes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from wagtail.models import Page, Revision, WorkflowState

from wangqun.access.actions import holders, may, require
from wangqun.articles.models import ArticlePage
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now
from wangqun.columns.models import PublicItem
from wangqun.notifications.actions import notify
from wangqun.people.actions import system_user
from wangqun.people.models import User
from wangqun.publication import actions
from wangqun.publication.models import Release, ScheduledRelease
from wangqun.screening import actions as screening
from wangqun.websites.models import Website

State = ScheduledRelease.State
KEPT = {ArticlePage.Genre.LAW, ArticlePage.Genre.POLICY}  # never taken down by time: readers are told that they are repealed
OPEN = {Website.State.OPEN, Website.State.BUILDING}


@dataclass
class Result:
    """What one run did."""

    released: int = 0
    refused: int = 0
    expired: int = 0


@transaction.atomic
def settle(workflow_state: WorkflowState, *, by: User) -> Release | ScheduledRelease:
    """Release what a review has just approved, or let it wait where its editor chose a later moment. 依据：石14、石21。

    Raises Refused as `actions.release` does, and where the text would be over before it is public.
    """
    page = Page.objects.select_for_update().get(pk=workflow_state.object_id)
    begins, ends = moments(page.latest_revision)
    if ends and ends <= max(now(), begins or now()):
        raise Refused(f"此稿的到期下线时间 {written(ends)} 不晚于发布时间，不能发布，请退回修改。")
    for earlier in ScheduledRelease.objects.waiting().filter(page_id=page.pk):
        _close(earlier, State.CANCELLED, outcome="已有新的审核结果代替。")
    if begins and begins > now() and not _was_used(page, begins):
        return _schedule(workflow_state, due_at=begins, by=by)
    return actions.release(workflow_state, by=by)


def _schedule(workflow_state: WorkflowState, *, due_at: datetime, by: User) -> ScheduledRelease:
    """Let an approved text wait for its moment; nobody edits it meanwhile."""
    found = actions.signed(workflow_state)
    made = ScheduledRelease.objects.create(
        page_id=found.page.pk, workflow_state=workflow_state, revision=found.revision, content_hash=found.content_hash,
        due_at=due_at, scheduled_at=now(),
    )  # fmt: skip
    _lock(found.page.pk, is_locked=True)
    record("publication.schedule", made, by=by, data={"page": found.page.pk, "due_at": due_at.isoformat()})
    return made


@transaction.atomic
def cancel(scheduled: ScheduledRelease, *, by: User, reason: str) -> ScheduledRelease:
    """撤回定时: the text becomes a draft and needs a new review. Its writers, reviewers and the office may. 依据：石14。"""
    page = _hold(scheduled)
    if not may(by, "articles.write", page):
        require(by, "publication.withdraw", page)
    if not reason.strip():
        raise Refused("请写明撤回定时的事由。")
    done = _close(scheduled, State.CANCELLED, outcome=f"{by}撤回：{reason.strip()}")
    record("publication.cancel_schedule", done, by=by, data={"page": page.pk, "reason": reason.strip()})
    return done


@transaction.atomic
def release_ahead(scheduled: ScheduledRelease, *, by: User, reason: str) -> Release:
    """提前发布: release a waiting text now, after the same checks. Only those who give the final review may. 依据：石21。"""
    page = _hold(scheduled)
    require(by, "reviews.centre", page)
    if not reason.strip():
        raise Refused("请写明提前发布的事由。")
    scheduled.refresh_from_db()
    if scheduled.state != State.WAITING:
        raise Refused(f"此稿的定时发布已办结（{scheduled.get_state_display()}），请刷新后再看。")
    if (sentence := obstacle(scheduled)) is not None:
        raise Refused(sentence)
    made = actions.release(scheduled.workflow_state, by=by)
    done = _close(scheduled, State.RELEASED, outcome=f"{by}提前发布：{reason.strip()}")
    record("publication.release_ahead", done, by=by, data={"page": page.pk, "reason": reason.strip()})
    return made


def release_due() -> Result:
    """Release what is due and still passes, refuse the rest and say so; withdraw what expired. 依据：石14、沪23。

    Each text is a transaction of its own; a fault at one does not hold up the others and is raised at the end. Safe to
    run twice at once, and after any gap.
    """
    result = Result()
    faults: list[Exception] = []
    due = list(ScheduledRelease.objects.waiting().filter(due_at__lte=now()).values_list("pk", flat=True))
    for number in due:  # before what expires: a correction that is due may have moved the expiry
        state = _attempt(_release_one, number, faults)
        result.released += state == State.RELEASED
        result.refused += state == State.REFUSED
    over = ArticlePage.objects.filter(expire_at__lte=now(), public_item__isnull=False).exclude(genre__in=KEPT)
    for number in list(over.order_by("expire_at", "pk").values_list("pk", flat=True)):
        result.expired += _attempt(expire, number, faults) is not None
    if faults:
        raise ExceptionGroup(f"{len(faults)} texts could not be handled", faults)
    return result


def _attempt(act: Callable[[int], Any], number: int, faults: list[Exception]) -> Any:
    try:
        return act(number)
    except Exception as fault:  # noqa: BLE001 - kept, and raised when the others had their turn
        faults.append(fault)
        return None


@transaction.atomic
def _release_one(number: int) -> str | None:
    """Release or refuse one waiting text that is due; returns its new state, None where another run was faster."""
    scheduled = ScheduledRelease.objects.get(pk=number)
    page = _hold(scheduled)
    scheduled.refresh_from_db()
    if scheduled.state != State.WAITING or scheduled.due_at > now():
        return None
    sentence = obstacle(scheduled)
    if sentence is None:
        try:
            with transaction.atomic():
                actions.release(scheduled.workflow_state, by=system_user())
        except Refused as refusal:
            sentence = str(refusal)
    if sentence is None:
        return _close(scheduled, State.RELEASED, outcome="按时发布。").state
    done = _close(scheduled, State.REFUSED, outcome=sentence)
    people = [page.owner, scheduled.workflow_state.requested_by, *holders("columns.manage", page)]
    notify(
        [person for person in people if person is not None], topic="review", title=f"定时发布未成：{done.revision.object_str}",
        body=sentence, url=f"/admin/scheduled/inspect/{done.pk}/", key=f"scheduled:{done.pk}",
    )  # fmt: skip
    record("publication.refuse_scheduled", done, by=system_user(), data={"page": page.pk, "reason": sentence})
    return done.state


def obstacle(scheduled: ScheduledRelease) -> str | None:
    """Return in one sentence what stands in the way of a waiting text today; None where nothing does. 依据：石14、石16、石21。

    Asks anew for the site and column, the text, the authority of those who signed, and the machine with today's dictionary.
    """
    page = ArticlePage.objects.get(pk=scheduled.page_id)
    for ask in (_of_the_place, _of_the_text, _of_the_signatures, _of_the_machine):
        if sentence := next(ask(page, scheduled), None):
            return sentence
    return None


def _of_the_place(page: ArticlePage, scheduled: ScheduledRelease) -> Iterator[str]:
    website = Website.objects.of_page(page)
    if website is None or website.state not in OPEN:
        state = website.get_state_display() if website else "不在网站群中"
        yield f"网站“{website or ''}”{state}，不能发布，请待网站恢复后重新提交审核。"
    if not PublicItem.objects.filter(page_id=page.get_parent().pk).exists():
        yield "所在栏目没有公开，不能发布，请与商务信息处联系。"


def _of_the_text(page: ArticlePage, scheduled: ScheduledRelease) -> Iterator[str]:
    if page.latest_revision_id != scheduled.revision_id:
        yield "稿件在审核通过之后有改动，不能发布，请重新提交审核。"
    withdrawn = Release.objects.filter(page_id=page.pk, kind=Release.Kind.WITHDRAWAL)
    if withdrawn.filter(released_at__gte=scheduled.scheduled_at).exists():
        yield "稿件在排定之后已撤下，不能发布，如需再发请重新提交审核。"
    source = page.submitted_from_id or page.translation_of_id
    if source and not PublicItem.objects.filter(page_id=source).exists():
        yield "原稿已撤下，不能发布。"
    _begins, ends = moments(scheduled.revision)
    if ends and ends <= now():
        yield f"到期下线时间 {written(ends)} 已过，不能发布，请修改后重新提交审核。"


def _of_the_signatures(page: ArticlePage, scheduled: ScheduledRelease) -> Iterator[str]:
    given = scheduled.workflow_state.signings.filter(revision_id=scheduled.revision_id, decision="approve")
    for signing in given.exclude(level="machine").select_related("task_state__task", "by").order_by("id"):
        if not signing.task_state.task.specific.is_authority_in_force(signing):
            yield f"{signing.get_level_display()}签署人{signing.by}现已无权审核此稿，不能发布，请重新提交审核。"


def _of_the_machine(page: ArticlePage, scheduled: ScheduledRelease) -> Iterator[str]:
    examination = screening.examine(scheduled.revision)
    for finding in examination.findings.open_obstacles():
        yield f"按现行规则检查未通过（{finding.place}：{finding.message}），请修改后重新提交审核。"
    has_leader = scheduled.workflow_state.signings.filter(
        revision_id=scheduled.revision_id, level="leader", decision="approve"
    ).exists()
    if screening.is_sensitive(examination) and not has_leader:
        yield "按现行词库属于涉及面广、敏感度高的信息，须经主管领导审核，请重新提交审核。"


@transaction.atomic
def expire(number: int) -> Release | None:
    """Withdraw a public text whose time is over, with a notice for readers; None where there is nothing to do. 依据：沪23。

    `number` is the key of the page. Laws and policies stay; their validity says what they are worth.
    """
    Page.objects.select_for_update().get(pk=number)
    article = ArticlePage.objects.get(pk=number)
    if article.expire_at is None or article.expire_at > now() or article.genre in KEPT or not actions.is_public(article):
        return None
    note = f"本稿公开至 {written(article.expire_at)}。"
    made = actions.withdraw(article, by=system_user(), reason=Release.WithdrawalReason.EXPIRED, note=note)
    Page.objects.filter(pk=number).update(expired=True)
    if article.owner is not None:
        notify(
            [article.owner], topic="publication", title=f"已到期下线：{article.title}", body=note,
            url=f"/admin/pages/{number}/edit/", key=f"expired:{made.pk}",
        )  # fmt: skip
    return made


def moments(revision: Revision) -> tuple[datetime | None, datetime | None]:
    """Return when a stored text is to become public and when it is over, as its editor chose; the page is not built."""
    begins, ends = (parse_datetime(revision.content.get(name) or "") for name in ("go_live_at", "expire_at"))
    return begins, ends


def written(moment: datetime) -> str:
    """Return a moment as people write it, in local time."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _was_used(page: Page, moment: datetime) -> bool:
    """Return whether a text of this page was released ahead of exactly this moment: corrections do not wait for it again."""
    return ScheduledRelease.objects.filter(page_id=page.pk, due_at=moment, state=State.RELEASED).exists()


def _hold(scheduled: ScheduledRelease) -> Page:
    """Lock the page of a waiting text: whoever releases, withdraws or moves it goes by the same lock."""
    return Page.objects.select_for_update().get(pk=scheduled.page_id)


def _close(scheduled: ScheduledRelease, state: str, *, outcome: str) -> ScheduledRelease:
    """End the waiting once, whoever comes second is refused; the text may be edited again."""
    waiting = ScheduledRelease.objects.waiting().filter(pk=scheduled.pk)
    if not waiting.update(state=state, outcome=outcome[:500], settled_at=now()):
        scheduled.refresh_from_db()
        raise Refused(f"此稿的定时发布已办结（{scheduled.get_state_display()}），请刷新后再看。")
    scheduled.refresh_from_db()
    _lock(scheduled.page_id, is_locked=False)
    return scheduled


def _lock(page_id: int, *, is_locked: bool) -> None:
    at = now() if is_locked else None
    Page.objects.filter(pk=page_id).update(locked=is_locked, locked_at=at, locked_by=None)
