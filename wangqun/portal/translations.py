"""How far each translation has come: which version of its source it was made from, and how many came after."""

from wangqun.articles.models import ArticlePage
from wangqun.publication.models import Release


def versions_behind(translation: ArticlePage) -> int:
    """Return how many versions of its source came after the one that a translation was made from; 0 for what is up to date.

    A source may go back to an earlier wording: then its newest version with that wording counts.
    """
    if translation.translation_of_id is None:
        return 0
    versions = Release.objects.filter(page_id=translation.translation_of_id).exclude(kind=Release.Kind.WITHDRAWAL)
    made_from = versions.filter(content_hash=translation.translated_hash).order_by("-number").first()
    return versions.filter(number__gt=made_from.number if made_from else 0).count()
