"""Settings for the tests: a database and a data folder of their own, tasks run at once, a fast password hasher."""

import os
import tempfile

os.environ.setdefault("DEBUG", "1")
os.environ["WANGQUN_DATA"] = os.environ.get("WANGQUN_TEST_DATA") or tempfile.mkdtemp(prefix="wangqun-test-")

from config.settings import *  # noqa: E402, F403 - the environment above must be set before the settings are read

DEBUG = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
