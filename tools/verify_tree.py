#!/usr/bin/env python3
"""核对公开文件的独立程序：只需要公钥和清单，不需要网群程序，也不需要数据库。

    python3 verify_tree.py --key manifest.pub.pem --manifests 清单目录 --tree 发布目录/current
    python3 verify_tree.py --key manifest.pub.pem --manifests 清单目录 --http https://www.example.gov.cn --sample 500

Checks the chain of signed sheets, replays them, and compares what stands on the disk, or what a server answers, with them.
One line for each finding; exit code 0: all as released, 1: findings, 2: could not check. Standard library only; signatures
are checked by the package `cryptography` where it is installed, otherwise by the program `openssl` (3.0 or later).
docs/operations/tamper-proof.md says how to get key and sheets, and what to do about a finding.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import http.client
import json
import multiprocessing
import os
import random
import shutil
import ssl
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

PURPOSE = b"wangqun-manifest-1\n"
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
AT_ONCE = 200  # folders that a process compares in one go


class CannotCheck(Exception):
    """The sheets or the key cannot be used at all."""


# -- signatures ------------------------------------------------------------------------------------------------------------


class Key:
    """One Ed25519 public key."""

    def __init__(self, pem: bytes) -> None:
        self.pem = pem
        lines = [line for line in pem.decode("ascii", "replace").splitlines() if line and not line.startswith("-----")]
        try:
            raw = base64.b64decode("".join(lines), validate=True)[-32:]
        except ValueError as fault:
            raise CannotCheck("公钥文件读不懂") from fault
        if len(raw) != 32:
            raise CannotCheck("公钥文件读不懂")
        self.raw, self.identity = raw, hashlib.sha256(raw).hexdigest()[:16]

    def signed(self, digest: str, signature: str) -> bool:
        """Return whether this key signed the digest of a sheet."""
        try:
            given = bytes.fromhex(signature)
        except ValueError:
            return False
        try:
            from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - may not be installed here
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
        except ImportError:
            return self._signed_by_openssl(digest, given)
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(given, PURPOSE + digest.encode("ascii"))
        except InvalidSignature:
            return False
        return True

    def _signed_by_openssl(self, digest: str, given: bytes) -> bool:
        program = shutil.which("openssl")
        if program is None:
            raise CannotCheck("没有 cryptography，也没有 openssl，无法验证签名")
        with tempfile.TemporaryDirectory() as name:
            parts = {"key": self.pem, "text": PURPOSE + digest.encode("ascii"), "signature": given}
            for part, content in parts.items():
                Path(name, part).write_bytes(content)
            command = [program, "pkeyutl", "-verify", "-pubin", "-inkey", f"{name}/key", "-rawin", "-in", f"{name}/text"]
            done = subprocess.run([*command, "-sigfile", f"{name}/signature"], capture_output=True)
        return done.returncode == 0


# -- sheets ----------------------------------------------------------------------------------------------------------------


class Sheet:
    """One sheet: its head, its seal, and whether its bytes are those that were sealed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        digest, held = hashlib.sha256(), b""
        with place.open("rb") as file:
            head = file.readline()
            digest.update(head)
            for line in file:  # the last line is the seal, and is no part of what it seals
                digest.update(held)
                held = line
        self.head: dict[str, Any] = json.loads(head)
        self.seal: dict[str, str] = json.loads(held)
        self.digest = digest.hexdigest()

    def lines(self) -> Iterator[list[Any]]:
        with self.place.open(encoding="utf-8") as file:
            next(file)
            for text in file:
                line = json.loads(text)
                if isinstance(line, dict):
                    break
                yield line


def kind_of(place: Path) -> str:
    """Return the kind of a sheet from its first line alone."""
    with place.open(encoding="utf-8") as file:
        return str(json.loads(file.readline())["kind"])


