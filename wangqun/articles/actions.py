"""The verbs of writing: draft and revise. Nothing here is public: that takes a review and a release. 依据：石14。"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from wangqun.access.actions import require
from wangqun.articles.models import ArticleAttachment, ArticlePage
from wangqun.articles.numbering import next_slug
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.columns.models import ColumnPage
from wangqun.people.models import User


@transaction.atomic
def draft(
    column: ColumnPage, *, title: str, body: Any, by: User, attachments: Sequence[tuple[str, Any]] = (), **fields: Any
) -> ArticlePage:
    """Begin an article in `column` as a draft with its first revision.

    `body` is stream data: a list of (block type, value); `attachments` a list of (title, document); `fields` other fields
    of the article. Raises Refused without the right to write there or without a title. 依据：石14。
    """
    require(by, "articles.write", column)
    if not title.strip():
        raise Refused("请填写标题。")
    article = ArticlePage(title=title.strip(), slug=next_slug(), live=False, owner=by, body=body, **fields)
    article.attachments = [ArticleAttachment(title=name, document=document) for name, document in attachments]  # type: ignore[misc]
    column.add_child(instance=article)
    article.save_revision(user=by, log_action=True)
    record("articles.draft", article, by=by)
    return article


@transaction.atomic
def revise(article: ArticlePage, *, by: User, base_revision: int, **changes: Any) -> ArticlePage:
    """Save changed fields as a new revision.

    `base_revision` is the key of the revision that the person was looking at. Raises Refused where somebody saved a newer one
    meanwhile, while the text is under review, or without the right to write there. 依据：石14。
    """
    require(by, "articles.write", article)
    locked = ArticlePage.objects.select_for_update().get(pk=article.pk)
    if locked.latest_revision_id != base_revision:
        raise Refused("此稿已被他人修改，请先查看改动，再合并您的内容。")
    if locked.workflow_in_progress:
        raise Refused("此稿正在审核中，不能修改；如需修改，请先撤回。")
    page = locked.get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision(user=by, log_action=True)
    record("articles.revise", page, by=by)
    return page
