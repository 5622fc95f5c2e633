"""The forms of the registry: application, registration, steps, filing of maintainers. The rules are in the actions."""

from typing import Any, ClassVar

from django import forms

from wangqun.people.models import Organisation, User
from wangqun.websites.actions import OWNERS
from wangqun.websites.models import Website

REGISTRATION = [
    "undertaker", "responsible_department", "responsible_person", "leader", "identification_code", "icp_number",
    "police_number", "contact",
]  # fmt: skip


class PersonChoice(forms.ModelChoiceField):
    """A person by name, user name and organisation."""

    def label_from_instance(self, obj: User) -> str:
        place = f"，{obj.organisation.short_name}" if obj.organisation else ""
        return f"{obj.name}（{obj.username}{place}）"


def working() -> Any:
    """The people who may be named: those whose account is open."""
    return User.objects.people().filter(is_active=True).select_related("organisation").order_by("organisation__position", "pk")


class RegistrationForm(forms.ModelForm):
    """What the registry knows of a site besides its name; saved through `register` only."""

    responsible_person = PersonChoice(User.objects.none(), label="责任人", required=False, empty_label="未定")
    leader = PersonChoice(User.objects.none(), label="分管领导", required=False, empty_label="未定")
    reason = forms.CharField(label="事由", max_length=255)

    class Meta:
        model = Website
        fields: ClassVar[list[str]] = ["organisation", *REGISTRATION]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = owners()
        for name in ("responsible_person", "leader"):
            self.fields[name].queryset = working()
        for name in ("undertaker", "responsible_department"):
            self.fields[name].queryset = Organisation.objects.active()

    def changes(self) -> dict[str, Any]:
        """Return what differs from the registry."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "reason"}


def owners() -> Any:
    """The organisations that may own a site."""
    return Organisation.objects.active().filter(kind__in=OWNERS)


class ApplicationForm(forms.Form):
    """An application; name and domain are proposed once kind and organisation are chosen."""

    kind = forms.ChoiceField(label="类别", choices=Website.Kind.choices)
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="主办单位", empty_label="请选择")
    name = forms.CharField(label="网站名称", max_length=64)
    domain = forms.CharField(label="域名", max_length=128)
    undertaker = forms.ModelChoiceField(Organisation.objects.none(), label="承办单位", required=False, empty_label="同主办单位")
    responsible_department = forms.ModelChoiceField(
        Organisation.objects.none(), label="责任部门", required=False, empty_label="开通前确定"
    )
    responsible_person = PersonChoice(User.objects.none(), label="责任人", required=False, empty_label="开通前确定")
    leader = PersonChoice(User.objects.none(), label="分管领导", required=False, empty_label="开通前确定")
    contact = forms.CharField(label="联系方式", max_length=128, required=False)
    reason = forms.CharField(label="申请事由", max_length=255)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = owners()
        for name in ("undertaker", "responsible_department"):
            self.fields[name].queryset = Organisation.objects.active()
        for name in ("responsible_person", "leader"):
            self.fields[name].queryset = working()

    def clean_domain(self) -> str:
        return self.cleaned_data["domain"].strip()


class StepForm(forms.Form):
    """Why a step of the life cycle is taken."""

    reason = forms.CharField(label="事由", max_length=255, error_messages={"required": "请写明事由，网站登记要据此备查。"})


class MaintainerForm(forms.Form):
    """A maintainer to file for record."""

    user = PersonChoice(User.objects.none(), label="维护人员", empty_label="请选择")
    duties = forms.CharField(label="任务和职责", max_length=255)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = working()
