"""The registry of sites in the back office: one site with its history, application, registration, steps of its life."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from wangqun.access.actions import may
from wangqun.access.screens import ScopedIndexView, ScopedInspectView
from wangqun.base.errors import Refused
from wangqun.people.models import Organisation, User
from wangqun.websites import actions, naming
from wangqun.websites.forms import ApplicationForm, MaintainerForm, RegistrationForm, StepForm
from wangqun.websites.models import Maintainer, Website

State = Website.State
VERBS = {
    "apply": "申请", "admit": "准入", "build": "建设", "open": "开通", "suspend": "暂停", "resume": "恢复", "close": "关闭",
    "register": "登记变更",
}  # fmt: skip
# from which states a step may be taken, what its button says, what happens then
STEPS: dict[str, tuple[set[str], str, str]] = {
    "admit": ({State.APPLIED}, "准入", "准入后即可开始建设。"),
    "open": ({State.BUILDING}, "开通", "开通后网站对公众开放，并开始计算更新时限。"),
    "suspend": ({State.OPEN}, "暂停", "暂停期间不再公开发布，可以恢复。"),
    "resume": ({State.SUSPENDED}, "恢复", "恢复后网站重新对公众开放。"),
    "close": ({State.OPEN, State.SUSPENDED}, "关闭", "关闭后不能再恢复，网站的更新时限停止计算。"),
}
NAMES = {
    "organisation": "主办单位", "undertaker": "承办单位", "responsible_department": "责任部门", "responsible_person": "责任人",
    "leader": "分管领导", "identification_code": "网站标识码", "icp_number": "ICP备案号", "police_number": "公安备案号",
    "contact": "联系方式", "theme": "主题",
}  # fmt: skip
PEOPLE = {"responsible_person", "leader"}
ORGANISATIONS = {"organisation", "undertaker", "responsible_department"}


class WebsiteIndex(ScopedIndexView):
    """The registry, with the way to apply for a site."""

    def get_base_queryset(self) -> Any:
        return (
            super().get_base_queryset().select_related("organisation", "responsible_department", "responsible_person", "leader")
        )

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not may(self.request.user, "websites.register"):
            return []
        return [HeaderButton("申请开办网站", url=reverse("website_apply"), icon_name="plus", priority=10)]


class WebsitePage(ScopedInspectView):
    """One site: its registration, maintainers, history, and what can be done now."""

    template_name = "websites/website.html"
    page_title = "网站登记"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        website: Website = self.object
        manages = may(self.request.user, "websites.register")
        return super().get_context_data(**kwargs) | {
            "website": website,
            "maintainers": website.maintainers.select_related("user__organisation").order_by("ended_at", "pk"),
            "history": history(website),
            "may_register": manages,
            "may_build": manages and website.state == State.ADMITTED,
            "steps": [(verb, label) for verb, (states, label, _then) in STEPS.items() if manages and website.state in states],
            "maintainer_form": MaintainerForm() if manages else None,
        }


def history(website: Website) -> list[dict[str, Any]]:
    """Return what happened to a site, newest first, each change in words."""
    changes = list(website.changes.select_related("by"))
    values = [value for change in changes for value in (change.before, change.after)]
    people = User.objects.in_bulk({value[name] for value in values for name in PEOPLE if value.get(name)})
    organisations = Organisation.objects.in_bulk({value[name] for value in values for name in ORGANISATIONS if value.get(name)})

    def said(name: str, value: Any) -> str:
        kept = people if name in PEOPLE else organisations if name in ORGANISATIONS else {}
        return str(kept.get(value, value)) if value else "空"

    return [
        {
            "at": change.at,
            "by": change.by,
            "verb": VERBS.get(change.verb, change.verb),
            "reason": change.reason,
            "changes": [
                f"{label}由“{said(name, change.before.get(name))}”改为“{said(name, change.after.get(name))}”"
                for name, label in NAMES.items()
                if change.before and change.before.get(name) != change.after.get(name)
            ],
        }
        for change in changes
    ]


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A page of the registry for those who keep it; for others it is not there."""

    header_icon = "site"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("websites:index"), "label": "网站登记"},
            {"url": "", "label": self.get_page_title()},
        ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, "websites.register"):
            raise Http404
        if "number" in kwargs:
            self.website = get_object_or_404(Website, pk=kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def done(self, message: str, website: Website) -> HttpResponse:
        """Say what was done and show the site."""
        messages.success(self.request, message)
        return redirect("websites:inspect", website.pk)

    def again(self, form: Any) -> HttpResponse:
        """Show the form with everything typed and why it was not done."""
        return self.render_to_response(self.get_context_data(form=form), status=409)


def proposal(kind: str, organisation: Organisation, given: str = "") -> tuple[str, str]:
    """Return the name and the domain that the rules give; "" where the organisation's entries do not suffice."""
    parts = actions.name_parts(organisation)
    needed = {
        Website.Kind.COUNTY: ("region", "department"),
        Website.Kind.DIVISION: ("department",),
        Website.Kind.PORTAL: ("department",),
    }
    if any(not parts[name] for name in needed.get(Website.Kind(kind), ())):
        return "", ""
    name = naming.propose_name(kind=kind, given=given, **parts)
    region, department = parts["region"], parts["department"]
    domain = naming.propose_domain(kind=kind, parent=settings.WANGQUN_DOMAIN, name=name, region=region, department=department)
    return name, domain if naming.LABEL.fullmatch(domain.partition(".")[0]) else ""


class Application(Screen):
    """申请开办网站: first 建议 for the chosen kind and organisation, then the application."""

    template_name = "websites/application.html"
    page_title = "申请开办网站"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", ApplicationForm())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        if request.POST.get("step") == "propose":
            return self._propose(request)
        form = ApplicationForm(request.POST)
        if form.is_valid():
            try:
                website = actions.apply(by=request.user, **form.cleaned_data)
                return self.done(f"已登记“{website}”的开办申请。", website)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        context = self.get_context_data(form=form, **self._suggested(request))
        return self.render_to_response(context, status=409)

    def _propose(self, request: HttpRequest) -> HttpResponse:
        """Fill name and domain in where they are empty or were proposed before; everything else stays as typed."""
        suggested = self._suggested(request)
        values = request.POST.copy()
        for name, before in (("name", "proposed_name"), ("domain", "proposed_domain")):
            if values.get(name, "") in ("", values.get(before, "")):
                values[name] = suggested.get(before, "")
        form = ApplicationForm(initial=values.dict())
        return self.render_to_response(self.get_context_data(form=form, **suggested))

    def _suggested(self, request: HttpRequest) -> dict[str, str]:
        kind, number = request.POST.get("kind", ""), request.POST.get("organisation", "")
        organisation = Organisation.objects.filter(pk=int(number)).first() if number.isdecimal() else None
        if organisation is None or kind not in Website.Kind.values:
            return {"hint": "请先选择类别和主办单位。"}
        name, domain = proposal(kind, organisation, request.POST.get("name", "").strip())
        if not name and kind in {Website.Kind.COUNTY, Website.Kind.DIVISION, Website.Kind.PORTAL}:
            return {"hint": f"“{organisation.name}”没有登记行政区或部门简称，请先在单位中补上，再取建议。"}
        if not name:
            return {"hint": "这类网站的名称由主办单位拟定，请填写名称后再取域名的建议。"}
        return {"proposed_name": name, "proposed_domain": domain}


class Registration(Screen):
    """Change what the registry knows of a site; says first how many public files show it."""

    template_name = "websites/form.html"

    def get_page_title(self) -> str:
        return f"变更登记：{self.website}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", RegistrationForm(instance=self.website))
        return super().get_context_data(**kwargs) | {"website": self.website, "button": "登记变更", "tells_impact": True}

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        before = Website.objects.get(pk=number)
        form = RegistrationForm(request.POST, instance=self.website)
        if form.is_valid():
            changes = form.changes()
            if not changes:
                form.add_error(None, "没有改动，不需要登记。")
                return self.again(form)
            try:
                website = actions.register(before, by=request.user, reason=form.cleaned_data["reason"], **changes)
                return self.done(f"“{website}”的登记已变更。", website)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.again(form)


