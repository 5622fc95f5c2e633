"""The verbs of submitting upward: submit, accept, decline, recall; and how corrections follow. 依据：石20、沪21。

A copy is a page of its own, reviewed by the people of the column it stands in. Wagtail's aliases are not used: they go
public without any review and without a log entry.
"""

from django.db import transaction

from wangqun.access.actions import holders, require
from wangqun.articles.models import ArticleAttachment, ArticlePage
from wangqun.articles.numbering import next_slug
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.notifications.actions import notify
from wangqun.people.models import User
from wangqun.sharing.models import Submission
from wangqun.websites.content import content_hash

COPIED = (
    "title", "genre", "summary", "body", "author", "is_reprint", "source", "source_url", "document_number", "keywords",
    "cover", "cover_text", "is_sensitive", "effective_on", "validity", "correction_note",
)  # fmt: skip


@transaction.atomic
def submit_upward(source: ArticlePage, target: ColumnPage, *, by: User, note: str = "") -> Submission:
    """Submit (报送) a released article to a column of another site.

    Raises Refused where it is not public, the column takes no submissions, or it is submitted there already. 依据：沪21。
    """
    require(by, "sharing.submit", source)
    if not PublicItem.objects.filter(page_id=source.pk).exists():
        raise Refused("稿件在本站发布后才能报送，请先完成审核发布。")
    if not target.accepts_submissions:
        raise Refused(f"栏目“{target.title}”不接受报送，请另选栏目。")
    if target.website.pk == source.website.pk:
        raise Refused("不能向本站栏目报送，请选择上级网站的栏目。")
    if Submission.objects.filter(source=source, target=target, state__in=["submitted", "accepted"]).exists():
        raise Refused(f"此稿已向“{target.title}”报送，不必重复报送。")
    made = Submission.objects.create(
        source=source,
        target=target,
        organisation=source.website.organisation,
        note=note.strip(),
        submitted_by=by,
        submitted_at=now(),
    )
    notify(
        holders("sharing.receive", target), topic="sharing", title=f"{made.organisation}报送：{source.title}", body=made.note,
        url=f"/admin/submission/{made.pk}/", key=f"submission:{made.pk}",
    )  # fmt: skip
    record("sharing.submit_upward", made, by=by, data={"source": source.pk, "target": target.pk})
    return made


@transaction.atomic
def accept(submission: Submission, *, by: User) -> ArticlePage:
    """Accept a submission: a copy with its source goes into the review of the column; returns the copy. 依据：石20。"""
    target = submission.target
    require(by, "sharing.receive", target)
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    if locked.state != Submission.State.SUBMITTED:
        raise Refused(f"此件已处理（{locked.get_state_display()}），请刷新后再看。")
    source = ArticlePage.objects.get(pk=submission.source_id)
    if not PublicItem.objects.filter(page_id=source.pk).exists():
        raise Refused("原稿已撤下，不能采用。")
    copy = ArticlePage(
        slug=next_slug(),
        live=False,
        owner=submission.submitted_by,
        submitted_from=source,
        submitted_by_name=submission.organisation.name,
    )
    _take_over(copy, source)
    target.add_child(instance=copy)
    revision = copy.save_revision(user=submission.submitted_by, log_action=True)
    source_revision = source.live_revision
    Submission.objects.filter(pk=submission.pk).update(
        state=Submission.State.ACCEPTED, decided_by=by, decided_at=now(), copy=copy,
        followed_hash=content_hash(source_revision) if source_revision else "",
    )  # fmt: skip
    copy.get_workflow().start(copy, submission.submitted_by)
    record("sharing.accept", submission, by=by, data={"copy": copy.pk, "revision": revision.pk})
    return copy


@transaction.atomic
def decline(submission: Submission, *, by: User, reason: str) -> Submission:
    """Decline a submission with a reason; the submitting unit is told."""
    require(by, "sharing.receive", submission.target)
    if not reason.strip():
        raise Refused("请写明未采用的原因，以便告知报送单位。")
    _decide(submission, Submission.State.DECLINED, by=by, reason=reason)
    notify(
        [submission.submitted_by], topic="sharing", title=f"报送未采用：{submission.source.title}", body=reason.strip(),
        key=f"declined:{submission.pk}",
    )  # fmt: skip
    record("sharing.decline", submission, by=by, data={"reason": reason.strip()})
    return submission


@transaction.atomic
def recall(submission: Submission, *, by: User) -> Submission:
    """Take back a submission that was not decided yet."""
    require(by, "sharing.submit", submission.source)
    _decide(submission, Submission.State.RECALLED, by=by, reason="")
    record("sharing.recall", submission, by=by)
    return submission


def _decide(submission: Submission, state: str, *, by: User, reason: str) -> None:
    changed = Submission.objects.filter(pk=submission.pk, state=Submission.State.SUBMITTED).update(
        state=state, decided_by=by, decided_at=now(), decision_reason=reason.strip()
    )
    submission.refresh_from_db()
    if not changed:
        raise Refused(f"此件已处理（{submission.get_state_display()}），请刷新后再看。")


def copies_of(source: ArticlePage) -> list[ArticlePage]:
    """Return the copies that were taken from `source`, released or not."""
    rows = Submission.objects.filter(source=source, state=Submission.State.ACCEPTED).select_related("copy")
    return [row.copy for row in rows if row.copy is not None]


@transaction.atomic
def follow_correction(source: ArticlePage, *, content_hash: str, by: User) -> list[ArticlePage]:
    """Carry a corrected text into every copy as a new revision and put it into that column's review. 依据：石20、沪21。

    Called when `source` is released again; each copy's own reviewers see the correction before their readers do.
    """
    followed = []
    rows = Submission.objects.filter(source=source, state=Submission.State.ACCEPTED).exclude(followed_hash=content_hash)
    for row in rows.select_for_update():
        copy = ArticlePage.objects.get(pk=row.copy_id)  # type: ignore[misc]  # an accepted one has its copy
        state = copy.current_workflow_state
        if state is not None:
            state.cancel(user=by)
        draft = copy.get_latest_revision_as_object()
        _take_over(draft, source)
        draft.save_revision(user=row.submitted_by, log_action=True)
        Submission.objects.filter(pk=row.pk).update(followed_hash=content_hash)
        ArticlePage.objects.get(pk=copy.pk).get_workflow().start(ArticlePage.objects.get(pk=copy.pk), row.submitted_by)
        followed.append(copy)
    return followed


def _take_over(copy: ArticlePage, source: ArticlePage) -> None:
    """Copy what readers see from `source`; address, place and people stay the copy's own."""
    for name in COPIED:
        setattr(copy, name, getattr(source, name))
    copy.attachments.set(
        [
            ArticleAttachment(title=item.title, document=item.document, sort_order=item.sort_order)
            for item in source.attachments.all()
        ]
    )
