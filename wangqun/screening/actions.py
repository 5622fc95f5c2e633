"""The verbs of the content check: examine a revision, justify a finding. 依据：石21、石29、沪10。"""

from collections.abc import Iterable

from django.db import transaction
from wagtail.models import Page, Revision

from wangqun.access.actions import require
from wangqun.audit.actions import record
from wangqun.base.errors import Refused
from wangqun.base.moments import now, today
from wangqun.people.models import User
from wangqun.screening.checks import run
from wangqun.screening.checks.hit import Hit
from wangqun.screening.checks.sensitive import FOR_THE_LEADER
from wangqun.screening.content import read
from wangqun.screening.models import Dictionary, Examination, Finding, Justification
from wangqun.screening.words import word_lists
from wangqun.websites.content import content_hash

FACTS = ("check_code", "level", "place", "anchor", "excerpt", "message", "basis")


@transaction.atomic
def examine(revision: Revision) -> Examination:
    """Run every check over what `revision` would show and keep what they find.

    Returns the examination. Examining the same content by the same dictionary again changes nothing, unless something
    outside of the text changed meanwhile (a linked page went public, a source was approved): then the new result is kept
    as a further run. What was justified for exactly this content stays justified.
    Raises Refused where no dictionary is in effect. 依据：石21、石29、沪10。
    """
    Revision.objects.select_for_update().get(pk=revision.pk)  # one examination of a revision at a time
    dictionary = Dictionary.objects.in_effect(today())
    if dictionary is None:
        raise Refused("没有生效的检查词库，请商务信息处先登记词库，再提交检查。")
    digest = content_hash(revision)
    hits = run(read(revision.as_object()), word_lists(dictionary))
    earlier = (
        Examination.objects.filter(revision=revision, content_hash=digest, dictionary=dictionary)
        .prefetch_related("findings")
        .order_by("-run")
        .first()
    )
    if earlier is not None and [_facts(finding) for finding in earlier.findings.all()] == [_facts(hit) for hit in hits]:
        return earlier
    examination = Examination.objects.create(
        revision=revision,
        page_id=int(revision.object_id),
        content_hash=digest,
        dictionary=dictionary,
        run=earlier.run + 1 if earlier else 1,
        at=now(),
    )
    Finding.objects.bulk_create(Finding(examination=examination, **dict(zip(FACTS, _facts(hit), strict=True))) for hit in hits)
    _carry_over(examination)
    return examination


def latest(revision: Revision) -> Examination | None:
    """Return the last examination of what `revision` shows now; None where it was not examined since it was last saved."""
    last = Examination.objects.filter(revision=revision).order_by("-id").first()
    return last if last is not None and last.content_hash == content_hash(revision) else None


def is_sensitive(examination: Examination) -> bool:
    """Return whether `examination` found what sends a text to the leader in charge. 依据：石21。"""
    return examination.findings.filter(check_code__in=FOR_THE_LEADER).exists()


def author_keys(pages: Iterable[Page]) -> dict[int, set[int]]:
    """Return by page the keys of those who wrote what is not yet released of it; they may not review or justify it.

    That is everybody who saved a revision after the released one; where nothing was released, everybody who ever
    saved one, and the owner. Costs two queries, however many pages. 依据：石14（自己写的不能自己审）。
    """
    keys = [page.pk for page in pages]
    # A draft object may hold stale values of these.
    rows = Page.objects.filter(pk__in=keys).values_list("pk", "live_revision_id", "owner_id", "owner__is_system")
    found: dict[int, set[int]] = {}
    live: dict[int, int] = {}
    for pk, revision, owner, is_system in rows:
        live[pk] = revision or 0
        found[pk] = set() if revision or owner is None or is_system else {owner}
    revisions = Revision.page_revisions.filter(object_id__in=[str(pk) for pk in keys], user__is_system=False)
    for page, revision, user in revisions.values_list("object_id", "pk", "user_id"):
        if revision > live[int(page)]:
            found[int(page)].add(user)
    return found


def authors(page: Page) -> list[User]:
    """Return the authors of one page as people, in order of id; see `author_keys`."""
    return list(User.objects.filter(pk__in=author_keys([page])[page.pk]).order_by("pk"))


@transaction.atomic
def justify(finding: Finding, *, reason: str, by: User) -> Justification:
    """State why `finding` may stand. Needs `screening.justify` for the page; never by one who wrote the text.

    Raises Refused for a finding that must be corrected or is only advice, for one already justified, for one of an
    older version of the text, and where no reason is given. 依据：石21。
    """
    finding = Finding.objects.select_for_update().select_related("examination__revision").get(pk=finding.pk)
    examination = finding.examination
    page = examination.page
    require(by, "screening.justify", page)
    if by in authors(page) or by.pk == examination.revision.user_id:
        raise Refused("您写过或改过这篇稿件，不能由您说明，请另一位审核人员办理。")
    if finding.level == Finding.Level.BLOCKS:
        raise Refused("此项必须修改，不能以说明代替，请改正后重新检查。")
    if finding.level == Finding.Level.ADVICE:
        raise Refused("此项只是建议，不影响审核，无须说明。")
    reason = reason.strip()
    if not reason:
        raise Refused("请写明此处可以保留的理由，检查单要存档。")
    if len(reason) > 255:
        raise Refused("理由不能超过 255 个字，请写得简短些。")
    newest = Examination.objects.filter(page_id=examination.page_id).order_by("-id").first()
    if newest != examination or page.latest_revision_id != examination.revision_id:
        raise Refused("稿件已有新的版本或新的检查结果，请对最新的检查结果说明。")
    if Justification.objects.filter(finding=finding).exists():
        raise Refused("此项已有人说明，请刷新后再看。")
    made = Justification.objects.create(finding=finding, reason=reason, by=by, at=now())
    record(
        "screening.justify",
        finding,
        by=by,
        data={"page": page.pk, "revision": examination.revision_id, "check": finding.check_code, "reason": reason},
    )
    return made


def _facts(found: Hit | Finding) -> tuple[str, ...]:
    """Return a finding's facts, cut to what the table holds."""
    longest = {"place": 128, "anchor": 128, "excerpt": 255, "message": 255, "basis": 128}
    return tuple(str(getattr(found, name))[: longest.get(name, 32)] for name in FACTS)


def _carry_over(examination: Examination) -> None:
    """Keep for `examination` the justifications that were given for exactly the same findings of exactly the same content."""
    given = Justification.objects.filter(
        finding__examination__page_id=examination.page_id, finding__examination__content_hash=examination.content_hash
    ).select_related("finding")
    by_facts = {_facts(justification.finding): justification for justification in given.order_by("id")}
    for finding in examination.findings.filter(level=Finding.Level.JUSTIFY) if by_facts else []:
        if kept := by_facts.get(_facts(finding)):
            Justification.objects.create(finding=finding, reason=kept.reason, by_id=kept.by_id, at=kept.at)
