"""Pictures on public pages: which size, and the address under which a page's own folder carries it."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from wangqun.websites.pages import Assets

COVER = "fill-960x540|format-jpeg"  # every cover on every page, 16:9


@dataclass(frozen=True)
class Picture:
    """One picture as a page refers to it; sizes in pixels."""

    address: str
    width: int
    height: int


def picture(image: Any, spec: str, assets: Assets | None) -> Picture:
    """Return where the page finds `image` in the size `spec`, and take the file along in `assets`.

    Without `assets` (a preview) the picture comes from the back office.
    """
    rendition = image.get_rendition(spec)
    if assets is None:
        address = reverse("wagtailimages:preview", args=[image.pk, spec.partition("|")[0]])  # it takes no format
    else:
        address = assets.add(rendition.file, rendition.file.name)
    return Picture(address, rendition.width, rendition.height)
