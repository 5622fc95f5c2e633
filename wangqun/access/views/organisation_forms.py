"""The forms of organisations, offices held and the leading group; the rules are in people's actions."""

import hashlib
import json
from typing import Any, ClassVar

from django import forms
from django.forms.models import model_to_dict
from wagtail.admin.widgets import AdminDateInput

from wangqun.base.moments import today
from wangqun.people.models import LeadingGroupMember, Organisation, User


class PersonChoice(forms.ModelChoiceField):
    """A person by name, user name and organisation."""

    def label_from_instance(self, obj: User) -> str:
        place = f"，{obj.organisation.short_name}" if obj.organisation else ""
        return f"{obj.name}（{obj.username}{place}）"


def working() -> Any:
    """The people who may be named: those whose account is open."""
    return User.objects.people().filter(is_active=True).select_related("organisation").order_by("organisation__position", "pk")


class OrganisationForm(forms.ModelForm):
    """What is known of an organisation; saved through `change_organisation` only, and never over another's change."""

    leader = PersonChoice(User.objects.none(), label="分管领导", required=False, empty_label="未定")
    head = PersonChoice(User.objects.none(), label="负责人", required=False, empty_label="未定")
    seen = forms.CharField(widget=forms.HiddenInput)

    class Meta:
        model = Organisation
        fields: ClassVar[list[str]] = [
            "name", "short_name", "region_name", "region_code", "department_name", "leader", "head", "responsible_section",
            "phone", "email", "address", "opening_hours", "functions", "document_mark", "is_information_office",
        ]  # fmt: skip

    def __init__(self, *args: Any, instance: Organisation, **kwargs: Any) -> None:
        self.fingerprint = fingerprint(instance, self.Meta.fields)
        super().__init__(*args, instance=instance, initial={"seen": self.fingerprint}, **kwargs)
        for name in ("leader", "head"):
            self.fields[name].queryset = working()
        self.fields["responsible_section"].queryset = Organisation.objects.active().filter(parent=instance)
        offer_office_once(self)

    def clean_seen(self) -> str:
        if self.cleaned_data["seen"] != self.fingerprint:
            raise forms.ValidationError("此单位的资料在您填写期间已被他人修改，请打开新的页面核对后再保存。")
        return self.cleaned_data["seen"]

    def changes(self) -> dict[str, Any]:
        """Return what differs from what is on record."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "seen"}


class NewOrganisationForm(forms.ModelForm):
    """A new organisation; saved through `create_organisation` only."""

    parent = forms.ModelChoiceField(
        Organisation.objects.active(), label="上级单位", required=False, empty_label="没有上级单位（只有市局）"
    )

    class Meta:
        model = Organisation
        fields: ClassVar[list[str]] = [
            "parent", "kind", "name", "short_name", "code", "region_name", "region_code", "department_name", "phone", "email",
            "address", "opening_hours", "functions", "document_mark", "is_information_office",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_office_once(self)


def offer_office_once(form: forms.ModelForm) -> None:
    """Let an organisation be named the information office while there is none; afterwards the question is not asked."""
    if Organisation.objects.filter(is_information_office=True).exists():
        del form.fields["is_information_office"]
    else:
        form.fields["is_information_office"].help_text = "终审、督办和考核由它办理；指定后不能在此更换。"


class NewPersonForm(forms.ModelForm):
    """A new account; saved through `create_person` only."""

    organisation = forms.ModelChoiceField(Organisation.objects.active(), label="单位", empty_label="请选择")

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["username", "name", "organisation", "phone", "mobile", "email"]
        help_texts: ClassVar[dict[str, str]] = {"username": "登录用，如“zhang.san”；一人一个，开立后不改。"}


def fingerprint(instance: Any, fields: list[str]) -> str:
    """Return a digest of the values a form started from: it differs when another person has saved since."""
    text = json.dumps(model_to_dict(instance, fields), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class PostForm(forms.Form):
    """An office to hold in the organisation."""

    user = PersonChoice(User.objects.none(), label="人员", empty_label="请选择")
    title = forms.CharField(label="职务", max_length=64)
    valid_from = forms.DateField(label="起始日期", widget=AdminDateInput, initial=today)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = working()


class AppointmentForm(forms.Form):
    """An office for the person whose card is open."""

    organisation = forms.ModelChoiceField(Organisation.objects.active(), label="单位", empty_label="请选择")
    title = forms.CharField(label="职务", max_length=64)
    valid_from = forms.DateField(label="起始日期", widget=AdminDateInput, initial=today)


class ReasonForm(forms.Form):
    """Why an account is closed or opened again."""

    reason = forms.CharField(label="原因", max_length=255, help_text="如“调离”“借调期满返岗”，记入操作日志。")


class GroupForm(forms.Form):
    """The leading group."""

    name = forms.CharField(label="名称", max_length=128, initial="信息化工作领导小组")
    office = forms.ModelChoiceField(Organisation.objects.active(), label="办公室设在", empty_label="请选择")
    established_on = forms.DateField(label="成立日期", widget=AdminDateInput, initial=today)
    duties = forms.CharField(label="职责", required=False, widget=forms.Textarea(attrs={"rows": 4}))


class SeatForm(forms.Form):
    """A seat in the leading group: it belongs to the office, the person changes with it."""

    seat = forms.ChoiceField(label="组内职务", choices=LeadingGroupMember.Seat.choices)
    organisation = forms.ModelChoiceField(Organisation.objects.active(), label="单位", empty_label="请选择")
    office_held = forms.CharField(
        label="以何职务参加", max_length=64, help_text="如“局长”；接任者填同一职务，前任自动止于前一日。"
    )
    user = PersonChoice(User.objects.none(), label="人员", empty_label="请选择")
    valid_from = forms.DateField(label="起始日期", widget=AdminDateInput, initial=today)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = working()
