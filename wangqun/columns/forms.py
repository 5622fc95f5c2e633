"""The forms of 栏目责任."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from wagtail.admin.widgets import AdminDateInput

from wangqun.base.moments import today
from wangqun.columns.models import Duty, DutyPerson
from wangqun.people.models import Organisation, User
from wangqun.websites.models import Website


class ListForm(forms.Form):
    """Which part of the responsibility list to show, and of which day."""

    website = forms.ModelChoiceField(
        Website.objects.filter(site__isnull=False), required=False, label="网站", empty_label="全部网站"
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.active(), required=False, label="责任单位", empty_label="全部单位"
    )
    day = forms.DateField(required=False, label="日期", widget=AdminDateInput)
    only = forms.ChoiceField(
        required=False, label="范围", choices=[("", "全部栏目"), ("missing", "无责任单位的栏目"), ("left", "人员已停用的栏目")]
    )

    def clean_day(self) -> date:
        return self.cleaned_data["day"] or today()


class CompareForm(forms.Form):
    """Two days to compare."""

    first = forms.DateField(label="日期一", widget=AdminDateInput)
    second = forms.DateField(label="日期二", widget=AdminDateInput)
    website = forms.ModelChoiceField(
        Website.objects.filter(site__isnull=False), required=False, label="网站", empty_label="全部网站"
    )


class OrganisationForm(forms.Form):
    """Whose people the duty form offers."""

    organisation = forms.ModelChoiceField(Organisation.objects.active(), label="责任单位", empty_label=None)


class PeopleField(forms.ModelMultipleChoiceField):
    """People by name and user name, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, person: User) -> str:
        return f"{person.name}（{person.username}）"


class DutyForm(forms.Form):
    """Who keeps a column from a day on; the people offered are those of the organisation and those named now."""

    editors = PeopleField(User.objects.none(), label="采编人员", error_messages={"required": "请至少选一名采编人员。"})
    reviewers = PeopleField(User.objects.none(), label="审核人员", error_messages={"required": "请至少选一名审核人员。"})
    deputies = PeopleField(User.objects.none(), label="备岗人员", required=False)
    valid_from = forms.DateField(label="起始日期", widget=AdminDateInput, help_text="现行责任自动止于前一日。")
    remark = forms.CharField(label="备注", required=False, max_length=255)

    def __init__(self, *args: Any, organisation: Organisation, current: Duty | None, **kwargs: Any) -> None:
        named = {role: [] for role in DutyPerson.Role.values}
        for entry in current.persons.all() if current else []:
            named[entry.role].append(entry.user_id)
        initial = {
            "editors": named["editor"],
            "reviewers": named["reviewer"],
            "deputies": named["deputy"],
            "valid_from": today(),
            "remark": current.remark if current else "",
        }
        super().__init__(*args, initial=initial, **kwargs)
        sections = Q(organisation=organisation) | Q(
            organisation__parent=organisation, organisation__kind=Organisation.Kind.SECTION
        )
        known = [pk for pks in named.values() for pk in pks]
        offered = User.objects.people().filter(sections | Q(pk__in=known), is_active=True).order_by("pk")
        for name in ("editors", "reviewers", "deputies"):
            self.fields[name].queryset = offered


class UploadForm(forms.Form):
    """The list to take over."""

    file = forms.FileField(
        label="责任明细表（.xlsx）",
        help_text="先导出责任明细表，在其上修改后上传；标题行不要改。预览无误后再确认导入。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": "请选择要上传的文件。", "empty": "文件是空的，请重新选择。"},
    )
