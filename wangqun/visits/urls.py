"""Addresses of the live parts, below `live/` of every site and of its other languages."""

from django.urls import path

from wangqun.visits.views import live

urlpatterns = [path("visits/", live.visits), path("related/", live.related)]
