"""What the server runs: the public front, and Django behind it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import demo_clock  # noqa: E402 - the settings module must be named first

demo_clock.start()

from django.conf import settings  # noqa: E402 - the demo clock must run before anything looks at the time
from django.core.asgi import get_asgi_application  # noqa: E402

from config.front import Front  # noqa: E402

application = Front(
    get_asgi_application(),
    release_root=settings.RELEASE_ROOT,
    static_root=settings.STATIC_ROOT,
    admin_hosts={settings.ADMIN_HOST, "127.0.0.1", "localhost", "[::1]"},
    strict_transport=settings.SECURE_HSTS_SECONDS,
)
