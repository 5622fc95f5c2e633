"""The form of a group of synonyms; the rules are in the actions."""

from typing import Any

from django import forms

from wangqun.search.models import SynonymGroup


class SynonymForm(forms.Form):
    """Words that mean the same."""

    words = forms.CharField(
        label="词语",
        max_length=255,
        help_text="以顿号分隔，如“石家庄市、石市”；读者查其中一个，含另一个的内容也会查到。",
    )
    remark = forms.CharField(label="备注", max_length=128, required=False)

    def __init__(self, *data: Any, group: SynonymGroup | None) -> None:
        super().__init__(*data, initial={"words": group.words, "remark": group.remark} if group else None)
