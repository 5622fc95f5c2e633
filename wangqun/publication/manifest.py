"""Signed sheets that say what must be in the public tree: one chain, Ed25519, readable without this program. 依据：沪27。

    <RELEASE_ROOT>/manifests/<number>.json    one sheet, lines of JSON:
        {"kind": …, "number": …, "previous": …, "generation": …, "trees": {host: number}, …}     what it is
        ["www.example.gov.cn", 3, "news/index.html", "<sha256>", 30123, 812]                      one file, or a twin
        {"digest": …, "key_id": …, "signature": …}                                                the seal

The digest is the SHA-256 of all bytes before the seal, the digest of the sheet before included; the signature covers the
digest. An empty SHA-256 means that the file is gone. docs/operations/tamper-proof.md says how to check it from outside.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Collate

from wangqun.base.moments import now
from wangqun.publication.models import File, Generation, Manifest, Tree

FIELDS = ["host", "tree", "path", "sha256", "size", "release"]
PURPOSE = b"wangqun-manifest-1\n"
"""Stands before the digest in what is signed, so that a signature can be taken for nothing else."""


@dataclass(frozen=True)
class Line:
    """One file as it must stand, or "" for `sha256` where it must not; a twin is a line of its own."""

    host: str
    tree: int
    path: str
    sha256: str
    size: int | None
    release: int | None

    def text(self) -> str:
        return compact([self.host, self.tree, self.path, self.sha256, self.size, self.release])


def compact(value: Any) -> str:
    """Return JSON that is always written the same way."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# -- the key ---------------------------------------------------------------------------------------------------------------


def key_place() -> Path:
    """Return where the private key lies; raises ImproperlyConfigured inside the public tree."""
    place = Path(settings.WANGQUN_MANIFEST_KEY)
    if place.resolve().is_relative_to(Path(settings.RELEASE_ROOT).resolve()):
        raise ImproperlyConfigured("WANGQUN_MANIFEST_KEY 不能放在公开文件目录之内。")
    return place


