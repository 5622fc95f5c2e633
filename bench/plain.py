"""A plain Wagtail on the same database: its own address routing, its middleware, the page from its template, each time."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from bench.common import serve_plainly

STOCK = ("django.middleware.", "django.contrib.sessions.", "django.contrib.auth.", "django.contrib.messages.")

settings.ROOT_URLCONF = "bench.plain"
settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name.startswith(STOCK)]
settings.ALLOWED_HOSTS = ["*"]


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """Answer with the page at the address."""
    return HttpResponse(serve_plainly(request.get_host().partition(":")[0], f"/{path}"))


urlpatterns = [re_path(r"^((?:[\w\-]+/)*)$", serve, name="wagtail_serve")]
application = get_wsgi_application()
