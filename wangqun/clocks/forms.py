"""What people type: the filter of the dashboard, and a notice of the State Council."""

from typing import Any

from django import forms
from django.core import signing

from wangqun.base.moments import today
from wangqun.clocks.models import ClockQuerySet
from wangqun.people.models import Organisation
from wangqun.workdays.notice import FIRST_YEAR, LAST_YEAR, BadNotice, Notice, read_json, read_mapping, read_xlsx

SALT = "wangqun.clocks.notice"


class FilterForm(forms.Form):
    """Narrows the dashboard to an organisation and a site, of those that the person sees."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), required=False, label="责任单位", empty_label="全部单位")
    site = forms.ChoiceField(required=False, label="网站")

    def __init__(self, data: Any, visible: ClockQuerySet) -> None:
        super().__init__(data, label_suffix="：")
        rows = list(visible.running().order_by().values_list("organisation", "site").distinct())
        owners, sites = self.fields["organisation"], self.fields["site"]
        if isinstance(owners, forms.ModelChoiceField) and isinstance(sites, forms.ChoiceField):
            owners.queryset = Organisation.objects.filter(pk__in={key for key, _ in rows if key})
            sites.choices = [("", "全部网站"), *((name, name) for name in sorted({name for _, name in rows if name}))]

    def narrow(self, clocks: ClockQuerySet) -> ClockQuerySet:
        """Return those of `clocks` that the form asks for; what it does not know narrows to nothing."""
        if not self.is_valid():
            return clocks.none()
        if organisation := self.cleaned_data["organisation"]:
            clocks = clocks.filter(organisation=organisation)
        if site := self.cleaned_data["site"]:
            clocks = clocks.filter(site=site)
        return clocks


class NoticeForm(forms.Form):
    """A notice as a file with its source. `problems` names every bad row after a failed check."""

    file = forms.FileField(
        label="放假安排文件", help_text=".xlsx 表格，首行为日期、类别（放假或调休上班）、名称；或 .json 数据文件。"
    )
    year = forms.IntegerField(label="年度", min_value=FIRST_YEAR, max_value=LAST_YEAR)
    source_number = forms.CharField(label="通知文号", max_length=64, help_text="如：国办发明电〔2025〕7号。")
    source_url = forms.URLField(label="通知网址", max_length=200, required=False, assume_scheme="https")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].initial = today().year + 1
        self.problems: list[str] = []
        self.notice: Notice | None = None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        file = values.get("file")
        if file is None or self.errors:
            return values
        head = {key: values[key] for key in ("year", "source_number", "source_url")}
        try:
            if file.name.lower().endswith(".xlsx"):
                self.notice = read_xlsx(file.read(), **head)
            elif file.name.lower().endswith(".json"):
                read = read_json(file.read())
                if read.year != values["year"]:
                    raise BadNotice([f"文件写的是{read.year}年，表单填的是{values['year']}年"])
                self.notice = read_mapping(read.as_json() | head)
            else:
                raise BadNotice(["只接受 .xlsx 或 .json 文件"])
        except BadNotice as fault:
            self.problems = fault.problems
            raise forms.ValidationError("文件有误，未导入。请按下列提示改正后重新上传。") from fault
        return values


def seal(notice: Notice) -> str:
    """Return the notice as a signed text, to come back unchanged from the preview."""
    return signing.dumps(notice.as_json(), salt=SALT, compress=True)


def unseal(text: str) -> Notice | None:
    """Return the notice that `seal` wrote within the last hour, or None."""
    try:
        return read_mapping(signing.loads(text, salt=SALT, max_age=3600))
    except (signing.BadSignature, BadNotice):
        return None
