"""Files of the back office: drafts' pictures and documents, for signed-in staff only. The public gets copies, when released."""

import mimetypes
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils._os import safe_join
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from wagtail.admin.auth import require_admin_access
from wagtail.documents.views.serve import serve

SHOWN = {"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"}
"""Types that a browser may show; everything else is only saved."""


@require_safe
@require_admin_access
@cache_control(private=True, max_age=0)
def private_file(request: HttpRequest, path: str) -> HttpResponse:
    """Serve one uploaded file. A draft's picture is nobody's business but the staff's."""
    try:
        found = Path(safe_join(settings.MEDIA_ROOT, path))
    except (SuspiciousFileOperation, ValueError) as outside:
        raise Http404 from outside
    if not found.is_file():
        raise Http404
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    response = FileResponse(found.open("rb"), content_type=kind, as_attachment=kind not in SHOWN, filename=found.name)
    return _harmless(response)


@require_safe
@require_admin_access
@cache_control(private=True, max_age=0)
def document(request: HttpRequest, document_id: int, document_filename: str) -> HttpResponse:
    """Serve a document of the library; Wagtail alone would give it to anybody straight after the upload."""
    return _harmless(serve(request, document_id, document_filename))


def _harmless(response: HttpResponse) -> HttpResponse:
    """Let nothing in the file run: no guessing of types, no scripts, no frames. Browsers show no PDF in a sandbox."""
    response["X-Content-Type-Options"] = "nosniff"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    response["Content-Security-Policy"] = policy if response["Content-Type"] == "application/pdf" else f"{policy}; sandbox"
    return response
