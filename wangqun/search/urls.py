"""Public addresses of search, below /search/ and below /zh-hant/search/ and /en/search/."""

from django.urls import path

from wangqun.search.views import public

urlpatterns = [
    path("", public.results, name="search"),
    path("suggestions/", public.suggestions, name="search_suggestions"),
]
