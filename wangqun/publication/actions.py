"""The verbs of publication: release, withdraw, order. A page is public because a Release row covers it.

依据：沪22(信息发布备案)、石21(终审)、沪27(安全发布)。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import Page, Revision, WorkflowState

from wangqun.access.actions import require
from wangqun.articles import effective
from wangqun.articles.models import ArticlePage
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.middleware import current_address
from wangqun.base.moments import now, today
from wangqun.base.tree_paths import paths_above
from wangqun.columns import actions as columns
from wangqun.columns import changes
from wangqun.columns.lists import first_paths, list_path
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.languages.known import TRADITIONAL, written
from wangqun.people.actions import system_user
from wangqun.people.models import User
from wangqun.publication import dependents
from wangqun.publication.models import Rebuild, Release, RenderOrder
from wangqun.screening.actions import latest as latest_examination
from wangqun.screening.models import Examination
from wangqun.sharing import actions as sharing
from wangqun.websites.content import content_hash
from wangqun.websites.models import Website

LEVELS = ["department", "leader", "centre"]


@dataclass(frozen=True)
class Signed:
    """A text that may be released: exactly this content was signed at every needed level and passed the machine."""

    page: Page
    revision: Revision
    content_hash: str
    approvers: list[dict[str, Any]]
    examination: Examination


@transaction.atomic
def release(workflow_state: WorkflowState, *, by: User) -> Release:
    """Release the revision that a finished review approved: make it live, write the record, order its files.

    Raises Refused unless people signed exactly this content at every needed level, none of them its author and all distinct.
    依据：石14、石21、沪22。
    """
    found = signed(workflow_state)
    _publish(found.revision, by=by)
    return write_release(
        found.page.pk,
        found.revision,
        found.content_hash,
        by=by,
        author=workflow_state.requested_by,
        approvers=found.approvers,
        examination=found.examination,
        workflow_state=workflow_state,
    )


def signed(workflow_state: WorkflowState) -> Signed:
    """Lock the page and return what people signed of its newest revision, checked anew; raises Refused as `release` does."""
    page = Page.objects.select_for_update().get(pk=workflow_state.object_id).specific
    revision = page.get_latest_revision()
    digest = content_hash(revision)
    approvers = _approvers(workflow_state, revision, digest)
    examination = latest_examination(revision)
    if examination is None or examination.content_hash != digest or not examination.is_passed:
        raise Refused("稿件未通过机器检查，不能发布，请重新提交审核。")
    return Signed(page, revision, digest, approvers, examination)


@transaction.atomic
def release_structure(page: Page, *, by: User, reason: str) -> Release:
    """Release a home page or a column, whose newest revision holds titles and settings only. Never an article. 依据：沪22。"""
    require(by, "publication.structure", page)
    page = Page.objects.select_for_update().get(pk=page.pk).specific
    if isinstance(page, ArticlePage):
        raise Refused("稿件须经审核流程发布，不能直接公开。")
    revision = page.get_latest_revision() or page.save_revision(user=by)
    _publish(revision, by=by)
    return write_release(
        page.pk, revision, content_hash(revision), by=by, author=by, approvers=[], kind=Release.Kind.STRUCTURE, note=reason
    )


@transaction.atomic
def withdraw(page: Page, *, by: User, reason: str, note: str = "") -> Release:
    """Withdraw a released article and every copy of it: 410 with a notice at its address, out of all lists. 依据：沪22、石14。

    `reason` is a Release.WithdrawalReason; `note` one sentence for readers. Raises Refused where it is not public.
    """
    require(by, "publication.withdraw", page)
    return _withdraw(page, by=by, reason=reason, note=note)


def _withdraw(page: Page, *, by: User, reason: str, note: str) -> Release:
    page = Page.objects.select_for_update().get(pk=page.pk).specific
    if not isinstance(page, ArticlePage):
        raise Refused("只有稿件可以撤下；栏目和网站请在网站登记中办理。")
    if reason not in Release.WithdrawalReason.values:
        raise Refused("请选择撤下的原因。")
    last = newest_release(page)
    if last is None or last.kind == Release.Kind.WITHDRAWAL:
        raise Refused("此稿没有公开，不需要撤下。")
    state = page.current_workflow_state
    if state is not None:
        state.cancel(user=by)
    Page.objects.filter(pk=page.pk).update(live=False, has_unpublished_changes=True, live_revision=None)
    touched = dependents.sources_of(page)
    columns.hide(page)
    made = Release.objects.create(
        **_values(page, by=by), kind=Release.Kind.WITHDRAWAL, revision_id=last.revision_id, content_hash=last.content_hash,
        published_at=last.published_at, approvers=[], withdrawal_reason=reason, note=note.strip(), author_id=last.author_id,
    )  # fmt: skip
    order(page, touched, reason=f"撤下：{made.title}", by=by)
    _order_translations(page, last.column, reason=f"撤下：{made.title}")
    followers = [] if page.translation_of_id else list(page.translations.all())
    for copy in [*followers, *sharing.copies_of(page)]:
        if may_follow(copy):
            _withdraw(copy, by=system_user(), reason=Release.WithdrawalReason.SOURCE_WITHDRAWN, note=note)
    record("publication.withdraw", made, by=by, data={"page": page.pk, "reason": reason, "note": note.strip()})
    return made


def may_follow(copy: ArticlePage) -> bool:
    """Return whether `copy` is public now and so must follow its source's withdrawal."""
    last = newest_release(copy)
    return last is not None and last.kind != Release.Kind.WITHDRAWAL


