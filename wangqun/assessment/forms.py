"""The form for a new version of the scoring rules. The rules about rules are in the action."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from wangqun.assessment.measures import LIMITS, MEASURES
from wangqun.base.moments import today

MONTHS_AHEAD = 12


def months() -> list[tuple[str, str]]:
    """Return the months from which a version may take effect: this one and the next twelve."""
    day, found = today().replace(day=1), []
    for _ in range(MONTHS_AHEAD + 1):
        found.append((day.isoformat(), f"{day.year}年{day.month}月"))
        day = (day + timedelta(days=31)).replace(day=1)
    return found


class SchemeForm(forms.Form):
    """One figure for each measure, in points with one decimal, and the limits."""

    valid_from = forms.TypedChoiceField(
        label="起用月份", coerce=date.fromisoformat, help_text="从这个月1日起计分；已定稿的月份不变。"
    )

    def __init__(self, *data: Any, points: dict[str, int]) -> None:
        super().__init__(*data)
        self.fields["valid_from"].choices = months()
        for name, label in MEASURES.items():
            initial = f"{Decimal(points[name]) / 10:.1f}" if name in points else None
            self.fields[name] = forms.DecimalField(
                label=f"{label}（分）", min_value=-100, max_value=100, decimal_places=1, initial=initial
            )
            self.fields[name].widget.attrs["step"] = "0.1"
        for name, (label, unit, largest) in LIMITS.items():
            self.fields[name] = forms.IntegerField(
                label=f"{label}（{unit}）", min_value=1, max_value=largest, initial=points.get(name)
            )
        self.fields["remark"] = forms.CharField(
            label="说明",
            max_length=255,
            help_text="用完整的句子说明计分办法，随排名表公布。",
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def points(self) -> dict[str, int]:
        """Return the figures as they are kept: scores in tenths, limits as they are."""
        scores = {name: int(self.cleaned_data[name] * 10) for name in MEASURES}
        return scores | {name: self.cleaned_data[name] for name in LIMITS}
