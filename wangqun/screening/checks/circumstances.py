"""What lies outside of the text: who answers for the column, and whether a law is online in time. 依据：石13、石20、沪23。"""

from collections.abc import Iterator

from wangqun.articles.models import ArticlePage
from wangqun.base.moments import today
from wangqun.columns.models import ColumnPage, PublicItem
from wangqun.screening.checks.hit import ADVICE, BLOCKS, Hit, shown_whole
from wangqun.screening.content import Content
from wangqun.screening.words import WordLists


def check(content: Content, words: WordLists) -> Iterator[Hit]:
    """Yield a column without a responsible organisation, and a law that goes online late or says no date."""
    if not content.is_article:
        return
    page = content.page
    column = page.get_parent().specific
    if isinstance(column, ColumnPage):
        yield from _duty(column)
    if page.translation_of_id is not None:
        return  # the law is online when its own text is
    if page.genre == ArticlePage.Genre.LAW and page.effective_on is None:
        message = "法规规章没有填施行日期，系统无法督促其在施行前上网。"
        yield Hit("effective", ADVICE, "施行日期", "effective_on", message, "沪23")
    if page.genre not in (ArticlePage.Genre.LAW, ArticlePage.Genre.POLICY) or page.effective_on is None:
        return
    if page.effective_on <= today() and not PublicItem.objects.filter(page=page.pk).exists():
        message = "此件已经施行而尚未上网，法规政策应在施行前上网，请尽快发布。"  # to block it would only make it later
        yield Hit(
            "effective", ADVICE, "施行日期", "effective_on", message, "沪23", shown_whole(f"{page.effective_on:%Y-%m-%d}")
        )


def _duty(column: ColumnPage) -> Iterator[Hit]:
    duty = column.duty_on(today())
    if duty is None:
        message = "栏目没有责任单位，请网站管理员先在责任明细表中登记。"
    elif duty.organisation.abolished_on is not None:
        message = f"栏目的责任单位“{duty.organisation.name[:60]}”已撤销，请网站管理员先登记新的责任单位。"
    else:
        return
    yield Hit("duty", BLOCKS, "栏目", "", message, "石13", shown_whole(column.title))
