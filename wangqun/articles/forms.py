"""The form of a source of reprints; the rules are in the actions."""

from typing import Any, ClassVar

from django import forms

from wangqun.articles.models import Source


class SourceForm(forms.Form):
    """What is known of a source."""

    name = forms.CharField(label="来源名称", max_length=128)
    domain = forms.CharField(
        label="网址域名", max_length=128, required=False, help_text="如 hebei.gov.cn；转载链接应在此域名下，没有网站的不填。"
    )
    remark = forms.CharField(label="备注", max_length=255, required=False)

    FIELDS: ClassVar[list[str]] = ["name", "domain", "remark"]

    def __init__(self, *data: Any, source: Source | None) -> None:
        super().__init__(*data, initial={name: getattr(source, name) for name in self.FIELDS} if source else None)
