"""Holds the manifest against itself and against the rows: who alters tree and database alike is found here. 依据：沪27。"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import transaction

from wangqun.publication import manifest
from wangqun.publication.models import File, Manifest, Tree

MOST = 100  # faults that one look returns

Key = tuple[str, int, str]


class Fault(NamedTuple):
    """One thing in which manifest and rows do not agree, or the chain does not hold."""

    what: str
    why: str


def faults() -> list[Fault]:
    """Return what is wrong with the chain since the newest whole sheet, and where rows and manifest differ."""
    whole = manifest.newest_whole()
    if whole is None:
        return []
    manifest.export()
    sheets = list(Manifest.objects.filter(number__gte=whole.number).order_by("number").values_list("number", flat=True))
    found = list(islice(_chain_faults(whole.number), MOST))
    if found:
        return found
    return _differences(whole, sheets[-1])


# -- the chain -------------------------------------------------------------------------------------------------------------


def _keys() -> dict[str, Ed25519PublicKey]:
    """Return the public keys that lie beside the private one, by identity."""
    manifest.signing_key()
    found = {}
    for place in manifest.key_place().parent.glob(f"{manifest.key_place().stem}.*pub.pem"):
        try:
            key = load_pem_public_key(place.read_bytes())
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PublicKey):
            found[manifest.key_id(key)] = key
    return found


def _chain_faults(start: int) -> Iterator[Fault]:
    """Yield what is wrong with the sheets from `start` on: digests, signatures, order, files."""
    keys = _keys()
    before: Manifest | None = Manifest.objects.filter(number=start - 1).first()
    for row in Manifest.objects.filter(number__gte=start).order_by("number").iterator(chunk_size=200):
        name = f"清单第 {row.number} 页"
        if row.previous != (before.digest if before else "") or (before and row.number != before.number + 1):
            yield Fault(name, "与前一页不相接")
        if row.key_id not in keys or not manifest.signature_holds(row.digest, row.signature, keys[row.key_id]):
            yield Fault(name, "签名不符")
        is_change = row.kind == Manifest.Kind.CHANGE
        if is_change and hashlib.sha256(row.body.encode()).hexdigest() != row.digest:
            yield Fault(name, "数据库中的内容与摘要不符")
        elif why := _file_fault(row):
            is_restored = is_change and manifest.write_file(row)
            if not (is_restored and why == "缺失"):  # a missing one may simply not have been written yet
                yield Fault(name, f"清单文件{why}{'，已按数据库恢复' if is_restored else ''}")
        before = row


def _file_fault(row: Manifest) -> str:
    """Return what is wrong with the file of a sheet, "" for nothing."""
    place = manifest.sheet_place(row.number)
    seal = manifest.seal_line({"digest": row.digest, "signature": row.signature, "key_id": row.key_id})
    try:
        digest, left = hashlib.sha256(), place.stat().st_size - len(seal)
        with place.open("rb") as file:
            while left > 0 and (part := file.read(min(left, 1 << 20))):
                digest.update(part)
                left -= len(part)
            return "" if digest.hexdigest() == row.digest and file.read() == seal else "内容不符"
    except OSError:
        return "缺失"


# -- manifest and rows -----------------------------------------------------------------------------------------------------


def _differences(whole: Manifest, last: int) -> list[Fault]:
    """Return where the rows differ from the whole sheet and the changes up to number `last`."""
    trees = dict(Tree.objects.current().filter(generations__is_current=True).values_list("host", "number"))
    changes = _changes(whole.number, last)
    said = _as_said(manifest.sheet_place(whole.number), changes, trees)
    held = _as_held(trees)
    suspected = list(islice(_unlike(said, held), 20 * MOST))
    return _confirmed(suspected, whole.number) if suspected else []


def _changes(after: int, until: int | None = None) -> dict[Key, str]:
    """Return what the sheets after a whole one changed: key -> SHA-256."""
    rows = Manifest.objects.filter(number__gt=after, kind=Manifest.Kind.CHANGE)
    changes: dict[Key, str] = {}
    for row in (rows if until is None else rows.filter(number__lte=until)).order_by("number").iterator(chunk_size=50):
        for line in row.body.splitlines()[1:]:
            host, tree, path, sha256, *_ = json.loads(line)
            changes[host, tree, path] = sha256
    return changes


def _as_said(place: Path, changes: dict[Key, str], trees: dict[str, int]) -> Iterator[tuple[Key, str]]:
    """Yield key and SHA-256 of every file as the manifest says, in order."""
    waiting = sorted(((key, sha256) for key, sha256 in changes.items() if trees.get(key[0]) == key[1]), reverse=True)
    with place.open(encoding="utf-8") as file:
        next(file)
        for line in file:
            parsed = json.loads(line)
            if isinstance(parsed, dict):
                break
            key = (parsed[0], parsed[1], parsed[2])
            if trees.get(key[0]) != key[1]:
                continue
            while waiting and waiting[-1][0] < key:
                changed, sha256 = waiting.pop()
                if sha256:
                    yield changed, sha256
            if waiting and waiting[-1][0] == key:
                _, sha256 = waiting.pop()
                if sha256:
                    yield key, sha256
            else:
                yield key, parsed[3]
    yield from ((key, sha256) for key, sha256 in reversed(waiting) if sha256)


def _as_held(trees: dict[str, int]) -> Iterator[tuple[Key, str]]:
    """Yield key and SHA-256 of every file as the rows say, in the same order."""
    ordered = sorted(Tree.objects.current().filter(host__in=trees), key=lambda one: one.host)
    for one in ordered:
        if trees[one.host] == one.number:
            for line in manifest.lines_of_tree(one):
                yield (line.host, line.tree, line.path), line.sha256


def _unlike(said: Iterable[tuple[Key, str]], held: Iterable[tuple[Key, str]]) -> Iterator[Key]:
    """Yield the keys in which two ordered streams differ."""
    left, right = iter(said), iter(held)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if one == other:
            one, other = next(left, None), next(right, None)
        elif other is None or (one is not None and one[0] < other[0]):
            yield one[0]  # type: ignore[index]
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield other[0]
            other = next(right, None)
        else:
            yield one[0]
            one, other = next(left, None), next(right, None)


@transaction.atomic
def _confirmed(suspected: list[Key], whole: int) -> list[Fault]:
    """Look again at what differed, while nobody adds a sheet: a release meanwhile is no fault."""
    manifest.hold_chain()
    newest = manifest.newest_whole()
    if newest is None or newest.number != whole:
        return []  # all was written afresh meanwhile; the next look compares with that
    changes = _changes(whole)
    wanted = set(suspected)
    said = {key: changes[key] for key in wanted if key in changes}
    with manifest.sheet_place(whole).open(encoding="utf-8") as file:
        next(file)
        for line in file:
            parsed = json.loads(line)
            if isinstance(parsed, list) and (key := (parsed[0], parsed[1], parsed[2])) in wanted:
                said.setdefault(key, parsed[3])
    faults = []
    for key in sorted(wanted):
        held = _held_now(key)
        if (said.get(key) or "") != held:
            why = "数据库有，清单没有" if not said.get(key) else "清单有，数据库没有" if not held else "数据库与清单的摘要不同"
            faults.append(Fault(f"{key[0]}/{key[2]}", why))
    return faults[:MOST]


def _held_now(key: Key) -> str:
    """Return the SHA-256 that the rows give for one file or twin now, "" where they know none."""
    host, number, path = key
    rows = File.objects.filter(tree__host=host, tree__number=number)
    for row in rows.filter(path__in=[path, path[:-3]]):
        if digest := manifest.names_of(row).get(path):
            return digest
    return ""
