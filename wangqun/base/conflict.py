"""Two people save one page: what a stale save answers. Nothing typed is lost, nobody's text is overwritten unseen."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from wagtail.models import Page, Revision

MARKS = {"csrfmiddlewaretoken", "loaded_revision_id", "loaded_revision_created_at", "overwrite_revision_id"}
OWN = {"after-conflict", "after-conflict-seen"}
MACHINERY = (
    "-TOTAL_FORMS", "-INITIAL_FORMS", "-MIN_NUM_FORMS", "-MAX_NUM_FORMS", "-count", "-deleted", "-order", "-ORDER",
    "-DELETE", "-type", "-id",
)  # fmt: skip
ROW_LENGTH = 60


def answer(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Return the page that shows the conflict, with status 409, or None where the save may go on.

    Wagtail itself looks only when it saves by itself; a save by hand it lets overwrite in silence.
    """
    Page.objects.select_for_update().filter(pk=page.pk).first()  # two saves at the same moment go one after the other
    newest = Revision.page_revisions.filter(
        pk=Page.objects.values_list("latest_revision_id", flat=True).get(pk=page.pk)
    ).first()
    if newest is None:
        return None
    is_unticked = "after-conflict" in request.POST and "after-conflict-seen" not in request.POST
    if is_current(request.POST, newest) and not is_unticked:
        return None
    if request.headers.get("Accept", "").startswith("application/json"):
        sentence = "他人已保存了新的一版，请手动保存以查看差别。"
        return JsonResponse({"success": False, "error_code": "invalid_revision", "error_message": sentence}, status=400)
    base = page.revisions.filter(pk=_number(request.POST.get("loaded_revision_id"))).exclude(pk=newest.pk).first()
    base = base or page.revisions.filter(pk__lt=newest.pk).order_by("-pk").first()
    context = {
        "title": page.get_admin_display_title(),
        "newest": newest,
        "newest_id": str(newest.pk),
        "newest_created_at": newest.created_at.isoformat(),
        "changes": changes(request, page, base, newest) if base else [],
        "is_complete": base is not None,
        "typed": typed(request.POST, page),
        "repeated": repeated(request.POST),
        "edit_url": reverse("wagtailadmin_pages:edit", args=[page.pk]),
        "is_unticked": is_unticked,
    }
    return render(request, "base/conflict.html", context, status=409)


def is_current(post: QueryDict, newest: Revision) -> bool:
    """Return whether the form was made from `newest`: by number and by moment, for autosave keeps the number."""
    if overwritten := post.get("overwrite_revision_id"):
        return overwritten == str(newest.pk)
    return (post.get("loaded_revision_id"), post.get("loaded_revision_created_at")) == (
        str(newest.pk),
        newest.created_at.isoformat(),
    )


def changes(request: HttpRequest, page: Page, old: Revision, new: Revision) -> list[tuple[str, list[str]]]:
    """Return (label, differences as safe HTML) for each field in which the revisions differ."""
    panel = page.get_edit_handler().get_bound_panel(instance=page, request=request, form=None)
    before, after = old.as_object(), new.as_object()
    found = []
    for make in panel.get_comparison():
        comparison = make(before, after)
        if not comparison.has_changed():
            continue
        if comparison.is_field:
            parts = [comparison.htmldiff()]
        else:
            parts = [
                field.htmldiff() for child in comparison.get_child_comparisons() for field in child.get_field_comparisons()
            ]
        found.append((str(comparison.field_label()), parts))
    return found


def typed(post: QueryDict, page: Page) -> list[tuple[str, str, int]]:
    """Return (label, text, rows) of everything that was typed, readable and ready to copy."""
    found = []
    for name, values in post.lists():
        if (
            name in MARKS | OWN
            or name == "next"
            or name.endswith(MACHINERY)
            or name.startswith(("action-", "comments-", "workflow-"))
        ):
            continue
        for value in values:
            if text := in_words(name, value, page).strip():
                rows = text.count("\n") + 1 + len(text) // ROW_LENGTH
                found.append((label(name, page), text, min(rows, 20)))
    return found


def repeated(post: QueryDict) -> list[tuple[str, str]]:
    """Return what the form of the conflict page sends again: everything but the marks of the stale page and the buttons."""
    return [
        (name, value)
        for name, values in post.lists()
        if name not in MARKS | OWN and not name.startswith(("action-", "workflow-action"))
        for value in values
    ]


def label(name: str, page: Page) -> str:
    """Return what people call the form field `name`: the model's word for it and the number of the piece."""
    head, *rest = name.split("-")
    try:
        words = str(page._meta.get_field(head).verbose_name)
    except LookupError:
        relation = next((item for item in page._meta.related_objects if item.get_accessor_name() == head), None)
        words = str(relation.related_model._meta.verbose_name) if relation else head
    number = next((int(part) + 1 for part in rest if part.isdecimal()), None)
    return f"{words} {number}" if number else words


def in_words(name: str, value: str, page: Page) -> str:
    """Return what was typed or chosen as people read it: the choice's name, the chosen thing's title, plain paragraphs."""
    field = next((item for item in page._meta.concrete_fields if item.name == name), None)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field is not None and field.is_relation and value.isdecimal():
        chosen = field.related_model._default_manager.filter(pk=_number(value)).first()
        return str(chosen or value)
    return plain(value)


def plain(value: str) -> str:
    """Return rich text, which the editor sends as JSON, as plain paragraphs; anything else as it is."""
    if not value.startswith('{"'):
        return value
    try:
        content: Any = json.loads(value)
    except ValueError:
        return value
    if not isinstance(content, dict) or not isinstance(content.get("blocks"), list):
        return value
    return "\n".join(str(block.get("text", "")) for block in content["blocks"] if isinstance(block, dict))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
