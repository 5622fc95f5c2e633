"""权限档案: the card of a person, requesting, approving and changing. The actions decide, these views show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import Page

from wangqun.access import actions, scopes
from wangqun.access.actions import may, may_somewhere, visible_grants
from wangqun.access.forms import ChangeForm, RequestForm
from wangqun.access.models import Grant, GrantChange, Role
from wangqun.access.rights import in_words
from wangqun.access.screens import ScopedIndexView
from wangqun.base.errors import Refused
from wangqun.people.models import User

FIELD_NAMES = {"state": "状态", "role": "权限", "page": "范围", "starts_on": "起始日期", "ends_on": "终止日期"}


class GrantIndex(ScopedIndexView):
    """The list: everybody's for those who keep or read the archive, one's own for all others."""

    def get_base_queryset(self) -> Any:
        return visible_grants(self.request.user).select_related("user__organisation", "page", "approved_by")

    @property
    def header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("申请权限", reverse("grant_request"), icon_name="plus")]


@dataclass(frozen=True)
class Step:
    """One line of a grant's history."""

    change: GrantChange
    differences: list[str]


@dataclass(frozen=True)
class Line:
    """One grant on a card, with its history and what may be done with it now."""

    grant: Grant
    scope: str
    words: str
    is_in_force: bool
    steps: list[Step]
    verbs: list[tuple[str, str]]


POSSIBLE: dict[str, list[str]] = {
    Grant.State.PROPOSED: ["grant", "revoke"],
    Grant.State.ACTIVE: ["adjust", "suspend", "revoke"],
    Grant.State.SUSPENDED: ["resume", "revoke"],
}
ACTIONS: dict[str, Callable[..., Grant]] = {
    "grant": actions.grant,
    "adjust": actions.adjust,
    "suspend": actions.suspend,
    "resume": actions.resume,
    "revoke": actions.revoke,
}
OWN_REFUSED = {"grant", "adjust", "resume"}


def lines_of(person: User, viewer: User) -> list[Line]:
    """Return a person's whole card, newest first."""
    keeps = may(viewer, "access.manage")
    grants = list(
        Grant.objects.filter(user=person).select_related("page", "requested_by", "approved_by").prefetch_related("changes__by")
    )
    in_force = set(Grant.objects.in_force().filter(user=person).values_list("pk", flat=True)) if person.is_active else set()
    named = {change.before.get("page") for held in grants for change in held.changes.all()}
    named |= {change.after.get("page") for held in grants for change in held.changes.all()}
    pages = Page.objects.in_bulk([pk for pk in named if pk])
    sites = scopes.sites_by_path()
    return [
        Line(
            held,
            scopes.name_of(held.page, sites),
            in_words(held.role),
            held.pk in in_force,
            [Step(change, differences(change, pages, sites)) for change in held.changes.all()],
            [
                (verb, GrantChange.Verb(verb).label)
                for verb in POSSIBLE.get(held.state, [])
                if keeps and not (verb in OWN_REFUSED and held.user_id == viewer.pk)
            ],
        )
        for held in grants
    ]


def differences(change: GrantChange, pages: dict[int, Page], sites: dict[str, str]) -> list[str]:
    """Return in words what a change changed: “状态：待批 → 生效”."""

    def word(name: str, value: Any) -> str:
        if name == "state":
            return Grant.State(value).label
        if name == "role":
            return Role(value).label
        if name == "page":
            return "整个网站群" if value is None else scopes.name_of(pages[value], sites) if value in pages else f"页面 {value}"
        return str(value) if value else "长期"

    if not change.before:
        return [f"{FIELD_NAMES[name]}：{word(name, change.after[name])}" for name in ("role", "page")]
    return [
        f"{label}：{word(name, change.before.get(name))} → {word(name, change.after.get(name))}"
        for name, label in FIELD_NAMES.items()
        if change.before.get(name) != change.after.get(name)
    ]


