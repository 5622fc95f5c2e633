"""A released article moves to another column of its site. 依据：石13、石14、石21。

Wagtail's own move passes by the people of the new column and leaves the old address dead. Here the office asks, a reviewer of
the new column must have signed the text or agree to it, a record is written, and the old address leads to the new one.
"""

from django.db import transaction
from wagtail.actions.move_page import MovePageAction
from wagtail.models import Page

from wangqun.access.actions import may, require
from wangqun.articles.models import ArticlePage
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.columns.models import ColumnPage, DutyPerson, PublicItem
from wangqun.notifications.actions import notify
from wangqun.people.models import User
from wangqun.publication import actions
from wangqun.publication.models import Move, Release
from wangqun.websites.models import Website

State = Move.State
CONVERTED = "/zh-hant/"
DEEPEST = 12  # folders of an address that are looked at


@transaction.atomic
def move(article: ArticlePage, column: ColumnPage, *, by: User, reason: str) -> Move:
    """Move a released article to another column of its site: at once where one of that column's reviewers signed it.

    Else it waits until one of them agrees. Raises Refused without the right to manage both columns, for a text that is not
    public, is under review or waits, and for a column of another site or without reviewers. 依据：石13、石14。
    """
    require(by, "columns.manage", article)
    require(by, "columns.manage", column)
    if not reason.strip():
        raise Refused("请写明移动的事由。")
    page, last = _check(article, column)
    if Move.objects.waiting().filter(page=page).exists():
        raise Refused("此稿已提请移动，正等待新栏目的审核人员，不必重复办理。")
    people = reviewers(column)
    if not people:
        raise Refused(f"栏目“{column.title}”现在没有审核人员，请先明确栏目责任。")
    made = Move.objects.create(
        page=page, origin_id=page.get_parent().pk, column=column, reason=reason.strip(), asked_by=by, asked_at=now()
    )
    record("publication.ask_to_move", made, by=by, data={"page": page.pk, "column": column.pk, "reason": reason.strip()})
    signed = {item["user"] for item in last.approvers if item["level"] == "department"}
    reviewer = next((person for person in people if person.pk in signed), None)
    if reviewer is not None:
        return _perform(made, last, reviewer=reviewer, by=by, remark="已审核过此稿。", approvers=last.approvers)
    notify(
        people, topic="review", title=f"请审核移入“{column.title}”的稿件：{page.title}", body=made.reason,
        url=f"/admin/moves/inspect/{made.pk}/", key=f"move:{made.pk}",
    )  # fmt: skip
    return made


@transaction.atomic
def agree(asked: Move, *, by: User) -> Move:
    """Agree, as a reviewer of the new column, that the article stands there from now on. Never its author. 依据：石14。"""
    _require_reviewer(asked, by)
    _page, last = _check(asked.page, asked.column)
    if last.author_id == by.pk or last.revision is None or last.revision.user_id == by.pk:
        raise Refused("作者不能审核自己写的稿件，请由其他审核人员办理。")
    mine = {"level": "department", "user": by.pk, "name": str(by), "at": now().isoformat()}
    return _perform(asked, last, reviewer=by, by=by, remark="同意。", approvers=[*last.approvers, mine])


@transaction.atomic
def decline(asked: Move, *, by: User, reason: str) -> Move:
    """Leave the article where it stands: a reviewer of the new column declines, or the office takes its wish back."""
    if not may(by, "columns.manage", asked.column):
        _require_reviewer(asked, by)
    if not reason.strip():
        raise Refused("请写明不移动的原因。")
    done = _close(asked, state=State.DECLINED, decided_by=by, remark=reason.strip()[:255])
    notify(
        [asked.asked_by],
        topic="review",
        title=f"稿件未移动：{asked.page.title}",
        body=done.remark,
        key=f"move:{done.pk}:declined",
    )
    record("publication.decline_move", done, by=by, data={"page": asked.page_id, "reason": reason.strip()})
    return done


def reviewers(column: ColumnPage) -> list[User]:
    """Return who reviews for `column` today: named in its duty row, and with the right. 依据：石13。"""
    duty = column.duty_on(today())
    named = [*duty.people(DutyPerson.Role.REVIEWER), *duty.people(DutyPerson.Role.DEPUTY)] if duty else []
    return [person for person in dict.fromkeys(named) if may(person, "reviews.department", column)]