def key_id(key: Ed25519PublicKey) -> str:
    """Return the short name of a public key: the first 16 digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def public_place(identity: str = "") -> Path:
    """Return where a public key lies: that in use, or by its identity also a former one."""
    place = key_place()
    return place.with_name(f"{place.stem}.{identity}.pub.pem" if identity else f"{place.stem}.pub.pem")


def signing_key() -> Ed25519PrivateKey:
    """Return the key in use, made at the first use; file mode 0600."""
    place = key_place()
    if not place.exists():
        _write_key(place, Ed25519PrivateKey.generate())
        _show_public(_read_key(place))
    return _read_key(place)


def _read_key(place: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(place.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(f"{place} 不是 Ed25519 私钥。")
    return key


def _write_key(place: Path, key: Ed25519PrivateKey) -> None:
    """Write a key where none is yet; of two processes that do so at once the first wins."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    content = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(aside, place)
    aside.unlink()


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """Return a public key as people hand it on: PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _show_public(key: Ed25519PrivateKey) -> None:
    public = key.public_key()
    for place in (public_place(key_id(public)), public_place()):
        place.write_bytes(public_bytes(public))


def change_key() -> Manifest:
    """Replace the signing key; a sheet signed by the old key names the new one, so the chain of trust goes on.

    The old private key is overwritten: a key that is gone can sign nothing. Its public key stays beside the new one.
    """
    with transaction.atomic():
        generation = hold_chain()
        old = _key_after(newest())
        following = _next_place()
        following.unlink(missing_ok=True)
        _write_key(following, Ed25519PrivateKey.generate())
        public = _read_key(following).public_key()
        made = _change(generation, [], old, new_key=public_bytes(public).decode("ascii"))
        transaction.on_commit(_take_next_key)
    return made


def _next_place() -> Path:
    return key_place().with_name(key_place().name + ".next")


def _take_next_key() -> None:
    with suppress(FileNotFoundError):
        os.replace(_next_place(), key_place())
        _show_public(_read_key(key_place()))


def _key_after(last: Manifest | None) -> Ed25519PrivateKey:
    """Return the key for the sheet after `last`; finishes a change of key that was cut off after its commit."""
    key = signing_key()
    if last is not None and last.count == 0 and last.kind == Manifest.Kind.CHANGE:
        named = json.loads(last.body.split("\n", 1)[0]).get("new_key")
        if named and named.encode("ascii") != public_bytes(key.public_key()):
            _take_next_key()
            key = signing_key()
    return key


# -- sheets ----------------------------------------------------------------------------------------------------------------


def sheet_place(number: int) -> Path:
    """Return where the sheet of that number lies as a file."""
    return Path(settings.RELEASE_ROOT) / "manifests" / f"{number}.json"


def add_change(lines: Sequence[Line], *, run: int) -> Manifest | None:
    """Add a sheet that says what one go of a worker changed, in the caller's transaction; None where nothing changed.

    Raises TransactionManagementError outside of a transaction. Call `export` after the commit.
    """
    if not lines:
        return None
    generation = hold_chain()
    return _change(generation, lines, _key_after(newest()), run=run)


def add_whole(generation: Generation) -> Manifest:
    """Add a sheet with every file of a generation's trees, in the caller's transaction, in steady memory.

    Its lines go to a file only, which `export` renames to its name after the commit.
    """
    hold_chain(or_else=generation)
    last = newest()
    key = _key_after(last)
    head, values = _head(generation, Manifest.Kind.WHOLE, last)
    digest, count, aside = hashlib.sha256(), 0, _aside(values["number"])
    with aside.open("wb") as file:
        for part in _batches(compact(head), _lines_of(generation)):
            digest.update(part)
            file.write(part)
            count += part.count(b"\n")
        seal = _seal(digest.hexdigest(), key)
        file.write(seal_line(seal))
        file.flush()
        os.fsync(file.fileno())
    return Manifest.objects.create(**values, **seal, count=count - 1)


def newest() -> Manifest | None:
    """Return the last sheet of the chain."""
    return Manifest.objects.order_by("-number").first()


def newest_whole() -> Manifest | None:
    """Return the last sheet that names every file."""
    return Manifest.objects.filter(kind=Manifest.Kind.WHOLE).order_by("-number").first()


def export() -> int:
    """Write the sheets that are rows and not files yet, the oldest first; returns how many. Safe to run twice or by two.

    Looks back only as far as the newest sheet that stands, since they are written in order, or the newest whole one.
    """
    missing = []
    for row in Manifest.objects.order_by("-number").iterator(chunk_size=50):
        if sheet_place(row.number).exists():
            break
        missing.append(row)
        if row.kind == Manifest.Kind.WHOLE:
            break
    return sum(write_file(row) for row in reversed(missing))


def write_file(row: Manifest) -> bool:
    """Write one sheet to its file; returns False for a whole sheet whose lines are lost (they stand nowhere else)."""
    seal = seal_line({"digest": row.digest, "signature": row.signature, "key_id": row.key_id})
    aside = _aside(row.number)
    if row.kind == Manifest.Kind.CHANGE:
        aside.unlink(missing_ok=True)  # left by a switch that was rolled back
        aside = aside.with_name(f"{aside.name}.{secrets.token_hex(4)}")
        aside.write_bytes(row.body.encode() + seal)
    elif not _ends_with(aside, seal):
        return sheet_place(row.number).exists()
    with suppress(FileNotFoundError):  # another process was quicker
        os.replace(aside, sheet_place(row.number))
    return True


def seal_line(seal: dict[str, str]) -> bytes:
    """Return the last line of a sheet's file."""
    return (compact(seal) + "\n").encode()


def signature_holds(digest: str, signature: str, key: Ed25519PublicKey) -> bool:
    """Return whether `key` signed the digest."""
    try:
        key.verify(bytes.fromhex(signature), PURPOSE + digest.encode("ascii"))
    except (InvalidSignature, ValueError):
        return False
    return True


