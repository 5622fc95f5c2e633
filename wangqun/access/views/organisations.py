"""机构人员 in the back office: the tree of organisations, offices held, the leading group, the directory of staff.

They stand here because `people` lies below the archive of rights and cannot ask it.
"""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wangqun.access.actions import may, require
from wangqun.access.views.organisation_forms import GroupForm, NewOrganisationForm, OrganisationForm, PostForm, SeatForm
from wangqun.audit.models import Entry
from wangqun.base.errors import Refused
from wangqun.base.moments import today
from wangqun.people import actions
from wangqun.people.models import LeadingGroup, LeadingGroupMember, Organisation, Post, User

RIGHT = "people.manage"
ON_A_PAGE = 50
LABELS = {field.name: str(field.verbose_name) for field in Organisation._meta.concrete_fields}


class Screen(WagtailAdminTemplateMixin, TemplateView):
    """A page of 机构人员; everybody on the staff reads, those who hold the right change."""

    header_icon = "group"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("organisations"), "label": "单位"},
            {"url": "", "label": self.get_page_title()},
        ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.may_change = may(request.user, RIGHT)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"may_change": self.may_change}


class Tree(Screen):
    """The tree of organisations, each with who leads it."""

    template_name = "access/organisations.html"
    page_title = "单位"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"rows": tree()}


def tree() -> list[tuple[int, Organisation]]:
    """Return every organisation with its depth, each below the one above it. One query."""
    working = Count("staff", filter=Q(staff__is_active=True, staff__is_system=False))
    below: dict[int | None, list[Organisation]] = {}
    for row in Organisation.objects.select_related("leader", "head", "responsible_section").annotate(people=working):
        below.setdefault(row.parent_id, []).append(row)
    found: list[tuple[int, Organisation]] = []

    def walk(parent: int | None, depth: int) -> None:
        for row in below.get(parent, []):
            found.append((depth, row))
            walk(row.pk, depth + 1)

    walk(None, 0)
    return found


class OrganisationPage(Screen):
    """One organisation: what is known of it, who works there, who held which office when, what was changed."""

    template_name = "access/organisation.html"

    def get_page_title(self) -> str:
        return self.organisation.name

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = Organisation.objects.select_related("parent", "leader", "head", "responsible_section")
        self.organisation = get_object_or_404(rows, pk=kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        posts = list(self.organisation.posts.select_related("user").order_by("position", "-valid_from"))
        day = today()
        return super().get_context_data(**kwargs) | {
            "organisation": self.organisation,
            "children": self.organisation.children.active(),
            "staff": self.organisation.staff.people().filter(is_active=True),
            "posts": [post for post in posts if post.valid_until is None or post.valid_until >= day],
            "former": [post for post in posts if post.valid_until and post.valid_until < day],
            "history": history(self.organisation),
            "post_form": kwargs.get("post_form") or (PostForm() if self.may_change else None),
        }

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """任职: let a person hold an office in this organisation."""
        if not self.may_change:
            raise Http404
        form = PostForm(request.POST)
        if form.is_valid():
            try:
                post = actions.appoint(organisation=self.organisation, by=request.user, **form.cleaned_data)
                messages.success(request, f"已登记{post}。")
                return redirect("organisation", number)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(post_form=form), status=409)


def history(organisation: Organisation) -> list[dict[str, Any]]:
    """Return the changes of an organisation's data, newest first, in words, as the log kept them."""
    entries = list(
        Entry.objects.filter(subject_type="people.organisation", subject_id=str(organisation.pk)).order_by("-id")[:100]
    )
    pairs = [(entry, entry.data.get("before", {}), entry.data.get("after", {})) for entry in entries]
    numbers = {values[name] for _entry, *both in pairs for values in both for name in ("leader", "head") if values.get(name)}
    sections = {
        values["responsible_section"] for _entry, *both in pairs for values in both if values.get("responsible_section")
    }
    people, organisations = User.objects.in_bulk(numbers), Organisation.objects.in_bulk(sections)

    def said(name: str, value: Any) -> str:
        kept = people if name in ("leader", "head") else organisations if name == "responsible_section" else {}
        if name == "is_information_office":
            return "是" if value == "True" else "否"
        return str(kept.get(value, value)) if value not in (None, "") else "空"

    return [
        {
            "at": entry.at,
            "by": entry.actor_name,
            "what": [
                f"{LABELS.get(name, name)}由“{said(name, before.get(name))}”改为“{said(name, after[name])}”"
                for name in after
                if before.get(name) != after[name]
            ]
            or ["登记单位"],
        }
        for entry, before, after in pairs
    ]


class OrganisationNew(Screen):
    """登记单位: enter an organisation in the tree."""

    template_name = "access/organisation_form.html"
    page_title = "登记单位"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, RIGHT):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "form" not in kwargs:
            kwargs["form"] = NewOrganisationForm(initial={"parent": self.request.GET.get("parent")})
        return super().get_context_data(**kwargs) | {"button": "登记单位", "back": reverse("organisations")}

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewOrganisationForm(request.POST)
        if form.is_valid():
            try:
                require(request.user, RIGHT)
                made = actions.create_organisation(by=request.user, **form.cleaned_data)
                messages.success(request, f"已登记“{made}”。")
                return redirect("organisation", made.pk)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


