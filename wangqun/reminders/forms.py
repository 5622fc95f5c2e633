"""Forms of the reminder screens; the rules stand in the actions."""

from typing import Any

from django import forms
from wagtail.admin.widgets import AdminDateTimeInput

from wangqun.base.moments import now
from wangqun.reminders.models import PhoneCall, Reminder, ReminderRule


class PhoneCallForm(forms.ModelForm):
    """What was said on the telephone. The organisation's number stands there already."""

    class Meta:
        model = PhoneCall
        fields = ["answered_by", "phone", "called_at", "content"]
        widgets = {"called_at": AdminDateTimeInput(), "content": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, reminder: Reminder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("phone", reminder.organisation.phone)
        self.initial.setdefault("called_at", now().replace(second=0, microsecond=0))


class RuleForm(forms.ModelForm):
    """The three figures of a rule."""

    class Meta:
        model = ReminderRule
        fields = ["warn_days", "second_after_workdays", "escalate_after_workdays"]
