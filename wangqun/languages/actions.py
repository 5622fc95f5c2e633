"""The verbs of languages: names that the conversion keeps, names of pages in other languages. 依据：沪15。"""

from django.db import IntegrityError, transaction
from wagtail.models import Page

from wangqun.access.actions import require
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.languages.known import chinese_name, written
from wangqun.languages.models import PageName, ProtectedWord
from wangqun.languages.traditional import HAN
from wangqun.people.models import User
from wangqun.websites.models import Website

LONGEST_WORD, LONGEST_NAME, LONGEST_REMARK = 32, 255, 255  # characters


@transaction.atomic
def save_word(*, word: str, written_as: str, by: User, remark: str = "", held: ProtectedWord | None = None) -> ProtectedWord:
    """Enter a name with its fixed traditional form, or change one. Every page in traditional Chinese is made again.

    Raises Refused for a word that is no Chinese, stands there already, or whose forms differ in length: what is converted
    is laid back between the tags by position.
    """
    require(by, "languages.words")
    word, written_as, remark = word.strip(), written_as.strip(), remark.strip()
    if not HAN.search(word) or len(word) > LONGEST_WORD:
        raise Refused(f"请填写含汉字的名称，不超过{LONGEST_WORD}字。")
    if len(word) < 2:
        raise Refused("请写全称，至少两个字；单个字会误改别的词。")
    if len(written_as) != len(word):
        raise Refused(f"繁体写法应有 {len(word)} 个字，与简体写法相同。")
    if len(remark) > LONGEST_REMARK:
        raise Refused(f"备注不超过{LONGEST_REMARK}字。")
    row = ProtectedWord.objects.select_for_update().get(pk=held.pk) if held else ProtectedWord()
    before = {"word": row.word, "written": row.written} if held else {}
    row.word, row.written, row.remark = word, written_as, remark
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as problem:
        raise Refused(f"“{word}”已经登记，请在列表中查找并修改。") from problem
    record("languages.save_word", row, by=by, data={"before": before, "after": {"word": word, "written": written_as}})
    return row


@transaction.atomic
def remove_word(row: ProtectedWord, *, by: User) -> None:
    """Take a name off the list. Raises Refused where somebody did so already."""
    require(by, "languages.words")
    held = ProtectedWord.objects.select_for_update().filter(pk=row.pk).first()
    if held is None:
        raise Refused("此专名已经删除，请刷新后再看。")
    record("languages.remove_word", held, by=by, data={"word": held.word, "written": held.written})
    held.delete()


@transaction.atomic
def save_name(page: Page, *, language: str, title: str, by: User) -> None:
    """Say what a column or site is called in another language; an empty `title` takes the name away.

    Raises Refused without the right to keep the column, and for a language that is not written here.
    """
    require(by, "columns.manage", page)
    website = Website.objects.of_page(page)
    title = title.strip()
    if language not in written() or website is None:
        raise Refused("没有开设这种语言，请联系商务信息处。")
    if len(title) > LONGEST_NAME:
        raise Refused(f"名称不超过{LONGEST_NAME}字。")
    before = PageName.objects.filter(page_id=page.pk, language=language).values_list("title", flat=True).first() or ""
    if before == title:
        return
    if title:
        PageName.objects.update_or_create(page_id=page.pk, language=language, defaults={"title": title})
    else:
        PageName.objects.filter(page_id=page.pk, language=language).delete()
    data = {"page": page.pk, "language": chinese_name(language), "before": before, "after": title}
    record("languages.save_name", website, by=by, data=data)
