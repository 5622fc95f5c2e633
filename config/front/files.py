"""The files of the release tree, ready to send: found, read, given their headers, kept in memory."""

import hashlib
import json
import mimetypes
import os
import re
import stat
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from config.front.addresses import TWINS

Headers = list[tuple[bytes, bytes]]
Signature = tuple[int, int, int, int]

RECHECK = 0.2  # seconds for which a file in memory is believed without a look at the disk
LARGEST_KEPT = 2 * 1024 * 1024  # bytes; a larger file is read from disk each time, piece by piece
TOTAL_KEPT = 64 * 1024 * 1024  # bytes of bodies in memory
STATIC = ":static"  # stands for the site where the collected static files are meant

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PROTECTION: Headers = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".txt": "text/plain",
    ".xml": "application/xml", ".rss": "application/rss+xml", ".atom": "application/atom+xml", ".json": "application/json",
    ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon", ".woff2": "font/woff2", ".woff": "font/woff",
    ".pdf": "application/pdf", ".webmanifest": "application/manifest+json",
}  # fmt: skip
"""What a browser may show. Any other kind of file is handed over to be saved."""
TEXTUAL = (
    "text/",
    "application/xml",
    "application/rss",
    "application/atom",
    "application/json",
    "image/svg",
    "application/manifest",
)
HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")


@dataclass(slots=True)
class Reply:
    """One file ready to send.

    `wire` is what goes over the wire after status line and date: headers, blank line and, from `body_at`, the body;
    None for a file too large to keep. `length` is that of the body in bytes.
    """

    status: int
    site: str
    path: str
    file: str
    signature: Signature
    length: int
    checked_at: float
    wire: bytes | None = None
    body_at: int = 0
    etag: bytes = b""
    headers: Headers = field(default_factory=list)
    unchanged: Headers = field(default_factory=list)
    unchanged_wire: bytes = b""
    is_page: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """The address of a released page, written without its closing slash or with `index.html`."""

    target: str


Key = tuple[str, str, str]


@dataclass(slots=True)
class Memory:
    """Replies by site, path and encoding, the least recently used dropped first; `held` is the size of their bodies."""

    limit: int = TOTAL_KEPT
    replies: OrderedDict[Key, Reply] = field(default_factory=OrderedDict)
    held: int = 0

    def find(self, key: Key) -> Reply | None:
        reply = self.replies.get(key)
        if reply is not None:
            self.replies.move_to_end(key)
        return reply

    def keep(self, key: Key, reply: Reply) -> None:
        self.drop(key)
        self.replies[key] = reply
        self.held += len(reply.wire or b"")
        while self.held > self.limit or len(self.replies) > 50_000:
            self.drop(next(iter(self.replies)))

    def drop(self, key: Key) -> None:
        if (old := self.replies.pop(key, None)) is not None:
            self.held -= len(old.wire or b"")


class Sites:
    """The sites that the tree serves, from `hosts.json`: {"default": name, "hosts": [names]}; and where their files lie."""

    def __init__(self, release_root: Path, static_root: Path) -> None:
        self.listing = release_root / "hosts.json"
        self.release, self.static = os.path.realpath(release_root), str(static_root)
        self.default, self.names = "", frozenset[str]()
        self._checked_at, self._changed_at = -1.0, (-1, -1)
        self._roots: dict[str, tuple[str, float]] = {}

    def refresh(self, now: float) -> None:
        """Read `hosts.json` again where it has changed; a damaged one leaves what was read last in force."""
        if now - self._checked_at < RECHECK:
            return
        self._checked_at = now
        try:
            info = self.listing.stat()
            if (info.st_mtime_ns, info.st_ino) == self._changed_at:
                return
            listed = json.loads(self.listing.read_text(encoding="utf-8"))
            self.default = str(listed.get("default") or "").lower()
            self.names = frozenset(str(name).lower() for name in listed.get("hosts", [])) | ({self.default} - {""})
            self._changed_at = (info.st_mtime_ns, info.st_ino)
        except FileNotFoundError:
            self.default, self.names, self._changed_at = "", frozenset(), (-1, -1)
        except (OSError, ValueError, AttributeError, TypeError):
            pass
        self._roots = {name: kept for name, kept in self._roots.items() if name in self.names or name == STATIC}

    def root(self, site: str, now: float) -> str:
        """Return the folder of a site in the generation in force, all symbolic links followed; "" where it has none.

        All files of one reply are looked for below one such folder, so that a reply never mixes two generations.
        """
        root, checked_at = self._roots.get(site, ("", -1.0))
        if now - checked_at < RECHECK:
            return root
        if site == STATIC:
            root = os.path.realpath(self.static)
        else:
            root = os.path.realpath(f"{self.release}/current/{site}")
            if not root.startswith(self.release + "/"):
                root = ""
        self._roots[site] = (root, now)
        return root

    def forget_root(self, site: str) -> None:
        """Look again which generation is in force."""
        self._roots.pop(site, None)


def candidates(root: str, path: str) -> tuple[list[tuple[str, int]], str]:
    """Return (files to try with their status, redirect target) for a path of a site; ([], "") where none can be."""
    base = root + path
    folder, _, last = base.rpartition("/")
    if not last:
        return [(base + "index.html", 200), (base + "gone.html", 410)], ""
    if last == "index.html":
        return [], path.removesuffix("index.html") if os.path.isfile(base) else ""
    if last == "gone.html" or last.endswith(".new") or is_twin(base):
        return [], ""
    if "." in last:
        return [(base, 200), (base + "/gone.html", 410), (folder + "/gone.html", 410)], ""
    is_known = os.path.isfile(base + "/index.html") or os.path.isfile(base + "/gone.html")
    return [], path + "/" if is_known else ""