class Step(Screen):
    """One step of a site's life, with its reason."""

    template_name = "websites/form.html"
    verbs: dict[str, Callable[..., Website]] = {
        "admit": actions.admit,
        "open": actions.open_website,
        "suspend": actions.suspend,
        "resume": actions.resume,
        "close": actions.close,
    }

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if kwargs["verb"] not in STEPS:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self) -> str:
        return f"{STEPS[self.kwargs['verb']][1]}：{self.website}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        _states, label, then = STEPS[self.kwargs["verb"]]
        kwargs.setdefault("form", self.form())
        return super().get_context_data(**kwargs) | {"website": self.website, "button": f"确认{label}", "then": then}

    def form(self, *data: Any) -> Form:
        """Return the form of this step: opening is explained by what it demands, every other step by a reason."""
        return Form(*data) if self.kwargs["verb"] == "open" else StepForm(*data)

    def post(self, request: HttpRequest, number: int, verb: str) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                self.verbs[verb](self.website, by=request.user, **form.cleaned_data)
                return self.done(f"已{STEPS[verb][1]}“{self.website}”。", self.website)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.again(form)


@require_POST
def file_maintainer(request: HttpRequest, number: int) -> HttpResponse:
    """备案: file a maintainer with the office."""
    website = get_object_or_404(Website, pk=number)
    form = MaintainerForm(request.POST)
    if not form.is_valid():
        raise Refused("请选择维护人员，并写明任务和职责。")
    actions.file_maintainer(website, form.cleaned_data["user"], duties=form.cleaned_data["duties"], by=request.user)
    messages.success(request, f"{form.cleaned_data['user']}已备案为“{website}”的维护人员。")
    return redirect("websites:inspect", website.pk)


@require_POST
def end_filing(request: HttpRequest, number: int) -> HttpResponse:
    """注销备案: end a maintainer's filing."""
    filed = get_object_or_404(Maintainer.objects.select_related("website", "user"), pk=number)
    actions.end_filing(filed, by=request.user, reason=request.POST.get("reason", ""))
    messages.success(request, f"{filed.user}的备案已注销。")
    return redirect("websites:inspect", filed.website_id)
