"""What is asked of a person who requests, approves or changes a right."""

from itertools import groupby
from typing import Any

from django import forms
from django.utils.html import format_html
from wagtail.admin.widgets import AdminDateInput

from wangqun.access import scopes
from wangqun.access.models import Grant, GrantChange, Role
from wangqun.access.rights import in_words
from wangqun.people.models import User


def people_choices() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Return the people with open accounts, by organisation."""
    people = (
        User.objects.people()
        .filter(is_active=True)
        .select_related("organisation")
        .order_by("organisation__position", "organisation_id", "name")
    )
    found: list[tuple[str, str | list[tuple[str, str]]]] = [("", "请选择")]
    for organisation, members in groupby(people, key=lambda user: user.organisation):
        found.append((str(organisation or "未登记单位"), [(str(user.pk), str(user)) for user in members]))
    return found


class ScopeField(forms.ChoiceField):
    """A scope; cleans to the page, or None for the whole group."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=lambda: [("", "请选择"), *scopes.choices()], **kwargs)

    def clean(self, value: Any) -> Any:
        return scopes.page_of(super().clean(value))


class RequestForm(forms.Form):
    """析权: which duty needs which least rights, where."""

    user = forms.ChoiceField(label="人员", choices=people_choices)
    duty = forms.CharField(
        label="职责", max_length=255, help_text="此人承担什么工作，因而需要权限，如“负责正定县网站工作动态的采写”。"
    )
    roles = forms.MultipleChoiceField(label="权限", widget=forms.CheckboxSelectMultiple, help_text="只选职责所需的最少几项。")
    scope = ScopeField(label="范围", help_text="选整个网站，或只选一个栏目（含下级栏目）。")
    reason = forms.CharField(label="事由", max_length=255, help_text="为什么现在要办，如“新到岗”。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [(role.value, format_html("{}：{}", role.label, in_words(role))) for role in Role]

    def clean_user(self) -> User:
        return User.objects.get(pk=self.cleaned_data["user"])


class ChangeForm(forms.Form):
    """One act on a grant: the reason always, dates for an approval, scope and last day for an adjustment."""

    reason = forms.CharField(label="事由", max_length=255, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, held: Grant, verb: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if verb == GrantChange.Verb.GRANT:
            self.fields["reason"].initial = "同意"
            self.fields["starts_on"] = forms.DateField(
                label="起始日期", required=False, widget=AdminDateInput, help_text="不填即今天生效。"
            )
        if verb == GrantChange.Verb.ADJUST:
            self.fields["page"] = ScopeField(label="范围", initial=str(held.page_id or scopes.WHOLE_GROUP))
        if verb in {GrantChange.Verb.GRANT, GrantChange.Verb.ADJUST}:
            self.fields["ends_on"] = forms.DateField(
                label="终止日期",
                required=False,
                widget=AdminDateInput,
                initial=held.ends_on,
                help_text="不填即长期有效；到期自动失效。",
            )