def newest_release(page: Page) -> Release | None:
    """Return the newest release record of `page`: a withdrawal means that it is not public."""
    return Release.objects.filter(page_id=page.pk).order_by("-number").first()


def is_public(page: Page) -> bool:
    """Return whether the newest record of `page` is a release."""
    last = newest_release(page)
    return last is not None and last.kind != Release.Kind.WITHDRAWAL


def _approvers(workflow_state: WorkflowState, revision: Revision, digest: str) -> list[dict[str, Any]]:
    """Return who signed exactly this content, checked anew: every needed level, no author, nobody twice."""
    signings = list(
        workflow_state.signings.filter(revision=revision, decision="approve", content_hash=digest)
        .exclude(level="machine")
        .select_related("by")
        .order_by("id")
    )
    skipped = set(workflow_state.signings.filter(revision=revision, decision="skip").values_list("level", flat=True))
    missing = [level for level in LEVELS if level not in skipped and level not in {item.level for item in signings}]
    if missing:
        raise Refused("审核签署不全，不能发布，请重新提交审核。")
    people = [item.by_id for item in signings]
    if len(set(people)) != len(people) or workflow_state.requested_by_id in people:
        raise Refused("同一人不能既写又审，也不能签署两级，请由其他人员审核。")
    return [{"level": item.level, "user": item.by_id, "name": str(item.by), "at": item.at.isoformat()} for item in signings]


def _publish(revision: Revision, *, by: User) -> None:
    """Make the revision live now. The only call of Wagtail's publish; nobody holds its permission."""
    action = PublishPageRevisionAction(revision, user=by, log_action=True)
    action.object.go_live_at = None  # scheduling.py did the waiting; Wagtail would put it off by itself, without a record
    action.execute(skip_permission_checks=True)


def _values(page: Page, *, by: User) -> dict[str, Any]:
    """Return what every record says of its page."""
    number = (Release.objects.filter(page_id=page.pk).aggregate(last=Max("number"))["last"] or 0) + 1
    column = ColumnPage.objects.filter(path__in=paths_above(page.path)).order_by("-depth").first()
    duty = column.duty_on(today()) if column else None
    website = Website.objects.of_page(page)
    if website is None:
        raise Refused("此页面不在任何网站之内，不能发布。")
    return {
        "page_id": page.pk,
        "number": number,
        "title": page.title,
        "address": page.public_path,
        "website": website,
        "column": column,
        "organisation": duty.organisation if duty else website.organisation,
        "released_at": now(),
        "released_by": by,
        "source_address": current_address(),
    }


