"""Public addresses that Django answers itself speak the language they begin with: /en/search/, /zh-hant/live/…, a 404."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import override

from wangqun.languages import traditional
from wangqun.languages.known import written


class PathLanguage:
    """Let the view speak; convert what it says where the address asks for traditional Chinese."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        first = request.path_info[1:].partition("/")[0]
        if first in written():
            with override(first):
                return self.get_response(request)
        response = self.get_response(request)
        if first == traditional.PREFIX[1:] and not response.streaming:
            response.content = traditional.convert(response.content, response.get("Content-Type", ""))
        return response
