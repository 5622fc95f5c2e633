"""Forms of a withdrawal, of a move and of a remark on an alarm; the rules are in the actions."""

from typing import Any

from django import forms

from wangqun.articles.models import ArticlePage
from wangqun.columns.models import ColumnPage
from wangqun.publication.models import Release
from wangqun.publication.moving import columns_for


class WithdrawalForm(forms.Form):
    """Why an article is withdrawn, and what readers are told."""

    reason = forms.ChoiceField(
        label="撤下原因",
        choices=[
            ("", "请选择"),
            *[item for item in Release.WithdrawalReason.choices if item[0] not in {"source_withdrawn", "site_closed"}],
        ],
    )
    note = forms.CharField(
        label="向读者说明",
        max_length=255,
        required=False,
        help_text="显示在原地址上，如“本稿数据有误，已撤下，更正后另行发布。”",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ClearForm(forms.Form):
    """What was found out about an alarm, and what was done."""

    remark = forms.CharField(label="核查情况和处理结果", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class ColumnChoice(forms.ModelChoiceField):
    """Columns of a site, each below its parent."""

    def label_from_instance(self, obj: ColumnPage) -> str:
        return "　" * (obj.depth - 3) + obj.title


class MoveForm(forms.Form):
    """To which column, and why."""

    column = ColumnChoice(label="新栏目", queryset=ColumnPage.objects.none(), empty_label="请选择")
    reason = forms.CharField(
        label="事由", max_length=255, help_text="记入发布备案，如“栏目调整”。", widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *data: Any, article: ArticlePage) -> None:
        super().__init__(*data)
        keys = [column.pk for column in columns_for(article)]
        self.fields["column"].queryset = ColumnPage.objects.filter(pk__in=keys).order_by("path")