def write_release(
    page_id: int,
    revision: Revision,
    digest: str,
    *,
    by: User,
    author: User | None,
    approvers: list[dict[str, Any]],
    **details: Any,
) -> Release:
    """Write the record of what is live now, and everything that follows from it: lists, files, clocks, copies. 依据：沪22。"""
    page = Page.objects.get(pk=page_id).specific
    previous = Release.objects.filter(page_id=page_id).order_by("number").first()
    published_at = previous.published_at if previous else now()
    if page.first_published_at != published_at:
        Page.objects.filter(pk=page_id).update(first_published_at=published_at)
        page.first_published_at = published_at
    if isinstance(page, ArticlePage):
        details.setdefault("kind", Release.Kind.CORRECTION if previous else Release.Kind.FIRST)
        details.setdefault("note", page.correction_note)
        details |= {"is_reprint": page.is_reprint, "is_submitted": page.submitted_from_id is not None}
    details.setdefault("kind", Release.Kind.STRUCTURE)
    values = _values(page, by=by)
    made = Release.objects.create(
        **values,
        revision=revision,
        content_hash=digest,
        published_at=published_at,
        author=author,
        approvers=approvers,
        **details,
    )
    before = PublicItem.objects.filter(page_id=page_id).first()
    shown = columns.show(page, kind=_kind(page), website=values["website"], values=_item_values(page, made))
    reason = f"{made.get_kind_display()}：{made.title}"
    order(page, dependents.sources_of(page, before=before), reason=reason, by=by)
    if shown.kind == PublicItem.Kind.ARTICLE and shown.column is not None and shown.language != TRADITIONAL:
        sealed = columns.seal(shown.column, language=shown.language)
        pages = {number for last in sealed for number in (last - 1, last) if number}
        paths = [list_path(shown.column, number, shown.language) for number in sorted(pages)]
        dependents.order_files(shown.column, paths, reason=reason)
    if isinstance(page, ArticlePage):
        _order_translations(page, shown.column, reason=reason)
        if made.column is not None:
            if made.kind == Release.Kind.FIRST and page.translation_of_id is None:
                columns.note_update(made.column, by=by, at=made.released_at)
            if made.kind != Release.Kind.MOVE:  # moving is no news
                changes.settle(made.column, by=by)
        effective.settle(page, by=by)
        sharing.follow_correction(page, content_hash=digest, by=by)
    record("publication.release", made, by=by, data={"page": page_id, "revision": revision.pk, "content_hash": digest})
    return made


def _kind(page: Page) -> str:
    if isinstance(page, ArticlePage):
        return PublicItem.Kind.ARTICLE
    return PublicItem.Kind.COLUMN if isinstance(page, ColumnPage) else PublicItem.Kind.HOME


def _item_values(page: Page, made: Release) -> dict[str, Any]:
    """Return what the public lists show of a page just released."""
    parent = page.get_parent()
    column = ColumnPage.objects.filter(pk=parent.pk).first() if not page.is_root() else None
    values = {
        "column": column,
        "organisation": made.organisation,
        "address": page.public_path,
        "published_at": made.published_at,
        "updated_at": made.released_at,
    }
    return values | (page.public_item_values() if hasattr(page, "public_item_values") else {})


def order(page: Page, sources: Iterable[str], *, reason: str, by: User) -> None:
    """Order the files of `page`, and of everything that shows one of `sources`; made right after commit. 依据：沪23。"""
    dependents.order_page(page, reason=reason)
    dependents.order_sources(sources, reason=reason, by=by, but=page)


def _order_translations(page: ArticlePage, column: ColumnPage | None, *, reason: str) -> None:
    """Order the same text in its other languages, and the lists that a translation may be the first or last one on."""
    for other in page.family.filter(pk__in=PublicItem.objects.values("page_id")):
        dependents.order_page(other, reason=reason)
    if column is None or page.language not in written():
        return
    for above in ColumnPage.objects.filter(path__in=paths_above(column.path)):
        dependents.order_files(above, first_paths(above, page.language), reason=reason)
    home = page.website.site.root_page
    dependents.order_files(home, [f"{page.language}/{name}" for name in ("index.html", "feed.xml")], reason=reason)


@transaction.atomic
def rebuild(website: Website, *, by: User, reason: str) -> Rebuild:
    """Make all files of a site again, in chunks behind everything else. 依据：沪23。"""
    require(by, "publication.structure", website.site.root_page if website.site else None)
    made = dependents.start_rebuild(f"website:{website.pk}", reason=reason, by=by)
    record("publication.rebuild", made, by=by, data={"website": website.pk, "reason": reason})
    return made


def order_all(*, host: str = "", reason: str = "全站重新生成") -> int:
    """Order all files of every page that has a release record, of one host where given, in place; returns how many pages."""
    records = Release.objects.filter(website__domain=host) if host else Release.objects.all()
    pages = sorted(set(records.values_list("page_id", flat=True)))
    RenderOrder.objects.bulk_create(
        (RenderOrder(page_id=pk, priority=RenderOrder.Priority.WIDE, reason=reason[:255], ordered_at=now()) for pk in pages),
        batch_size=1000,
    )
    return len(pages)
