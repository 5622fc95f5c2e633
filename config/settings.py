"""The installation's settings. Everything that differs between machines comes from the environment (`.env.example`)."""

import contextlib
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_file(BASE_DIR / ".env")

DEBUG = env.boolean("DEBUG", default=False)
DATA = Path(env.text("WANGQUN_DATA", str(BASE_DIR / "var"))).resolve()
"""Everything the installation writes: database, private files, release tree, keys, backups."""
DATA.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """Return SECRET_KEY from the environment, or the one kept under DATA/keys, made at the first start."""
    if given := os.environ.get("SECRET_KEY"):
        if len(given) < 32:
            raise ImproperlyConfigured("SECRET_KEY 至少要 32 个字符。")
        return given
    path = DATA / "keys" / "secret_key"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.touch(mode=0o600)
        temporary.write_text(os.urandom(48).hex(), encoding="ascii")
        with contextlib.suppress(FileExistsError):  # another process of the same start made it first
            os.link(temporary, path)
        temporary.unlink()
    return path.read_text(encoding="ascii")


SECRET_KEY = _secret_key()
PORT = env.integer("PORT", default=8000, least=1, most=65535)
PUBLIC_SCHEME = env.text("WANGQUN_PUBLIC_SCHEME", "http" if DEBUG else "https")
PUBLIC_PORT = env.integer("WANGQUN_PUBLIC_PORT", default=PORT if DEBUG else 443, least=1, most=65535)
"""Scheme and port under which readers reach the sites; they stand in feeds, site maps and links between sites."""
ADMIN_HOST = env.text("WANGQUN_ADMIN_HOST", "127.0.0.1")
WANGQUN_CITY = env.text("WANGQUN_CITY", "石家庄市")
WANGQUN_DOMAIN = env.text("WANGQUN_DOMAIN", "localhost")
"""The domain under which all sites of the group stand, e.g. sjz.gov.cn; names and domains of sites are proposed from these."""
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,.localhost" if DEBUG else f"{ADMIN_HOST},.{WANGQUN_DOMAIN}")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "wangqun.demo",
    "wangqun.portal",
    "wangqun.search",
    "wangqun.visits",
    "wangqun.assessment",
    "wangqun.reviews",
    "wangqun.publication",
    "wangqun.screening",
    "wangqun.sharing",
    "wangqun.articles",
    "wangqun.columns",
    "wangqun.languages",
    "wangqun.websites",
    "wangqun.reminders",
    "wangqun.clocks",
    "wangqun.access",
    "wangqun.notifications",
    "wangqun.people",
    "wangqun.audit",
    "wangqun.workdays",
    "wangqun.base",
    "wagtail.users",
    "wagtail.sites",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.snippets",
    "wagtail.embeds",
    "wagtail.contrib.settings",
    "wagtail.contrib.table_block",
    "wagtail.admin",
    "wagtail.search",
    "wagtail",
    "modelcluster",
    "taggit",
    "treebeard",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "wangqun.base.middleware.NeverKept",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wangqun.base.middleware.Origin",
    "wangqun.base.middleware.RefusalPage",
    "wangqun.base.middleware.AtomicWrites",
    "wangqun.base.middleware.BackOfficeGate",
    "wangqun.base.middleware.Streams",
    "wangqun.languages.middleware.PathLanguage",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "wangqun" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["wangqun.base.templatetags.chinese"],
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL", ""), DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

AUTH_USER_MODEL = "people.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "wagtailadmin_login"
SESSION_COOKIE_AGE = 8 * 60 * 60  # one working day, in seconds
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_SCHEME == "https"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_SCHEME == "https" else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("WANGQUN_BEHIND_PROXY", default=False) else None
X_FRAME_OPTIONS = "SAMEORIGIN"

# The back office of Wagtail 8 needs inline scripts and styles; public pages are files and get the strict policy
# from the front (config/asgi.py) or nginx.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-inline'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
        "object-src": ["'none'"],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
WANGQUN_LANGUAGES = env.words("WANGQUN_LANGUAGES", "en")
"""Languages besides Chinese that editors may translate into; each has addresses of its own: /en/…."""
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "wangqun" / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA / "files"), "base_url": "/admin/files/"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA / "files"
MEDIA_URL = "/admin/files/"  # for signed-in staff; readers get the copies that a release put into the tree
RELEASE_ROOT = DATA / "release"
"""The tree of published files, `<RELEASE_ROOT>/<host>/<path>`; only the publication app writes here."""
SEARCH_URL = env.text("SEARCH_URL", "")
"""An OpenSearch server, http(s)://user:password@host:port/name; empty: the index in process, under SEARCH_ROOT."""
if SEARCH_URL and not SEARCH_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("SEARCH_URL 应以 http:// 或 https:// 开头；不设时使用内置的检索库。")
SEARCH_ROOT = DATA / "search"
"""Indexes, texts of attachments, what was asked today: all derived, made again by `rebuild_search`."""

WANGQUN_MANIFEST_KEY = Path(env.text("WANGQUN_MANIFEST_KEY", str(DATA / "keys" / "manifest.pem")))
"""The private key that signs the manifest of the public tree; made at its first use, never inside the tree."""

EMAIL_URL = env.text("EMAIL_HOST", "")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend" if EMAIL_URL else "django.core.mail.backends.console.EmailBackend"
EMAIL_HOST = EMAIL_URL or "localhost"
EMAIL_PORT = env.integer("EMAIL_PORT", default=25, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 15  # seconds
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "wangqun@localhost")

TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": [],
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

WAGTAIL_SITE_NAME = "网群"
WAGTAILADMIN_BASE_URL = f"{PUBLIC_SCHEME}://{ADMIN_HOST}:{PUBLIC_PORT}"
WAGTAIL_I18N_ENABLED = False
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_WORKFLOW_ENABLED = True
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAIL_FINISH_WORKFLOW_ACTION = "wangqun.publication.finish.release_workflow_state"
WAGTAIL_PAGE_MODEL = "wagtailcore.Page"  # decided before the first migration: docs/adr/0003
WAGTAIL_PRIVATE_PAGE_OPTIONS = {"SHARED_PASSWORD": False}
WAGTAILADMIN_PAGE_SEARCH_FILTER_BY_PERMISSIONS = True
WAGTAIL_AGING_PAGES_ENABLED = False
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_EXTENSIONS = ["doc", "docx", "xls", "xlsx", "ppt", "pptx", "pdf", "ofd", "wps", "et", "zip", "txt", "csv"]
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp"]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wangqun.search.backoffice"}}
WAGTAIL_MODERATION_ENABLED = True
TAGGIT_CASE_INSENSITIVE = True
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_PERMISSIONS = 0o640

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"wangqun": {"level": "INFO"}},
}
