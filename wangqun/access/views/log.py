"""操作日志: search, page, export. Paging goes by number, so the millionth entry is as near as the first."""

import datetime
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminDateInput

from wangqun.access.actions import may_somewhere
from wangqun.audit.actions import record
from wangqun.audit.models import Entry
from wangqun.audit.verbs import VERBS
from wangqun.base.csv_text import BEGINNING, line
from wangqun.base.moments import today

PAGE = 50
BATCH = 1000
WORDS_REACH = datetime.timedelta(days=92)
HEADINGS = ("序号", "时间", "操作人", "单位", "动作", "对象", "对象类型", "对象编号", "来源地址", "详情", "摘要")


class SearchForm(forms.Form):
    """What to look for; every field may stay empty."""

    person = forms.CharField(label="操作人", required=False, max_length=64)
    verb = forms.ChoiceField(label="动作", required=False, choices=[("", "全部"), *sorted(VERBS.items())])
    subject = forms.CharField(label="对象", required=False, max_length=64, help_text="名称中的字，或编号。")
    after = forms.DateField(label="起始日期", required=False, widget=AdminDateInput)
    until = forms.DateField(label="终止日期", required=False, widget=AdminDateInput)

    def criteria(self) -> dict[str, Any]:
        """Return what to look for. Words in a subject have no index, so without a first day they reach back 92 days."""
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        if "subject" in asked and "after" not in asked:
            asked["after"] = (asked.get("until") or today()) - WORDS_REACH
        return asked


def require_reader(request: HttpRequest) -> None:
    """Raise Http404 for all but auditors: who may not read the log need not know it. 依据：石9。"""
    if not may_somewhere(request.user, "audit.read"):
        raise Http404


class Log(WagtailAdminTemplateMixin, TemplateView):
    """The log, newest first, fifty at a time."""

    template_name = "access/log.html"
    page_title = "操作日志"
    header_icon = "history"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require_reader(request)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = SearchForm(self.request.GET)
        asked = form.criteria() if form.is_valid() else {}
        found = Entry.objects.matching(**asked)
        before = self.request.GET.get("before", "")
        if before.isdecimal() and len(before) < 19:
            found = found.filter(pk__lt=int(before))
        entries = list(found[: PAGE + 1]) if form.is_valid() else []
        words = [(name, value) for name, value in self.request.GET.items() if name != "before" and value]
        return super().get_context_data(**kwargs) | {
            "form": form,
            "entries": entries[:PAGE],
            "older": f"?{urlencode([*words, ('before', entries[PAGE - 1].pk)])}" if len(entries) > PAGE else "",
            "newest": f"?{urlencode(words)}" if before else "",
            "words": words,
            "reach": asked["after"] if asked.get("subject") and "after" not in form.data else None,
        }


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Hand over what the search found, as a file for spreadsheets; that it was taken stands in the log too."""
    require_reader(request)
    form = SearchForm(request.POST)
    if not form.is_valid():
        raise Http404
    last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with transaction.atomic():
        record(
            "audit.export", None, by=request.user, data={name: str(value) for name, value in form.cleaned_data.items() if value}
        )
    answer = StreamingHttpResponse(_rows(form.criteria(), last), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="audit-{today():%Y%m%d}.csv"'
    return answer


def _rows(asked: dict[str, Any], last: int) -> Iterator[str]:
    """Yield the lines in pieces, reading a thousand entries at a time, from the newest backwards."""
    yield BEGINNING + line(HEADINGS)
    found = Entry.objects.matching(**asked)
    below = last + 1
    while entries := list(found.filter(pk__lt=below)[:BATCH]):
        below = entries[-1].pk
        yield "".join(line(_cells(entry)) for entry in entries)


def _cells(entry: Entry) -> list[Any]:
    detail = "；".join(f"{name}：{value}" for name, value in entry.data.items())
    moment = timezone.localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S")
    return [
        entry.sequence, moment, entry.actor_name, entry.actor_organisation, entry.verb_name, entry.subject_label,
        entry.subject_type, entry.subject_id, entry.address, detail, entry.digest,
    ]  # fmt: skip