def hold_chain(or_else: Generation | None = None) -> Generation:
    """Lock the row that puts the sheets in order, the current generation; returns it.

    Who waited while another switched sees no current row once, and the new one at the second look.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a sheet needs the transaction of the change that it describes")
    for _ in range(2):
        head = Generation.objects.select_for_update().filter(is_current=True).first()
        if head is not None:
            return head
    if or_else is None:
        raise RuntimeError("there is no current generation whose manifest could be continued")
    return or_else


def _head(generation: Generation, kind: str, last: Manifest | None, **details: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the first line of the next sheet, and what its row says too."""
    at = now()
    number, previous = (last.number + 1, last.digest) if last else (1, "")
    trees = dict(generation.trees.values_list("host", "number"))
    head = {
        "kind": str(kind), "number": number, "previous": previous, "generation": generation.number, "trees": trees,
        "at": at.isoformat(timespec="seconds"), "fields": FIELDS, **details,
    }  # fmt: skip
    return head, {"kind": kind, "number": number, "previous": previous, "generation": generation, "at": at}


def _change(generation: Generation, lines: Iterable[Line], key: Ed25519PrivateKey, **details: Any) -> Manifest:
    head, values = _head(generation, Manifest.Kind.CHANGE, newest(), **details)
    written = [line.text() for line in lines]
    body = "\n".join([compact(head), *written, ""])
    seal = _seal(hashlib.sha256(body.encode()).hexdigest(), key)
    return Manifest.objects.create(**values, **seal, count=len(written), body=body)


def _seal(digest: str, key: Ed25519PrivateKey) -> dict[str, str]:
    signature = key.sign(PURPOSE + digest.encode("ascii")).hex()
    return {"digest": digest, "signature": signature, "key_id": key_id(key.public_key())}


def _aside(number: int) -> Path:
    target = sheet_place(number)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(target.name + ".new")


def _ends_with(path: Path, end: bytes) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-len(end), os.SEEK_END)
            return file.read() == end
    except OSError:
        return False


def _lines_of(generation: Generation) -> Iterator[Line]:
    """Yield the line of every file that its rows say, ordered by host and path."""
    for one in generation.trees.order_by("host"):
        yield from lines_of_tree(one)


def lines_of_tree(one: Tree) -> Iterator[Line]:
    """Yield a tree's lines in the order of their paths; twins may stand behind the files after them, hence the heap."""
    waiting: list[tuple[str, str, int | None, int | None]] = []
    for path, release, size, *digests in rows_of(one.pk, "path", "release_id", "size", *DIGESTS):
        while waiting and waiting[0][0] < path:
            name, digest, length, record = heappop(waiting)
            yield Line(one.host, one.number, name, digest, length, record)
        for suffix, digest in zip(SUFFIXES, digests, strict=True):
            if digest:
                heappush(waiting, (path + suffix, digest, None if suffix else size, release))
    while waiting:
        name, digest, length, record = heappop(waiting)
        yield Line(one.host, one.number, name, digest, length, record)


DIGESTS = ("sha256", "brotli_sha256", "gzip_sha256")
SUFFIXES = ("", ".br", ".gz")


def names_of(row: File) -> dict[str, str]:
    """Return a file and its twins by name, with the SHA-256 of each."""
    digests = (row.sha256, row.brotli_sha256, row.gzip_sha256)
    return {row.path + suffix: digest for suffix, digest in zip(SUFFIXES, digests, strict=True) if digest}


def rows_of(tree: int, *fields: str, below: str = "") -> Iterator[Any]:
    """Yield values of a tree's rows, of one folder where given, streamed, in the order of the bytes of their paths."""
    rows = File.objects.filter(tree_id=tree)
    if below:
        rows = rows.filter(path__startswith=below + "/")
    order = Collate(F("path"), "C") if connection.vendor == "postgresql" else F("path")
    return rows.order_by(order.asc()).values_list(*fields).iterator(chunk_size=2000)


def _batches(head: str, lines: Iterable[Line]) -> Iterator[bytes]:
    """Yield the bytes of a long sheet in parts of some hundred lines."""
    waiting = [head]
    for line in lines:
        waiting.append(line.text())
        if len(waiting) >= 500:
            yield ("\n".join(waiting) + "\n").encode()
            waiting.clear()
    yield ("\n".join(waiting) + "\n").encode() if waiting else b""
