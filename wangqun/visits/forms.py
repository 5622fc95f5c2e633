"""What the report of visits is asked for."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from wangqun.base.moments import today
from wangqun.columns.models import ColumnPage
from wangqun.visits.periods import KINDS, Period
from wangqun.websites.models import Website

FIRST_YEAR, LAST_YEAR = 2000, 2199
GROUPS = [("site", "网站"), ("column", "栏目"), ("item", "稿件和页面")]


class ReportForm(forms.Form):
    """Grouping, period, site, column, words of the title; what cannot be read falls back to the usual."""

    by = forms.ChoiceField(label="统计到", choices=GROUPS, required=False)
    period = forms.ChoiceField(label="按", choices=list(KINDS.items()), required=False)
    day = forms.DateField(label="日期（期间内任一天）", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    website = forms.ModelChoiceField(label="网站", queryset=Website.objects.none(), required=False, empty_label="全部网站")
    words = forms.CharField(label="标题含", required=False, max_length=64)
    column = forms.ModelChoiceField(queryset=ColumnPage.objects.all(), required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, websites: QuerySet[Website]) -> None:
        usual = {"by": "site", "period": "month", "day": f"{today():%Y-%m-%d}"}
        super().__init__({name: data.get(name) or usual.get(name, "") for name in self.base_fields})
        self.fields["website"].queryset = websites.order_by("pk")

    def chosen(self) -> dict[str, Any]:
        """Return what is asked for; a field that cannot be read counts as not given."""
        self.is_valid()
        found = self.cleaned_data
        day = found.get("day") or today()
        day = day if FIRST_YEAR <= day.year <= LAST_YEAR else today()
        return {
            "by": found.get("by") or "site",
            "period": Period.around(found.get("period") or "month", day),
            "website": found.get("website"),
            "column": found.get("column"),
            "words": found.get("words", ""),
        }
