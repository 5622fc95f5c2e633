"""How far each page has come in each language: what is released, and how many versions of the source came after it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from wangqun.access.models import Grant
from wangqun.access.rights import roles_with
from wangqun.articles.models import ArticlePage
from wangqun.columns.models import PublicItem
from wangqun.languages.known import TRADITIONAL, written
from wangqun.languages.models import PageName
from wangqun.people.models import User
from wangqun.publication.models import Release

SYNCED, STALE, DRAFT, MISSING, MACHINE = "synced", "stale", "draft", "missing", "machine"
NAMES: dict[str, str] = {SYNCED: "已同步", STALE: "落后", DRAFT: "在译", MISSING: "缺", MACHINE: "自动转换"}
BY_HAND = {SYNCED: "人工繁体（有效）", STALE: "人工繁体（落后，现用自动转换）", DRAFT: "人工繁体（未发布，现用自动转换）"}
RIGHTS = ("articles.write", "columns.manage", "reviews.centre")


@dataclass(frozen=True)
class State:
    """One cell of the table."""

    code: str
    language: str
    page_id: int | None = None
    behind: int = 0

    def __str__(self) -> str:
        if self.language == TRADITIONAL and self.code in BY_HAND:
            return BY_HAND[self.code]
        return f"落后 {self.behind} 版" if self.code == STALE else NAMES[self.code]


def languages() -> list[str]:
    """Return the languages that the table has a column for."""
    return [TRADITIONAL, *written()]


def versions_behind(translation: ArticlePage) -> int:
    """Return how many versions of its source came after the one that a translation was made from; 0 for what is up to date.

    A source may go back to an earlier wording: then its newest version with that wording counts.
    """
    if translation.translation_of_id is None:
        return 0
    versions = _versions([translation.translation_of_id])[translation.translation_of_id]
    return _behind(versions, translation.translated_hash)


def _versions(page_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the digests of what was released of each page, from the oldest, the same one in a row counted once."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = Release.objects.filter(page_id__in=page_ids).exclude(kind=Release.Kind.WITHDRAWAL).order_by("page_id", "number")
    for page_id, digest in rows.values_list("page_id", "content_hash"):
        if found[page_id][-1:] != [digest]:
            found[page_id].append(digest)
    return found


def _behind(versions: list[str], made_from: str) -> int:
    return versions[::-1].index(made_from) if made_from in versions else len(versions)


def rows_for(user: User) -> QuerySet[PublicItem]:
    """Return the public pages in Chinese within the scopes in which `user` writes, reviews or keeps columns."""
    roles = {role for right in RIGHTS for role in roles_with(right)}
    scopes = list(Grant.objects.in_force().filter(user=user, role__in=roles).values_list("page__path", flat=True))
    rows = PublicItem.objects.exclude(language__in=languages()).select_related("website", "column")
    if user.is_system or None in scopes:
        return rows
    within = Q(pk__in=[])
    for path in scopes:
        within |= Q(path__startswith=path)
    return rows.filter(within)


def with_state(rows: QuerySet[PublicItem], language: str) -> QuerySet[PublicItem]:
    """Add to each row its state in one language, as `state`, for the database to filter and sort by."""
    theirs = ArticlePage.objects.filter(translation_of_id=OuterRef("page_id"), language=language)
    released = Release.objects.filter(page_id=OuterRef("page_id")).exclude(kind=Release.Kind.WITHDRAWAL)
    rows = rows.annotate(
        translation=Subquery(theirs.values("pk")[:1]),
        made_from=Subquery(theirs.values("translated_hash")[:1]),
        newest=Subquery(released.order_by("-number").values("content_hash")[:1]),
        is_released=Exists(PublicItem.objects.filter(page_id=OuterRef("translation"))),
        is_named=Exists(PageName.objects.filter(page_id=OuterRef("page_id"), language=language)),
    )
    absent = MACHINE if language == TRADITIONAL else MISSING
    named = [] if language == TRADITIONAL else [When(~Q(kind=PublicItem.Kind.ARTICLE), is_named=True, then=Value(SYNCED))]
    cases = [
        *named,
        When(translation__isnull=True, then=Value(absent)),
        When(is_released=False, then=Value(DRAFT)),
        When(newest=Coalesce(F("made_from"), Value("")), then=Value(SYNCED)),
    ]
    return rows.annotate(state=Case(*cases, default=Value(STALE), output_field=CharField()))


def states(rows: Collection[PublicItem]) -> dict[int, dict[str, State]]:
    """Return the state of each page in each language, by page; four queries, however many rows."""
    ids = [row.page_id for row in rows]
    translations = list(ArticlePage.objects.filter(translation_of_id__in=ids).only("pk", "language", "translated_hash"))
    public = set(PublicItem.objects.filter(page_id__in=[one.pk for one in translations]).values_list("page_id", flat=True))
    versions = _versions(ids)
    named = set(PageName.objects.filter(page_id__in=ids).values_list("page_id", "language"))
    found: dict[int, dict[str, State]] = {}
    for row in rows:
        absent = {language: MACHINE if language == TRADITIONAL else MISSING for language in languages()}
        found[row.page_id] = {
            language: State(SYNCED if (row.page_id, language) in named else code, language) for language, code in absent.items()
        }
    for one in translations:
        source = one.translation_of_id or one.pk
        behind = _behind(versions[source], one.translated_hash)
        code = DRAFT if one.pk not in public else STALE if behind else SYNCED
        found[source][one.language] = State(code, one.language, one.pk, behind)
    return found
