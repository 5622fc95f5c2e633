"""内容检查 on the screen: the findings of a page's newest revision, as a page and as data for the editing page."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page

from wangqun.access.actions import may
from wangqun.base.errors import Refused
from wangqun.screening import actions
from wangqun.screening.models import Examination, Finding

REVIEWING = ("reviews.department", "reviews.leader", "reviews.centre", "screening.justify")


def may_see(user: Any, page: Page) -> bool:
    """Return whether `user` may see the findings of `page`: those who may edit it, and those who may review it."""
    return page.permissions_for_user(user).can_edit() or any(may(user, right, page) for right in REVIEWING)


def _page(request: HttpRequest, number: int) -> Page:
    """Return page `number`; 404 where it does not exist, has no revision, or is none of the person's business."""
    page = get_object_or_404(Page.objects.select_related("latest_revision"), pk=number)
    if page.latest_revision is None or not may_see(request.user, page.specific):
        raise Http404
    return page


def _findings(examination: Examination | None) -> list[Finding]:
    """Return the findings, the worst first, each level in the order of the text."""
    if examination is None:
        return []
    order = {"blocks": 0, "justify": 1, "advice": 2}
    return sorted(examination.findings.select_related("justification__by"), key=lambda finding: order[finding.level])


def summary(examination: Examination | None, findings: list[Finding]) -> str:
    """Return in one sentence what came out."""
    if examination is None:
        return "最新保存的内容尚未检查。"
    counts = [
        (sum(1 for finding in findings if finding.level == Finding.Level.BLOCKS), "处必须修改"),
        (sum(1 for finding in findings if finding.is_waiting), "处须另一人说明"),
        (sum(1 for finding in findings if finding.level == Finding.Level.ADVICE), "处建议"),
    ]
    parts = [f"{count} {what}" for count, what in counts if count]
    return f"检查发现 {'、'.join(parts)}。" if parts else "检查通过，没有发现问题。"


class FindingsPage(WagtailAdminTemplateMixin, TemplateView):
    """内容检查: what the machine found, grouped by level, each with a link to its field."""

    template_name = "screening/findings.html"
    page_title = "内容检查"
    header_icon = "clipboard-list"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.page = _page(request, kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return self.page.get_admin_display_title()

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [{"url": "", "label": self.page_title, "sublabel": self.get_page_subtitle()}]
        if self.page.permissions_for_user(self.request.user).can_edit():
            items.insert(0, {"url": reverse("wagtailadmin_pages:edit", args=[self.page.pk]), "label": self.get_page_subtitle()})
        return items

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        examination = actions.latest(self.page.latest_revision)
        findings = _findings(examination)
        wrote = user in actions.authors(self.page) or user.pk == self.page.latest_revision.user_id
        return super().get_context_data(**kwargs) | {
            "page": self.page,
            "examination": examination,
            "summary": summary(examination, findings),
            "groups": [
                (label, [finding for finding in findings if finding.level == level]) for level, label in Finding.Level.choices
            ],
            "may_justify": may(user, "screening.justify", self.page) and not wrote,
            "may_edit": self.page.permissions_for_user(user).can_edit(),
        }


@require_GET
def findings_data(request: HttpRequest, number: int) -> JsonResponse:
    """The findings of the newest revision, for the script on the editing page."""
    page = _page(request, number)
    return _data(page, actions.latest(page.latest_revision))


@require_POST
def examine(request: HttpRequest, number: int) -> HttpResponse:
    """Check the newest saved revision now; a script gets the findings, a person the page that lists them."""
    page = _page(request, number)
    examination = actions.examine(page.latest_revision)
    if request.headers.get("Accept", "").startswith("application/json"):
        return _data(page, examination)
    messages.info(request, summary(examination, _findings(examination)))
    return redirect("screening_page", number=number)


def _data(page: Page, examination: Examination | None) -> JsonResponse:
    findings = _findings(examination)
    return JsonResponse(
        {
            "is_examined": examination is not None,
            "is_passed": examination is not None and examination.is_passed,
            "summary": summary(examination, findings),
            "findings": [
                {
                    "level": finding.level,
                    "label": finding.get_level_display(),
                    "place": finding.place,
                    "anchor": finding.anchor,
                    "excerpt": finding.excerpt,
                    "message": finding.message,
                    "basis": finding.basis,
                    "reason": finding.justification.reason if finding.is_justified else "",
                }
                for finding in findings
            ],
        }
    )


@require_POST
def justify(request: HttpRequest, number: int) -> HttpResponse:
    """Say why a finding may stand."""
    finding = get_object_or_404(Finding.objects.select_related("examination"), pk=number)
    page = _page(request, finding.examination.page_id)
    try:
        actions.justify(finding, reason=request.POST.get("reason", ""), by=request.user)
        messages.success(request, "已说明理由，检查单已存档。")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("screening_page", number=page.pk)
