"""Front and Django in one process, for any ASGI server. `make run` starts them apart (config/run.py)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import demo_clock  # noqa: E402 - the settings module must be named first

demo_clock.start()

from django.core.asgi import get_asgi_application  # noqa: E402 - the demo clock must run before anything looks at the time

from config.front.serve import front  # noqa: E402

application = front(get_asgi_application())
