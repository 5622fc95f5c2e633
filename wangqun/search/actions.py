"""The verbs of search: enter and remove words that mean the same."""

import re

from django.db import transaction

from wangqun.access.actions import require
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.people.models import User
from wangqun.search import text
from wangqun.search.models import SynonymGroup

RIGHT = "websites.register"
DIVIDERS = re.compile(r"[、,，;；/\s]+")


@transaction.atomic
def save_synonyms(words: str, *, by: User, group: SynonymGroup | None = None, remark: str = "") -> SynonymGroup:
    """Enter a group of words that mean the same to readers, or change `group`; questions heed it at once.

    `words` are divided by 、 or other marks. Returns the group. Raises Refused without the right, for less than two words, a
    word of one sign, and a word that another group has.
    """
    require(by, RIGHT)
    found = list(dict.fromkeys(word for word in DIVIDERS.split(text.clean(words)) if word))
    if len({text.fold(word) for word in found}) < 2:
        raise Refused("一组同义词至少要有两个不同的词语，请以顿号分隔。")
    if short := [word for word in found if len(text.signs(text.fold(word))) < 2]:
        raise Refused(f"“{short[0]}”只有一个字，会使检索结果过宽，请用两个字以上的词语。")
    written = "、".join(found)
    if len(written) > 255:
        raise Refused("一组同义词合计不能超过 255 个字，请分成几组。")
    others = SynonymGroup.objects.exclude(pk=group.pk) if group else SynonymGroup.objects.all()
    taken = {text.fold(word): other for other in others for word in other.group}
    for word in found:
        if other := taken.get(text.fold(word)):
            raise Refused(f"“{word}”已在“{other}”一组中，请改那一组。")
    before = group.words if group else ""
    saved = group or SynonymGroup()
    saved.words, saved.remark = written, remark.strip()
    saved.save()
    record("search.save_synonyms", saved, by=by, data={"before": before, "after": written})
    return saved


@transaction.atomic
def remove_synonyms(group: SynonymGroup, *, by: User) -> None:
    """Remove a group of words; what it was stays in the log. Raises Refused without the right."""
    require(by, RIGHT)
    record("search.remove_synonyms", group, by=by, data={"before": group.words})
    group.delete()
