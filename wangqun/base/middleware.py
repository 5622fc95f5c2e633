"""What every request passes: where it came from, and what a refusal looks like."""

from collections.abc import Callable
from contextvars import ContextVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from wangqun.base.errors import Refused

_address: ContextVar[str] = ContextVar("address", default="")


def current_address() -> str:
    """Return the network address of the request being served, or "" outside of one."""
    return _address.get()


class Origin:
    """Remembers the client's address while a request is served, for the log and the release record (依据:沪22)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _address.set(request.META.get("REMOTE_ADDR", ""))
        try:
            return self.get_response(request)
        finally:
            _address.reset(token)


class RefusalPage:
    """Shows a `Refused` that no view caught: the sentence, and the way back with everything typed still there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"success": False, "error_code": "refused", "error_message": str(exception)}, status=409)
        return render(request, "refused.html", {"sentence": str(exception)}, status=409)


class AtomicWrites:
    """Puts every request that may write into one transaction, the back office's own views included.

    Wagtail's views write in several transactions; a process killed between two of them would leave half a state.
    Any exception rolls everything back, also one that became an error page.
    """

    SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in self.SAFE:
            return self.get_response(request)
        with transaction.atomic():
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if request.method not in self.SAFE:
            transaction.set_rollback(True)