def columns_for(article: ArticlePage) -> list[ColumnPage]:
    """Return the columns to which `article` can move: the other public ones of its site, in order of the tree."""
    root = article.website.site.root_page
    public = ColumnPage.objects.descendant_of(root).filter(public_item__isnull=False)
    return list(public.exclude(pk=article.get_parent().pk).order_by("path"))


def new_address(website: Website, path: str) -> str | None:
    """Return where that stands now which stood at `path`, a page or a file beside it; None where nothing moved away."""
    prefix = CONVERTED.rstrip("/") if path.startswith(CONVERTED) else ""
    rest = path.removeprefix(prefix)
    ends = [place + 1 for place, sign in enumerate(rest[:255]) if sign == "/" and place > 0]
    folders = [rest[:end] for end in ends[:DEEPEST]] + ([] if rest.endswith("/") else [f"{rest}/"])
    records = Release.objects.filter(website=website, address__in=folders).exclude(kind=Release.Kind.STRUCTURE)
    former = records.order_by("-id").first()
    newest = actions.newest_release(former.page) if former is not None else None
    if former is None or newest is None or newest.address == former.address:
        return None
    return f"{prefix}{newest.address}{rest[len(former.address) :]}"


def _check(article: ArticlePage, column: ColumnPage) -> tuple[ArticlePage, Release]:
    """Lock the page and return it with its newest record; raises Refused for what cannot move there."""
    Page.objects.select_for_update().get(pk=article.pk)
    page = ArticlePage.objects.get(pk=article.pk)
    last = actions.newest_release(page)
    if last is None or last.kind == Release.Kind.WITHDRAWAL:
        raise Refused("此稿没有公开，请在页面列表中移动草稿。")
    if page.translation_of_id is not None:
        raise Refused("译文随原稿移动，请移动原稿。")
    if page.workflow_in_progress or page.locked:
        raise Refused("此稿正在审核或等待发布，请办结或撤回之后再移动。")
    if column.website.pk != page.website.pk:
        raise Refused("只能移到本网站的栏目；要在其他网站刊登，请办理报送。")
    if page.get_parent().pk == column.pk:
        raise Refused(f"此稿已在栏目“{column.title}”中。")
    if not PublicItem.objects.filter(page_id=column.pk).exists():
        raise Refused(f"栏目“{column.title}”没有公开，请另选栏目。")
    return page, last


def _require_reviewer(asked: Move, by: User) -> None:
    if by not in reviewers(asked.column):
        raise Refused(f"您不是栏目“{asked.column.title}”的审核人员，不能办理。")


def _perform(asked: Move, last: Release, *, reviewer: User, by: User, remark: str, approvers: list[dict[str, object]]) -> Move:
    """Move the page and its translations in the tree, each with its record, and end the waiting."""
    made = _move_one(asked.page, asked, last, by=by, approvers=approvers)
    for translation in ArticlePage.objects.filter(translation_of=asked.page_id).order_by("pk"):
        theirs = actions.newest_release(translation)
        _move_one(translation, asked, theirs, by=by, approvers=theirs.approvers if theirs else [])
    done = _close(asked, state=State.DONE, decided_by=reviewer, remark=remark, release=made)
    record("publication.move", done, by=by, data={"page": asked.page_id, "from": last.address, "to": made and made.address})
    return done


def _move_one(
    page: ArticlePage, asked: Move, last: Release | None, *, by: User, approvers: list[dict[str, object]]
) -> Release | None:
    columns = Page.objects.select_for_update().filter(pk__in=[asked.origin_id, asked.column_id]).order_by("pk")
    column = next(found for found in columns if found.pk == asked.column_id)  # as it is now: how many children, which path
    MovePageAction(page, column.specific, pos="last-child", user=by).execute(skip_permission_checks=True)
    if last is None or last.kind == Release.Kind.WITHDRAWAL or last.revision is None:
        return None
    return actions.write_release(
        page.pk, last.revision, last.content_hash, by=by, author=last.author, approvers=approvers, kind=Release.Kind.MOVE,
        examination=last.examination, workflow_state=last.workflow_state, note=asked.reason,
    )  # fmt: skip


def _close(asked: Move, **values: object) -> Move:
    """End the waiting once; whoever comes second is refused."""
    if not Move.objects.waiting().filter(pk=asked.pk).update(decided_at=now(), **values):
        asked.refresh_from_db()
        raise Refused(f"此件已办结（{asked.get_state_display()}），请刷新后再看。")
    asked.refresh_from_db()
    return asked
