"""What Django answers to readers: which site was asked, and headers as strict as those of released files."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.http import require_safe

from wangqun.websites.models import Website, WebsiteQuerySet

POLICY = {
    "default-src": [NONE], "style-src": [SELF], "script-src": [SELF], "img-src": [SELF, "data:"], "font-src": [SELF],
    "connect-src": [SELF], "form-action": [SELF], "base-uri": [NONE], "frame-ancestors": [NONE],
}  # fmt: skip
"""The same policy as the released files have."""


def public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Make a view's answer one for readers: the strict policy, read only, kept by nobody, indexed by nobody."""

    @require_safe
    @xframe_options_deny
    @csp(POLICY)
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


def sites_asked(request: HttpRequest) -> WebsiteQuerySet:
    """Return the open site whose address was asked, none or one; the portal where it is the back office's own address."""
    host = re.sub(r":\d+$", "", request.get_host()).rstrip(".").lower()
    if host in {settings.ADMIN_HOST, "127.0.0.1", "localhost", "[::1]"}:
        return Website.objects.open().filter(kind=Website.Kind.PORTAL)
    return Website.objects.open().filter(domain=host)
