"""Public addresses that Django answers: what is not released."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_released(request: HttpRequest, path: str = "") -> HttpResponse:
    """Say that there is no such page; the front has already looked for a released file."""
    return render(request, "404.html", status=404)
