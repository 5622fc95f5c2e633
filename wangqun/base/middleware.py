"""What every request passes: where it came from, and what a refusal looks like."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from wangqun.base.errors import Refused
from wangqun.base.gate import is_closed

_address: ContextVar[str] = ContextVar("address", default="")


def current_address() -> str:
    """Return the network address of the request being served, or "" outside of one."""
    return _address.get()


class Origin:
    """Remembers the client's address while a request is served, for the log and the release record (依据：沪22)."""

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


class NeverKept:
    """Lets nobody keep what Django answers to readers: not the browser, no proxy on the way. Released files are not its matter.

    Stands outermost, so that refusals, redirections and faults carry it too. The back office says for itself.
    """

    BACK_OFFICE = "/admin/"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(self.BACK_OFFICE):
            response["Cache-Control"] = "private, no-store"
            del response["Expires"], response["ETag"], response["Last-Modified"]
        return response


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


class BackOfficeGate:
    """Closes the addresses with which Wagtail would go around archive or review: 404, for superusers too (石9、石21)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, arguments: tuple, keywords: dict[str, Any]) -> None:
        if request.resolver_match is not None and is_closed(request.resolver_match.view_name, keywords):
            raise Http404


class Streams:
    """Lets the server send long answers (files, exports) piece by piece; Django alone would gather them in memory first."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        response = self.get_response(request)
        if response.streaming and not response.is_async and isinstance(request, ASGIRequest):
            response.streaming_content = _in_thread(iter(response.streaming_content))
        return response


async def _in_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces of a blocking iterator without blocking the event loop."""
    take = sync_to_async(lambda: next(pieces, None))
    while (piece := await take()) is not None:
        yield piece
