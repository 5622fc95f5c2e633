"""人员 in the back office: open an account, and the card from which it is closed, reopened and given a new password."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from wagtail import hooks
from wagtail.admin import messages

from wangqun.access import actions as access
from wangqun.access import scopes
from wangqun.access.actions import may, require
from wangqun.access.models import Grant
from wangqun.access.views.organisation_forms import AppointmentForm, NewPersonForm, ReasonForm
from wangqun.access.views.organisations import RIGHT, Screen
from wangqun.base.errors import Refused
from wangqun.base.moments import today
from wangqun.people import actions
from wangqun.people.models import User
from wangqun.people.passwords import new_password


class StaffScreen(Screen):
    """A page for those who keep the directory; for others it is not there."""

    header_icon = "user"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("staff"), "label": "人员"},
            {"url": "", "label": self.get_page_title()},
        ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user, RIGHT):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def show_password(self, person: User, password: str) -> HttpResponse:
        """Answer with the password itself: it is stored nowhere, so that this page is the only one that ever shows it."""
        context = super().get_context_data() | {"person": person, "password": password}
        return render(self.request, "access/password.html", context)  # Wagtail marks all its answers no-store


class PersonNew(StaffScreen):
    """开立账号: open a named account with a random first password."""

    template_name = "access/organisation_form.html"
    page_title = "开立账号"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "form" not in kwargs:
            kwargs["form"] = NewPersonForm(initial={"organisation": self.request.GET.get("organisation")})
        return super().get_context_data(**kwargs) | {"button": "开立账号", "back": reverse("staff")}

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewPersonForm(request.POST)
        if form.is_valid():
            password = new_password()
            try:
                require(request.user, RIGHT)
                person = actions.create_person(by=request.user, password=password, **form.cleaned_data)
                return self.show_password(person, password)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(form=form), status=409)


class Person(StaffScreen):
    """The card of a person: offices, state of the account, what hangs on it, and everything that may be done with it."""

    template_name = "access/person.html"
    FORMS = {"close": ReasonForm, "reopen": ReasonForm, "appoint": AppointmentForm}

    def get_page_title(self) -> str:
        return self.person.name

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.person = get_object_or_404(User.objects.people().select_related("organisation"), pk=kwargs["number"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person, sites = self.person, scopes.sites_by_path()
        grants = Grant.objects.in_force().filter(user=person).select_related("page")
        verb = "close" if person.is_active else "reopen"
        return super().get_context_data(**kwargs) | {
            "person": person,
            "is_own": person.pk == self.request.user.pk,
            "posts": person.posts.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today())).select_related(
                "organisation"
            ),
            "former": person.posts.filter(valid_until__lt=today()).select_related("organisation"),
            "grants": [(held, scopes.name_of(held.page, sites)) for held in grants],
            "duties": [line for describe in hooks.get_hooks("describe_person_duties") for line in describe(person)],
            "account_form": kwargs.get(verb) or ReasonForm(auto_id="account_%s"),
            "post_form": kwargs.get("appoint") or (AppointmentForm(auto_id="post_%s") if person.is_active else None),
            "refusal": kwargs.get("refusal", ""),
        }

    def get(self, request: HttpRequest, number: int, verb: str = "") -> HttpResponse:
        return redirect("person", number) if verb else super().get(request, number=number)

    def post(self, request: HttpRequest, number: int, verb: str = "") -> HttpResponse:
        if verb == "password":
            try:
                return self.show_password(self.person, access.reset_password(self.person, by=request.user))
            except Refused as refusal:
                return self.render_to_response(self.get_context_data(refusal=str(refusal)), status=409)
        if verb not in self.FORMS:
            raise Http404
        form = self.FORMS[verb](request.POST, auto_id=f"{verb}_%s")
        if form.is_valid():
            try:
                require(request.user, RIGHT)
                messages.success(request, self.act(verb, form.cleaned_data))
                return redirect("person", number)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        refusal = form.non_field_errors()
        return self.render_to_response(
            self.get_context_data(**{verb: form, "refusal": "".join(refusal) if verb not in self.shown() else ""}), status=409
        )

    def shown(self) -> set[str]:
        """Return the forms that the card holds now; a refusal of another one stands above them."""
        self.person.refresh_from_db()
        return {"close", "appoint"} if self.person.is_active else {"reopen"}

    def act(self, verb: str, values: dict[str, Any]) -> str:
        """Do what was asked and return what to say about it."""
        person, by = self.person, self.request.user
        if verb == "close":
            actions.close_account(person, by=by, **values)
            return f"{person}的账号已停用，登录和权限同时失效。"
        if verb == "reopen":
            access.reopen(person, by=by, **values)
            return f"{person}的账号已恢复，权限以权限档案为准。"
        return f"已登记{actions.appoint(person, by=by, **values)}。"
