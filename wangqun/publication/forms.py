"""Form of a withdrawal; the rules are in the action."""

from django import forms

from wangqun.publication.models import Release


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
