"""From made pages to the tree and its rows: what is newer is never overwritten by what is older. 依据：沪23、沪27。"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from wangqun.base.moments import now
from wangqun.columns.models import PublicItem
from wangqun.publication import manifest, tree
from wangqun.publication.models import File, FileSource, RenderRun, Tree
from wangqun.publication.render import TRADITIONAL, Made, MadePage

DIGESTS = ("sha256", "gzip_sha256", "brotli_sha256")


@dataclass(frozen=True)
class Parcel:
    """One file on its way: made, packed, and where it waits on the disk (None where the same bytes stand already)."""

    page: MadePage
    made: Made
    packed: tree.Packed
    aside: int


def prepare(run: RenderRun, pages: Sequence[MadePage]) -> list[Parcel]:
    """Pack all files of the pages and write them aside. Raises OSError where the disk is full; readers see no change."""
    parcels: list[Parcel] = []
    for page in pages:
        for made in page.files:
            packed = tree.pack(made.content, made.content_type)
            tree.write_aside(run.pk, len(parcels), packed)
            parcels.append(Parcel(page, made, packed, len(parcels)))
    return parcels


def write(run: RenderRun, pages: Sequence[MadePage], *, reason: str, trees: dict[int, Tree] | None = None) -> int:
    """Put the files of `pages` in place, with their rows, sources and a sheet of the manifest; returns how many changed.

    `trees` (website -> tree) names other trees than those the public sees. Files first, then rows: killed in between,
    the orders still wait and everything is done again with the same result.
    """
    parcels = prepare(run, pages)
    changed = 0
    lines: list[manifest.Line] = []
    with transaction.atomic():
        held = _hold(pages, trees)
        for website_id, number in sorted(held.items()):
            those = [page for page in pages if page.release is not None and page.release.website_id == website_id]
            mine = [parcel for parcel in parcels if parcel.page in those]
            lines += _write_tree(run, number, those, mine, reason)
        changed = len({(line.host, line.path.removesuffix(".gz").removesuffix(".br")) for line in lines})
        if lines and trees is None:
            manifest.add_change(lines, run=run.pk)
        for page in pages:
            if page.is_whole:
                other = PublicItem.objects.filter(page_id=page.page_id).exclude(cover=page.cover)
                page.has_new_cover = other.update(cover=page.cover) > 0
    return changed


def _hold(pages: Iterable[MadePage], trees: dict[int, Tree] | None) -> dict[int, Tree]:
    """Lock the trees that the pages go to, in order, so that one run at a time writes into each."""
    websites = {page.release.website_id for page in pages if page.release is not None}
    if trees is not None:
        return {website: trees[website] for website in websites if website in trees}
    rows = Tree.objects.current().filter(website_id__in=websites).order_by("pk").select_for_update()
    return {row.website_id: row for row in rows}


def _write_tree(run: RenderRun, number: Tree, pages: list[MadePage], parcels: list[Parcel], reason: str) -> list[manifest.Line]:
    """Write into one locked tree; returns what changed in it."""
    page_ids = {page.page_id for page in pages}
    rows = {row.path: row for row in File.objects.filter(tree=number, path__in=[parcel.made.path for parcel in parcels])}
    lines: list[manifest.Line] = []
    put: list[File] = []
    used: dict[str, frozenset[str]] = {}
    for parcel in parcels:
        path, packed = parcel.made.path, parcel.packed
        old = rows.get(path)
        if path in used or (old is not None and old.run > run.pk):
            continue  # somebody made it later, from later facts
        row = _row(number, parcel.page, parcel.made, packed, run, reason)
        is_same = old is not None and all(getattr(old, name) == getattr(row, name) for name in DIGESTS)
        if is_same and old is not None and tree.stands(number.host, number.number, path, packed):
            row.built_at, row.reason = old.built_at, old.reason
        else:
            tree.put(tree.base() / "aside" / str(run.pk) / str(parcel.aside), number.host, number.number, path, packed)
        if not is_same or (old is not None and old.release_id != row.release_id):
            lines += _lines(number, row, packed)
        put.append(row)
        used[path] = parcel.made.sources
    made_paths = {parcel.made.path for parcel in parcels}
    whole = [page.page_id for page in pages if page.is_whole]
    asked = {folder + path for page in pages for path in page.asked for folder in ("", TRADITIONAL)}
    held = File.objects.filter(Q(page_id__in=whole) | Q(page_id__in=page_ids, path__in=asked), tree=number)
    gone = [row for row in held if row.path not in made_paths and row.run <= run.pk]
    for row in gone:
        tree.remove(number.host, number.number, row.path)
        lines += _lines(number, row, None)
    File.objects.filter(pk__in=[row.pk for row in gone]).delete()
    File.objects.bulk_create(
        put, update_conflicts=True, unique_fields=["tree", "path"],
        update_fields=[
            "page", "release", "content_type", "sha256", "gzip_sha256", "brotli_sha256", "size", "built_at", "run", "reason",
        ],
    )  # fmt: skip
    _note_sources(number, used, page_ids)
    return lines


def _row(number: Tree, page: MadePage, made: Made, packed: tree.Packed, run: RenderRun, reason: str) -> File:
    """Return the row of one file as it is made now."""
    return File(
        tree=number, path=made.path, page_id=page.page_id, release=made.release or page.release,
        content_type=made.content_type, sha256=packed.digest(""), gzip_sha256=packed.digest(".gz"),
        brotli_sha256=packed.digest(".br"), size=len(packed.parts[""]), built_at=now(), run=run.pk, reason=reason[:255],
    )  # fmt: skip


def _lines(number: Tree, row: File, packed: tree.Packed | None) -> list[manifest.Line]:
    """Return the lines of the manifest for a file and its twins; `packed` None says that they are gone."""
    if packed is None:
        digests = {"": row.sha256, ".gz": row.gzip_sha256, ".br": row.brotli_sha256}
        suffixes = [suffix for suffix, digest in digests.items() if digest]
        return [manifest.Line(number.host, number.number, row.path + suffix, "", 0, row.release_id) for suffix in suffixes]
    return [
        manifest.Line(number.host, number.number, row.path + suffix, packed.digest(suffix), len(part), row.release_id)
        for suffix, part in packed.parts.items()
    ]


def _note_sources(number: Tree, used: dict[str, frozenset[str]], page_ids: set[int]) -> None:
    """Bring the sources of the files just written in line with what they were made from."""
    files = dict(File.objects.filter(tree=number, path__in=used).values_list("path", "pk"))
    known: dict[int, set[str]] = {pk: set() for pk in files.values()}
    for file_id, key in FileSource.objects.filter(file_id__in=files.values()).values_list("file_id", "key"):
        known[file_id].add(key)
    fresh = []
    for path, keys in used.items():
        pk = files[path]
        fresh += [FileSource(file_id=pk, key=key) for key in keys - known[pk]]
        if old := known[pk] - keys:
            FileSource.objects.filter(file_id=pk, key__in=old).delete()
    FileSource.objects.bulk_create(fresh, ignore_conflicts=True)


def write_new(run: RenderRun, into: Tree, pages: Sequence[MadePage], *, reason: str) -> int:
    """Write pages into a tree that nobody reads yet and that has no rows of theirs; returns how many files."""
    rows, used = [], {}
    for page in pages:
        for made in page.files:
            packed = tree.pack(made.content, made.content_type)
            tree.write_new(into.host, into.number, made.path, packed)
            rows.append(_row(into, page, made, packed, run, reason))
            used[made.path] = made.sources
    with transaction.atomic():
        made_rows = File.objects.bulk_create(rows, batch_size=500)
        links = [FileSource(file_id=row.pk, key=key) for row in made_rows for key in used[row.path]]
        FileSource.objects.bulk_create(links, batch_size=2000)
        for page in pages:
            if page.cover:
                PublicItem.objects.filter(page_id=page.page_id).exclude(cover=page.cover).update(cover=page.cover)
    return len(rows)
