"""Forms of submitting upward; the rules are in the actions."""

from typing import ClassVar

from django import forms
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminPageChooser

from wangqun.articles.models import ArticlePage
from wangqun.columns.models import ColumnPage
from wangqun.people.models import Organisation
from wangqun.reminders.models import organisations_of
from wangqun.sharing.models import PressItem, keeps_press_register


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


# Press items (新闻供稿登记).


class PressItemForm(WagtailAdminModelForm):
    """What a unit gave the press; only organisations that the person may enter it for."""

    class Meta:
        model = PressItem
        fields: ClassVar[list[str]] = ["organisation", "title", "press", "given_on", "article"]
        widgets: ClassVar[dict[str, object]] = {"article": AdminPageChooser(target_models=[ArticlePage])}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        organisations = Organisation.objects.active()
        if not keeps_press_register(self.for_user):
            organisations = organisations.filter(pk__in=organisations_of(self.for_user))
        self.fields["organisation"].queryset = organisations
        self.fields["article"].help_text = "网站上已有此稿的，请选择；还没有的，发布后再补。"


class PressLinkForm(forms.Form):
    """Which article of the site a press item is."""

    article = forms.ModelChoiceField(
        label="网站稿件", queryset=ArticlePage.objects.all(), widget=AdminPageChooser(target_models=[ArticlePage])
    )
