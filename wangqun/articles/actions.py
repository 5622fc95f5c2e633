"""The verbs of writing: draft and revise, and of the list of sources that may be reprinted. 依据：石14、石16。

Nothing here is public: that takes a review and a release.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from wangqun.access.actions import require
from wangqun.articles import effective
from wangqun.articles.models import ArticleAttachment, ArticlePage, Source
from wangqun.articles.numbering import next_slug
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.languages import traditional
from wangqun.languages.known import TRADITIONAL, chinese_name, written
from wangqun.people.models import User
from wangqun.websites.content import content_hash

DOMAIN = re.compile(r"(?=.{4,128}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_NAME, LONGEST_REMARK = 128, 255  # characters


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
    effective.keep_clock(article, by=by)
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
    if locked.locked:
        raise Refused("此稿已审核通过，正在等待发布时间，不能修改；如需修改，请先撤回定时。")
    page = locked.get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(page, name, value)
    page.save_revision(user=by, log_action=True)
    effective.keep_clock(page, by=by)
    record("articles.revise", page, by=by)
    return page


COPIED = (
    "genre", "summary", "author", "is_reprint", "source", "source_url", "document_number", "keywords", "cover", "cover_text",
    "is_sensitive", "effective_on", "validity",
)  # fmt: skip
"""What a translation takes over from its source, besides title, text and attachments."""
CONVERTED = ("summary", "author", "keywords", "cover_text")


@transaction.atomic
def translate(article: ArticlePage, *, language: str, by: User) -> ArticlePage:
    """Begin a translation of a public article into `language`, as a draft that holds the source's text to start from.

    For traditional Chinese that is the machine's conversion, to be put right by hand. The draft goes the way of every
    article; it stands at the source's address below the folder of its language. Raises Refused without the right to write
    in the column, for an article that is not public or itself a translation, and where one exists. 依据：沪15。
    """
    require(by, "articles.write", article)
    article = ArticlePage.objects.select_for_update().get(pk=article.pk)
    if article.translation_of_id is not None:
        raise Refused("这是译稿，请从简体原稿开始翻译。")
    if language not in {TRADITIONAL, *written()}:
        raise Refused("没有开设这种语言，请联系商务信息处。")
    if article.live_revision is None or not PublicItem.objects.filter(page_id=article.pk).exists():
        raise Refused("原稿公开后才能翻译。")
    if ArticlePage.objects.filter(translation_of=article, language=language).exists():
        raise Refused(f"已有{chinese_name(language)}稿，请在其上修改。")
    source = article.live_revision.as_object()
    fields = {name: getattr(source, name) for name in COPIED}
    title, body = source.title, json.dumps(source.body.get_prep_value(), ensure_ascii=False)
    attachments = [(row.title, row.document) for row in source.attachments.all()]
    if language == TRADITIONAL:
        words = traditional.converter()
        fields |= {name: words.text(fields[name]) for name in CONVERTED}
        title, body = words.text(title), traditional.convert_data(body)
        attachments = [(words.text(name), document) for name, document in attachments]
    made = draft(
        ColumnPage.objects.get(pk=article.get_parent().pk), title=title, body=body, by=by, attachments=attachments,
        language=language, translation_of=article, translated_hash=content_hash(article.live_revision), **fields,
    )  # fmt: skip
    record("articles.translate", made, by=by, data={"source": article.pk, "language": language})
    return made


@transaction.atomic
def follow_source(translation: ArticlePage, *, by: User, base_revision: int) -> ArticlePage:
    """State that a translation says what its source says now; a new draft of it, to be reviewed and released as usual.

    Raises Refused where it says so already, where the source is not public, and as `revise` does. 依据：沪15。
    """
    source = translation.translation_of
    if source is None:
        raise Refused("这不是译稿，没有原稿可以对照。")
    if source.live_revision is None:
        raise Refused("原稿没有公开，无从对照。")
    digest = content_hash(source.live_revision)
    if translation.get_latest_revision_as_object().translated_hash == digest:
        raise Refused("译稿已经对照过最新的原稿，不需要再办。")
    return revise(translation, by=by, base_revision=base_revision, translated_hash=digest)


@transaction.atomic
def save_source(*, name: str, domain: str, by: User, source: Source | None = None, remark: str = "") -> Source:
    """Enter a source of reprints, not yet approved, or change what is known of `source`.

    Another name or domain makes it another source: an approval lapses and must be given anew. `domain` may be empty, as
    for newspapers without a site. Raises Refused for a name that is taken and for what is no domain. 依据：石16。
    """
    require(by, "articles.sources")
    values = {"name": name.strip(), "domain": domain.strip().rstrip(".").lower(), "remark": remark.strip()}
    held = Source.objects.select_for_update().get(pk=source.pk) if source else Source()
    if faults := _faults_of_source(held, **values):
        raise Refused("".join(faults))
    before = {field: getattr(held, field) for field in (*values, "is_approved")} if source else {}
    is_other = (held.name, held.domain) != (values["name"], values["domain"])
    for field, value in values.items():
        setattr(held, field, value)
    if is_other:
        held.is_approved, held.approved_by = False, None
    try:
        with transaction.atomic():
            held.save()
    except IntegrityError as problem:  # somebody entered it in the same moment
        raise Refused(_taken(held.name)) from problem
    record("articles.save_source", held, by=by, data={"before": before, "after": values | {"is_approved": held.is_approved}})
    return held


@transaction.atomic
def approve_source(source: Source, *, by: User) -> Source:
    """Let texts of a source be reprinted from now on. Raises Refused where it is approved already. 依据：石16。"""
    require(by, "articles.sources")
    if not Source.objects.filter(pk=source.pk, is_approved=False).update(is_approved=True, approved_by=by):
        raise Refused(f"“{source}”已经核准，不必重复办理。")
    source.refresh_from_db()
    record("articles.approve_source", source, by=by)
    return source


@transaction.atomic
def withdraw_approval(source: Source, *, by: User, reason: str) -> Source:
    """Let no further texts of a source be reprinted; what is published stays. Raises Refused without a reason. 依据：石16。"""
    require(by, "articles.sources")
    if not reason.strip():
        raise Refused("请写明取消核准的事由。")
    if not Source.objects.filter(pk=source.pk, is_approved=True).update(is_approved=False, approved_by=None):
        raise Refused(f"“{source}”没有核准，不需要取消，请刷新后再看。")
    source.refresh_from_db()
    record("articles.withdraw_approval", source, by=by, data={"reason": reason.strip()})
    return source


def _faults_of_source(held: Source, *, name: str, domain: str, remark: str) -> list[str]:
    """Return what is wrong with the entries, in sentences."""
    found = []
    if not name or len(name) > LONGEST_NAME:
        found.append("请填写来源名称，不超过128字。")
    elif Source.objects.filter(name=name).exclude(pk=held.pk).exists():
        found.append(_taken(name))
    if domain and not DOMAIN.fullmatch(domain):
        found.append(f"“{domain}”不是域名，请填写如 hebei.gov.cn 的域名，不带“https://”和路径。")
    if len(remark) > LONGEST_REMARK:
        found.append("备注不超过255字。")
    return found


def _taken(name: str) -> str:
    return f"来源“{name}”已经登记，请在列表中查找并修改。"