class Card(WagtailAdminTemplateMixin, TemplateView):
    """档案卡: everything a person may do, may have done, and how it came about. Everybody sees their own."""

    template_name = "access/card.html"
    header_icon = "key"
    page_title = "权限档案卡"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = visible_person(self.request.user, self.kwargs["number"])
        return super().get_context_data(**kwargs) | {"person": person, "lines": lines_of(person, self.request.user)}

    def get_page_subtitle(self) -> str:
        return str(visible_person(self.request.user, self.kwargs["number"]))

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("grants:index"), "label": "权限档案"},
            {"url": "", "label": self.get_page_subtitle()},
        ]


def visible_person(viewer: User, number: int) -> User:
    """Return the person whose card `viewer` may see; 404 otherwise."""
    reads = may_somewhere(viewer, "access.manage") or may_somewhere(viewer, "access.read")
    if number != viewer.pk and not reads:
        raise Http404
    return get_object_or_404(User.objects.people().select_related("organisation"), pk=number)


def print_card(request: HttpRequest, number: int) -> HttpResponse:
    """The card on paper."""
    person = visible_person(request.user, number)
    return render(request, "access/card_print.html", {"person": person, "lines": lines_of(person, request.user)})


class Request(WagtailAdminTemplateMixin, FormView):
    """析权: request rights for a duty; nothing takes effect before somebody else approves."""

    template_name = "access/form.html"
    form_class = RequestForm
    header_icon = "key"
    page_title = "申请权限"

    def get_initial(self) -> dict[str, Any]:
        return {"user": self.request.GET.get("user", "")}

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("grants:index"), "label": "权限档案"},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "explanation": "写明职责，只选所需的最少权限。提交后由商务信息处批准，批准前不生效；不能批准自己的申请。",
            "button": "提交申请",
        }

    def form_valid(self, form: RequestForm) -> HttpResponse:
        asked = form.cleaned_data
        try:
            made = actions.split(
                user=asked["user"],
                duty=asked["duty"],
                roles=asked["roles"],
                page=asked["scope"],
                reason=asked["reason"],
                by=self.request.user,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            return self.form_invalid(form)
        names = "、".join(held.get_role_display() for held in made)
        messages.success(self.request, f"已为{asked['user']}申请“{names}”，待商务信息处批准。")
        own = asked["user"].pk == self.request.user.pk or may_somewhere(self.request.user, "access.manage")
        return redirect(reverse("grant_card", args=[asked["user"].pk]) if own else reverse("grants:index"))


class Change(WagtailAdminTemplateMixin, FormView):
    """Approve, adjust, suspend, resume or revoke one grant, with a reason."""

    template_name = "access/form.html"
    form_class = ChangeForm
    header_icon = "key"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if kwargs["verb"] not in ACTIONS or not may_somewhere(request.user, "access.manage"):
            raise Http404
        self.held = get_object_or_404(Grant.objects.select_related("user", "page"), pk=kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self) -> str:
        return GrantChange.Verb(self.kwargs["verb"]).label

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("grants:index"), "label": "权限档案"},
            {"url": self.get_success_url(), "label": str(self.held.user)},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"held": self.held, "verb": self.kwargs["verb"]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "held": self.held,
            "scope": scopes.name_of(self.held.page, scopes.sites_by_path()),
            "words": in_words(self.held.role),
            "button": self.get_page_title(),
            "is_serious": self.kwargs["verb"] in {"suspend", "revoke"},
        }

    def form_valid(self, form: ChangeForm) -> HttpResponse:
        try:
            ACTIONS[self.kwargs["verb"]](self.held, by=self.request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
            return self.form_invalid(form)
        messages.success(self.request, f"已{self.get_page_title()}{self.held.user}的“{self.held.get_role_display()}”。")
        return redirect(self.get_success_url())

    def get_success_url(self) -> str:
        return reverse("grant_card", args=[self.held.user_id])
