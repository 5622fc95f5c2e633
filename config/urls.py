"""Every address that Django answers. Published pages are files and never come here (config/asgi.py)."""

from django.conf import settings
from django.urls import include, path, re_path
from wagtail.admin import urls as wagtailadmin_urls

from wangqun.base.views import document, private_file
from wangqun.portal.views import not_released

OTHER_LANGUAGES = "|".join(["zh-hant", *settings.WANGQUN_LANGUAGES])

urlpatterns = [
    # Small live parts of released pages, in the language of the page.
    re_path(rf"^(?:(?:{OTHER_LANGUAGES})/)?live/", include("wangqun.visits.urls")),
    path("search/", include("wangqun.search.urls")),
    re_path(rf"^(?P<language>{OTHER_LANGUAGES})/search/", include("wangqun.search.urls")),
    path("admin/clocks/", include("wangqun.clocks.urls")),  # the calendar feed: a signed address, no sign-in
    path("admin/files/<path:path>", private_file, name="private_file"),
    path("admin/documents-file/<int:document_id>/<path:document_filename>", document, name="wagtaildocs_serve"),
    path("admin/", include(wagtailadmin_urls)),
    # Wagtail reverses this name to make page addresses; what is not released does not exist for the public.
    re_path(r"^((?:[\w\-]+/)*)$", not_released, name="wagtail_serve"),
    re_path(r"^(?:[\w\-]+/)+[\w\-]+\.\w+$", not_released),  # a file beside a page that moved
]