def is_twin(file: str) -> bool:
    """Return whether the file is the compressed form of another one."""
    return any(file.endswith(suffix) and os.path.exists(file.removesuffix(suffix)) for suffix in TWINS.values())


class Files:
    """Finds the file of an address and makes its reply, from memory where it is fresh."""

    def __init__(self, sites: Sites, protection: Headers, kept: int = TOTAL_KEPT) -> None:
        self.sites, self.protection, self.memory = sites, protection, Memory(kept)

    def find(self, site: str, path: str, encoding: str, now: float) -> Reply | Redirect | None:
        """Return what is released at `path` of `site` for a reader who takes `encoding`; None where nothing is."""
        key = (site, path, encoding)
        known = self.memory.find(key)
        if known is not None and now - known.checked_at < RECHECK:
            return known
        root = self.sites.root(site, now)
        found = self._look(root, key, known, now)
        if found is None:
            self.sites.forget_root(site)
            if (newer := self.sites.root(site, now)) != root:  # the generation was switched just now
                found = self._look(newer, key, known, now)
        if not isinstance(found, Reply):
            self.memory.drop(key)
        elif found is not known:
            self.memory.keep(key, found)
        return found

    def _look(self, root: str, key: Key, known: Reply | None, now: float) -> Reply | Redirect | None:
        """Look on the disk, below one folder."""
        site, path, encoding = key
        if not root:
            return None
        if site == STATIC:
            files, target = [(root + path.removeprefix("/static"), 200)], ""
        else:
            files, target = candidates(root, path)
        if target:
            return Redirect(target)
        for file, status in files:
            try:
                return self._read(file, status, key, known, now)
            except (OSError, ValueError):
                continue
        return None

    def _read(self, file: str, status: int, key: Key, known: Reply | None, now: float) -> Reply:
        """Return the reply of a file, the known one where the file is unchanged; raises OSError where there is none."""
        chosen, used, info = file, "", os.stat(file)
        if suffix := TWINS.get(key[2]):
            try:
                twin = os.stat(file + suffix)
                # A twin carries the time of its file (publication/tree.py); another one belongs to another text.
                if twin.st_mtime_ns == info.st_mtime_ns:
                    chosen, used, info = file + suffix, key[2], twin
            except FileNotFoundError:
                pass
        if known is not None and known.file == chosen and known.signature == signature_of(info):
            known.checked_at = now
            return known
        body = None
        with open_released(chosen) as opened:
            info = os.fstat(opened.fileno())
            if info.st_size <= LARGEST_KEPT:
                body = opened.read()
        length = info.st_size if body is None else len(body)
        reply = Reply(status, key[0], key[1], chosen, signature_of(info), length, now)
        self._dress(reply, file, body, used)
        return reply

    def _dress(self, reply: Reply, file: str, body: bytes | None, used: str) -> None:
        """Give a reply all its headers and its bytes; `used` is the encoding of these, "" for none."""
        extension = os.path.splitext(file)[1].lower()
        shown, is_static = TYPES.get(extension), reply.site == STATIC
        kind = shown or mimetypes.guess_type(file)[0] or "application/octet-stream"
        if kind.startswith("text/") and not shown:
            kind = "application/octet-stream"
        is_textual = kind.startswith(TEXTUAL)
        reply.is_page = kind == "text/html" and reply.status == 200 and not is_static
        # By content, so that writing the same text again leaves readers what they have, and no clock can deceive.
        mark = "-".join(f"{part:x}" for part in reply.signature) if body is None else hashlib.sha256(body).hexdigest()[:24]
        reply.etag = f'"{mark}{"-" + used if used else ""}"'.encode()
        lasting: Headers = [
            (b"etag", reply.etag),
            (b"cache-control", b"public, max-age=31536000, immutable" if is_static and HASHED.search(file) else b"no-cache"),
            *self.protection,
        ]
        if is_textual:
            lasting.append((b"vary", b"accept-encoding"))
        headers: Headers = [
            (b"content-type", (kind + ("; charset=utf-8" if is_textual else "")).encode()),
            (b"content-length", str(reply.length).encode()),
            *lasting,
        ]
        if reply.status == 200:
            headers.append((b"accept-ranges", b"bytes"))
        if used:
            headers.append((b"content-encoding", used.encode()))
        if not shown and not is_static:
            name = quote(os.path.basename(file), safe="")
            headers.append((b"content-disposition", f"attachment; filename*=UTF-8''{name}".encode()))
        reply.headers, reply.unchanged, reply.unchanged_wire = headers, lasting, on_the_wire(lasting)
        if body is not None:
            head = on_the_wire(headers)
            reply.wire, reply.body_at = head + body, len(head)


def on_the_wire(headers: Headers) -> bytes:
    """Return headers as they are sent, with the blank line that ends them."""
    return b"".join(b"%b: %b\r\n" % pair for pair in headers) + b"\r\n"


def signature_of(info: os.stat_result) -> Signature:
    """Return what changes when a file is replaced or altered."""
    return info.st_mtime_ns, info.st_size, info.st_ino, info.st_ctime_ns


def open_released(path: str) -> BinaryIO:
    """Open a plain file for reading; raises OSError where it is none, or a symbolic link stands anywhere in its path.

    The links of the tree itself, `current` and the sites, are followed before (`Sites.root`).
    """
    if os.path.realpath(path) != path:
        raise FileNotFoundError(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    return os.fdopen(descriptor, "rb")
