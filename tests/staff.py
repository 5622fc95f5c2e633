"""Signing in and filling Wagtail's forms in tests of the back office."""

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, querydict_from_html, rich_text, streamfield

from wangqun.people.models import User


def signed_in(user: User, **details: Any) -> Client:
    """A browser in which `user` is signed in."""
    client = Client(**details)
    client.force_login(user)
    return client


def edit_url(page: Page) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def open_form(client: Client, page: Page) -> dict[str, Any]:
    """Open the page in the editor and return what its form would send."""
    answer: HttpResponse = client.get(edit_url(page))
    assert answer.status_code == 200, answer
    form = querydict_from_html(answer.content.decode(), form_id="page-edit-form")
    found = {name: values if len(values) > 1 else values[0] for name, values in form.lists()}
    if "body" in {field.name for field in page._meta.get_fields()}:
        found |= body_fields(page.get_latest_revision_as_object().body)
    return found


def body_fields(body: Any) -> dict[str, Any]:
    """Return what the editor's script would send for a body of paragraphs; the page's HTML holds no inputs for it."""
    return nested_form_data({"body": streamfield([(block.block_type, rich_text(block.value.source)) for block in body])})
