"""Django alone, for the processes behind the front or nginx (docs/adr/0016)."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import demo_clock  # noqa: E402 - the settings module must be named first

demo_clock.start()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the demo clock must run before anything looks at the time

django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request; over a socket file it comes from our front or nginx, whose word on the reader's address counts."""
    if "." not in (peer := environ.get("REMOTE_ADDR", "")) and ":" not in peer:
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return django(environ, start_response)