class OrganisationEdit(Screen):
    """变更: change what is known of an organisation."""

    template_name = "access/organisation_form.html"

    def get_page_title(self) -> str:
        return f"变更资料：{self.organisation.name}"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, RIGHT):
            raise Http404
        self.organisation = get_object_or_404(Organisation, pk=kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", OrganisationForm(instance=self.organisation))
        return super().get_context_data(**kwargs) | {
            "button": "保存变更",
            "back": reverse("organisation", args=[self.organisation.pk]),
        }

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        form = OrganisationForm(request.POST, instance=self.organisation)
        if form.is_valid():
            if changes := form.changes():
                try:
                    require(request.user, RIGHT)
                    actions.change_organisation(Organisation.objects.get(pk=number), by=request.user, **changes)
                    messages.success(request, f"“{self.organisation}”的资料已变更。")
                    return redirect("organisation", number)
                except Refused as refusal:
                    form.add_error(None, str(refusal))
            else:
                form.add_error(None, "没有改动，不需要保存。")
        return self.render_to_response(self.get_context_data(form=form), status=409)


@require_POST
def end_post(request: HttpRequest, number: int) -> HttpResponse:
    """Let an office end with the given day, by default today."""
    post = get_object_or_404(Post.objects.select_related("user", "organisation"), pk=number)
    require(request.user, RIGHT)
    actions.end_post(post, until=_day(request.POST.get("until", "")), by=request.user)
    messages.success(request, f"{post}的任职已终止。")
    if request.POST.get("back") == "person":
        return redirect("person", post.user_id)
    return redirect("organisation", post.organisation_id)


def _day(text: str) -> date:
    """Return the day that was typed, today where nothing was. Raises Refused for what is no day."""
    try:
        found = parse_date(text) if text else today()
    except ValueError:
        found = None
    if found is None:
        raise Refused(f"“{text}”不是日期，请按“2026-03-01”的形式填写。")
    return found


class Group(Screen):
    """The leading group on a day, and everybody who ever sat in it."""

    template_name = "access/leading_group.html"
    page_title = "领导小组"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        day = _day(self.request.GET.get("day", ""))
        members = LeadingGroupMember.objects.select_related("organisation", "user").order_by("pk")
        group = (
            LeadingGroup.objects.select_related("office")
            .prefetch_related(Prefetch("members", queryset=members))
            .order_by("pk")
            .first()
        )
        kwargs.setdefault("form", (SeatForm() if group else GroupForm()) if self.may_change else None)
        order = list(LeadingGroupMember.Seat.values)
        everybody = sorted(group.members.all(), key=lambda row: (order.index(row.seat), row.valid_from)) if group else []
        now = [row for row in everybody if row.valid_from <= day and (row.valid_until is None or row.valid_until >= day)]
        return super().get_context_data(**kwargs) | {"group": group, "day": day, "members": now, "everybody": everybody}

    def post(self, request: HttpRequest) -> HttpResponse:
        if not self.may_change:
            raise Http404
        group = LeadingGroup.objects.order_by("pk").first()
        form = SeatForm(request.POST) if group else GroupForm(request.POST)
        if form.is_valid():
            try:
                if group:
                    member = actions.seat(group, by=request.user, **form.cleaned_data)
                    messages.success(request, f"已登记{member}。")
                else:
                    group = actions.found_group(by=request.user, **form.cleaned_data)
                    messages.success(request, f"已登记{group}。")
                return redirect("leading_group")
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


class Staff(Screen):
    """人员: the directory of staff. Mobile numbers show only to those who keep the directory."""

    template_name = "access/staff.html"
    page_title = "人员"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words, chosen = self.request.GET.get("q", "").strip(), self.request.GET.get("organisation", "")
        held = Post.objects.current().select_related("organisation")
        rows = (
            User.objects.people()
            .select_related("organisation")
            .prefetch_related(Prefetch("posts", queryset=held, to_attr="held"))
        )
        if words:
            rows = rows.filter(Q(name__icontains=words) | Q(username__icontains=words) | Q(phone__icontains=words))
        if chosen.isdecimal():
            rows = rows.filter(organisation_id=int(chosen))
        if not self.request.GET.get("left"):
            rows = rows.filter(is_active=True)
        rows = rows.order_by("organisation__position", "organisation_id", "pk")
        query = self.request.GET.copy()
        query.pop("p", None)
        return super().get_context_data(**kwargs) | {
            "page": Paginator(rows, ON_A_PAGE).get_page(self.request.GET.get("p")),
            "organisations": Organisation.objects.all(),
            "words": words,
            "chosen": int(chosen) if chosen.isdecimal() else None,
            "shows_left": bool(self.request.GET.get("left")),
            "query": query.urlencode(),
        }