def read_chain(folder: Path, key: Key, seen: tuple[int, str] | None) -> tuple[list[Sheet], list[str]]:
    """Return the sheets from the newest whole one on, and what is wrong with the chain. `seen`: a sheet known from before."""
    places = {int(place.stem): place for place in folder.glob("*.json") if place.stem.isdecimal()}
    try:
        whole = max(number for number, place in places.items() if kind_of(place) == "whole")
    except ValueError:
        raise CannotCheck(f"{folder} 中没有一页完整的清单") from None
    start = min(whole, seen[0]) if seen else whole
    if seen and seen[0] not in places:
        return [], [f"清单缺失：上次核对到第 {seen[0]} 页，现在没有这一页"]
    keys, trusted = {key.identity: key}, False
    sheets: list[Sheet] = []
    faults: list[str] = []
    for number in range(start, max(places) + 1):
        if number not in places:
            faults.append(f"清单缺失：第 {number} 页")
            continue
        try:
            sheet = Sheet(places[number])
            head, seal = sheet.head, sheet.seal
            is_sound = head["number"] == number and seal["digest"] == sheet.digest
        except (ValueError, KeyError, OSError):
            faults.append(f"清单不符：第 {number} 页读不懂")
            continue
        if not is_sound:
            faults.append(f"清单不符：第 {number} 页的内容与摘要不符")
        if sheets and head["previous"] != sheets[-1].seal["digest"]:
            faults.append(f"清单不符：第 {number} 页与前一页不相接")
        if seen and number == seen[0] and sheet.digest != seen[1]:
            faults.append(f"清单不符：第 {number} 页不是上次核对过的那一页")
        signer = keys.get(seal["key_id"])
        if signer is not None and signer.signed(sheet.digest, seal["signature"]):
            trusted = True
            if "new_key" in head:
                following = Key(head["new_key"].encode("ascii"))
                keys[following.identity] = following
        elif trusted or signer is not None:
            faults.append(f"清单不符：第 {number} 页的签名不是这把公钥的")
        sheets.append(sheet)
    if not trusted:
        faults.append("清单不符：没有一页是这把公钥签的")
    return [sheet for sheet in sheets if sheet.head["number"] >= whole], faults


def replay(sheets: list[Sheet]) -> dict[str, dict[str, bytes]]:
    """Return what must stand: host -> path -> SHA-256."""
    trees: dict[str, int] = sheets[-1].head["trees"]
    state: dict[str, dict[str, bytes]] = {host: {} for host in trees}
    for sheet in sheets:
        for host, tree, path, sha256, *_ in sheet.lines():
            if trees.get(host) != tree:
                continue
            if sha256:
                state[host][path] = bytes.fromhex(sha256)
            else:
                state[host].pop(path, None)
    return state


# -- the disk --------------------------------------------------------------------------------------------------------------

_folders: dict[tuple[str, str], dict[str, bytes]] = {}
"""(folder of the host, folder inside it) -> name -> SHA-256; the processes that compare share it."""


