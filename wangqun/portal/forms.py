"""Form of a new column; the rules are in the actions."""

from django import forms

from wangqun.columns.models import ColumnPage
from wangqun.people.models import Organisation, User


class PersonChoice(forms.ModelMultipleChoiceField):
    """People by name and organisation."""

    def label_from_instance(self, obj: User) -> str:
        return f"{obj}（{obj.organisation.short_name}）" if obj.organisation else str(obj)


class ColumnForm(forms.Form):
    """What a column is and who keeps it."""

    title = forms.CharField(label="栏目名称", max_length=64)
    slug = forms.SlugField(label="地址", max_length=32, help_text="小写拼音首字母，如 gzdt。")
    kind = forms.ChoiceField(label="更新类别", choices=ColumnPage.Kind.choices)
    update_days = forms.IntegerField(
        label="更新时限（自然日）",
        min_value=1,
        max_value=366,
        required=False,
        help_text="新闻动态、互动交流类不填即为 7 日（石15）。",
    )
    tag_type = forms.ChoiceField(label="栏目类别（网页标签）", choices=ColumnPage.TagType.choices)
    description = forms.CharField(label="栏目说明", max_length=255)
    keywords = forms.CharField(label="关键词", max_length=255)
    accepts_submissions = forms.BooleanField(label="接受下级网站报送", required=False)
    organisation = forms.ModelChoiceField(label="责任单位", queryset=Organisation.objects.ranked(), empty_label="请选择")
    editors = PersonChoice(
        label="采编人员", queryset=User.objects.people().filter(is_active=True).select_related("organisation")
    )
    reviewers = PersonChoice(
        label="审核人员", queryset=User.objects.people().filter(is_active=True).select_related("organisation")
    )


class StructureForm(forms.Form):
    """Why a changed column or home page becomes public."""

    reason = forms.CharField(label="事由", max_length=255, help_text="记入发布备案，如“栏目更名”。")
