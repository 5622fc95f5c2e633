"""Forms of the review; the rules are in the actions."""

from django import forms

from wangqun.people.models import User


class PersonChoice(forms.ModelChoiceField):
    """People by name and organisation."""

    def label_from_instance(self, obj: User) -> str:
        return f"{obj}（{obj.organisation.short_name}）" if obj.organisation else str(obj)


class DelegationForm(forms.Form):
    """Who stands in for whom, from when until when."""

    deputy = PersonChoice(label="受托人", queryset=User.objects.none())
    starts_on = forms.DateField(label="起始日期", widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label="终止日期", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label="事由", max_length=255)

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deputy"].queryset = (
            User.objects.people()
            .filter(is_active=True, grants__state="active", grants__role__in=["division_reviewer", "leader", "office_reviewer"])
            .exclude(pk=user.pk)
            .select_related("organisation")
            .distinct()
        )