def compare_tree(root: Path, state: dict[str, dict[str, bytes]], processes: int) -> list[str]:
    """Compare the hosts' folders below `root` with what must stand there."""
    _folders.clear()
    root = root.resolve()
    faults = [f"多出：{entry.name}" for entry in os.scandir(root) if entry.name not in state]
    for host, files in state.items():
        place = root / host
        if place.is_symlink():  # in our own tree each host is a link to one of its copies
            target = place.resolve()
            if target.parent.name != host or not target.is_relative_to(root.parent.parent / "trees"):
                faults.append(f"改动：{host} 是指向别处的链接 {target}")
                continue
            place = target
        if not place.is_dir():
            faults.append(f"缺失：整个 {host}")
            continue
        _folders[str(place), ""] = {}
        for path, digest in files.items():
            above, _, name = path.rpartition("/")
            _folders.setdefault((str(place), above), {})[name] = digest
            while above and (str(place), above.rpartition("/")[0]) not in _folders:
                above = above.rpartition("/")[0]
                _folders[str(place), above] = {}
    keys = sorted(_folders)
    work = [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
    if processes == 1 or len(work) < 4:
        return faults + [fault for some in map(compare_folders, work) for fault in some]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        return faults + [fault for some in pool.imap_unordered(compare_folders, work) for fault in some]


def compare_folders(keys: list[tuple[str, str]]) -> list[str]:
    """Compare some folders; runs in a process of its own."""
    return [fault for place, folder in keys for fault in compare_folder(place, folder)]


def compare_folder(place: str, folder: str) -> list[str]:
    host = Path(place).name if not Path(place).name.isdecimal() else Path(place).parent.name
    within = f"{host}/{folder}/" if folder else f"{host}/"
    wanted = dict(_folders[place, folder])
    faults = []
    try:
        descriptor = os.open(f"{place}/{folder}" if folder else place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return [f"缺失：{within}{name}" for name in wanted]
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if entry.name in wanted:
                    continue
                if not entry.is_dir(follow_symlinks=False):
                    faults.append(f"多出：{within}{entry.name}{' （链接）' if entry.is_symlink() else ''}")
                elif (place, f"{folder}/{entry.name}" if folder else entry.name) not in _folders:
                    faults.append(f"多出：{within}{entry.name}/")
        for name, digest in wanted.items():
            if why := fault_of(name, digest, descriptor):
                faults.append(f"{why}：{within}{name}")
    finally:
        os.close(descriptor)
    return faults


def fault_of(name: str, digest: bytes, folder: int) -> str:
    """Return what is wrong with one file, "" for nothing."""
    try:
        descriptor = os.open(name, OPEN, dir_fd=folder)
    except FileNotFoundError:
        return "缺失"
    except OSError:
        return "改动"
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return "改动"
        found = hashlib.sha256()
        while part := os.read(descriptor, 1 << 18):
            found.update(part)
        return "" if found.digest() == digest else "改动"
    except OSError:
        return "改动"
    finally:
        os.close(descriptor)


# -- the server ------------------------------------------------------------------------------------------------------------


def compare_served(base: str, state: dict[str, dict[str, bytes]], hosts: list[str], sample: int) -> list[str]:
    """Fetch files, as readers would, plain and compressed, and compare them. 0 for `sample` means all of them."""
    faults = []
    pairs = [(host, path) for host in hosts or sorted(state) for path in state.get(host, {}) if not is_twin(path, state[host])]
    if sample and sample < len(pairs):
        pairs = random.SystemRandom().sample(pairs, sample)
    for host, path in sorted(pairs):
        for encoding in ("identity", "gzip"):
            status, body = fetch(base, host, path, encoding)
            wanted = 410 if path.rpartition("/")[2] == "gone.html" else 200
            if status != wanted:
                faults.append(f"对外不符：{host}/{path} 返回 {status or '无应答'}，应为 {wanted}")
            elif hashlib.sha256(body).digest() != state[host][path]:
                faults.append(f"对外不符：{host}/{path}（{encoding}）的内容不是已发布的内容")
    return faults


def is_twin(path: str, files: dict[str, bytes]) -> bool:
    return path.endswith((".gz", ".br")) and path[:-3] in files


def fetch(base: str, host: str, path: str, encoding: str) -> tuple[int, bytes]:
    """Return status and decoded body of one file's own address; status 0 where nobody answers."""
    parts = urlsplit(base)
    folder, _, name = path.rpartition("/")
    shown = f"/{folder}/" if folder else "/"
    address = quote(shown if name in {"index.html", "gone.html"} else f"/{path}")
    host_name, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host_name, port, timeout=15, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host_name, port, timeout=15)
    try:
        connection.request("GET", address, headers={"Host": host, "Accept-Encoding": encoding, "User-Agent": "wangqun-verify"})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
    except (OSError, http.client.HTTPException, EOFError):
        return 0, b""
    finally:
        connection.close()


# -- the command -----------------------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="核对公开文件是否与签名的清单一致。")
    made.add_argument("--key", type=Path, required=True, help="公钥文件（manifest.pub.pem）")
    made.add_argument("--manifests", type=Path, required=True, help="清单目录")
    made.add_argument("--tree", type=Path, help="公开文件目录，其下每个目录是一个域名")
    made.add_argument("--http", help="网站地址，如 https://www.example.gov.cn 或 http://127.0.0.1:8000")
    made.add_argument("--host", action="append", default=[], help="只核对此域名（用于 --http，可多次）")
    made.add_argument("--sample", type=int, default=500, help="--http 抽查的文件数，0 为全部")
    made.add_argument("--remember", type=Path, help="记住核对到哪一页的文件；下次清单不得退回到这一页以前")
    made.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="同时核对的进程数")
    made.add_argument("--pause", type=float, default=2, help="发现不符后，再看一次之前等待的秒数")
    return made


def look(
    options: argparse.Namespace, seen: tuple[int, str] | None
) -> tuple[list[Sheet], dict[str, dict[str, bytes]], list[str]]:
    """Return the sheets, what must stand, and what is wrong."""
    sheets, faults = read_chain(options.manifests, Key(options.key.read_bytes()), seen)
    state = {} if faults else replay(sheets)
    if not faults and options.tree:
        faults += compare_tree(options.tree, state, options.processes)
    if not faults and options.http:
        faults += compare_served(options.http, state, options.host, options.sample)
    return sheets, state, faults


def main() -> int:
    """Check, print, return the exit code."""
    options = parser().parse_args()
    try:
        seen = None
        if options.remember and options.remember.exists():
            number, digest = options.remember.read_text(encoding="ascii").split()
            seen = int(number), digest
        sheets, state, faults = look(options, seen)
        if faults:  # a release may have come between the sheets and the files: what is wrong indeed is so at a second look
            time.sleep(options.pause)
            sheets, state, again = look(options, seen)
            faults = [fault for fault in again if fault in set(faults)]
    except (CannotCheck, OSError, ValueError) as fault:
        print(f"无法核对：{fault}", file=sys.stderr)
        return 2
    for line in sorted(faults):
        print(line)
    if faults:
        print(f"发现 {len(faults)} 处不符。")
        return 1
    newest = sheets[-1]
    if options.remember:
        options.remember.write_text(f"{newest.head['number']} {newest.digest}\n", encoding="ascii")
    files = sum(len(paths) for paths in state.values())
    print(f"全部相符：{len(state)} 个网站，{files} 个文件，清单第 {newest.head['number']} 页（{newest.head['at']}）。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
