"""The forms of languages; the rules are in the actions."""

from typing import Any

from django import forms

from wangqun.languages.known import chinese_name, written
from wangqun.languages.models import ProtectedWord


class WordForm(forms.Form):
    """A protected name and its traditional form."""

    word = forms.CharField(
        label="简体写法", max_length=32, help_text="网页上的写法，写全称，如“余建国”；写得太短会误改别的词。"
    )
    written_as = forms.CharField(label="繁体写法", max_length=32, help_text="固定写成的样子，字数须与简体写法相同。")
    remark = forms.CharField(label="备注", max_length=255, required=False, help_text="如“市商务局工作人员”“企业名称”。")

    def __init__(self, *data: Any, held: ProtectedWord | None) -> None:
        initial = {"word": held.word, "written_as": held.written, "remark": held.remark} if held else None
        super().__init__(*data, initial=initial)


class NamesForm(forms.Form):
    """What a column or site is called in each foreign language."""

    def __init__(self, *data: Any, names: dict[str, str]) -> None:
        super().__init__(*data)
        for language in written():
            self.fields[language] = forms.CharField(
                label=f"{chinese_name(language)}名称",
                max_length=255,
                required=False,
                initial=names.get(language, ""),
                help_text="留空则用中文名称。",
            )
