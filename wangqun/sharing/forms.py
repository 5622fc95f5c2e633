"""Forms of submitting upward; the rules are in the actions."""

from django import forms

from wangqun.articles.models import ArticlePage
from wangqun.columns.models import ColumnPage


class ColumnChoice(forms.ModelChoiceField):
    """Columns by site."""

    def label_from_instance(self, obj: ColumnPage) -> str:
        return f"{obj.website.name} · {obj.title}"


class SubmissionForm(forms.Form):
    """To which column, with what remark."""

    target = ColumnChoice(label="报送栏目", queryset=ColumnPage.objects.none(), empty_label="请选择")
    note = forms.CharField(label="说明", max_length=255, required=False)

    def __init__(self, *args: object, source: ArticlePage, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        root = source.website.site.root_page
        self.fields["target"].queryset = (
            ColumnPage.objects.live().filter(accepts_submissions=True).not_descendant_of(root).order_by("path")
        )
