"""What units give the press goes to the site at the same time; the register shows what does not. 依据：石20、沪21(2)。"""

from datetime import date

from django.db import transaction

from wangqun.access.actions import may_somewhere
from wangqun.articles.models import ArticlePage
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.columns.models import PublicItem
from wangqun.people.models import Organisation, User
from wangqun.reminders.models import organisations_of
from wangqun.sharing.models import PressItem, keeps_press_register


def may_record(user: User, organisation: Organisation | None = None) -> bool:
    """Return whether `user` may keep the press register of `organisation`; of any at all where not given.

    The information office may for everybody, editors for their own organisation and those below it.
    """
    if user.is_system or keeps_press_register(user):
        return True
    if not may_somewhere(user, "sharing.submit"):
        return False
    return organisation is None or organisation.pk in organisations_of(user)


@transaction.atomic
def record_press_item(
    *, organisation: Organisation, title: str, press: str, given_on: date, by: User, article: ArticlePage | None = None
) -> PressItem:
    """Enter that `organisation` gave `title` to `press` on the day `given_on`, and which article of the site it is.

    `article` may be named later by `link_press_item`. Returns the entry. Raises Refused without the right for that
    organisation, with a day to come, an empty title or press, an abolished organisation, an article that is not the
    organisation's, and for what is entered already. 依据：石20、沪21(2)。
    """
    _require(by, organisation)
    title, press = title.strip(), press.strip()
    if not title or not press:
        raise Refused("请填写稿件标题和新闻单位。")
    if len(title) > 255 or len(press) > 128:
        raise Refused("标题不能超过 255 个字，新闻单位不能超过 128 个字，请改短。")
    if given_on > today():
        raise Refused("提供日期晚于今天，请在提供之后再登记，或改正日期。")
    if organisation.abolished_on is not None and organisation.abolished_on < given_on:
        raise Refused(f"{organisation}已撤销，请选择现在负责的单位。")
    _require_fitting(article, organisation)
    Organisation.objects.select_for_update().get(pk=organisation.pk)  # so that a second click finds the first one's row
    if PressItem.objects.filter(organisation=organisation, title=title, press=press, given_on=given_on).exists():
        raise Refused("这一稿件已经登记，不必重复登记。")
    item = PressItem.objects.create(
        organisation=organisation,
        title=title,
        press=press,
        given_on=given_on,
        article=article,
        recorded_by=by,
        recorded_at=now(),
    )
    data = {"organisation": organisation.pk, "press": press, "given_on": given_on.isoformat()}
    record("sharing.record_press_item", item, by=by, data=data | {"article": article.pk if article else None})
    return item


@transaction.atomic
def link_press_item(item: PressItem, article: ArticlePage, *, by: User) -> PressItem:
    """State that `article` is what the site shows of `item`. The day that counts is the article's, not this act's.

    Returns the entry. Raises Refused without the right, for an article that is not the organisation's, and where the
    entry already names a public article or somebody else just changed it. 依据：沪21(2)。
    """
    _require(by, item.organisation)
    _require_fitting(article, item.organisation)
    before = item.article_id
    if before == article.pk:
        raise Refused("这一稿件已经对应此稿，不必重复办理。")
    if before is not None and PublicItem.objects.filter(page_id=before).exists():
        raise Refused("这一稿件已经对应已公开的网站稿件，不能再改。")
    if not PressItem.objects.filter(pk=item.pk, article=before).update(article=article):
        raise Refused("此登记刚被他人修改，请刷新后再看。")
    item.refresh_from_db()
    record("sharing.link_press_item", item, by=by, data={"article": article.pk, "before": before})
    return item


def _require(by: User, organisation: Organisation) -> None:
    if not may_record(by, organisation):
        raise Refused(f"您不能为{organisation}登记新闻供稿，请由该单位采编人员或商务信息处办理。")


def _require_fitting(article: ArticlePage | None, organisation: Organisation) -> None:
    """Raise Refused unless `article` stands in a column or on a site of `organisation`, or was submitted by it."""
    if article is None:
        return
    column = article.column
    duty = column.duty_on(today()) if hasattr(column, "duty_on") else None
    keepers = {duty.organisation_id if duty else None, article.website.organisation_id}
    if organisation.pk not in keepers and article.submitted_by_name != organisation.name:
        raise Refused(f"稿件“{article.title}”不是{organisation}的稿件，请重新选择。")
