"""What the path of a public address says: its language, and which files of the tree may be behind it."""

import re

from wangqun.languages.known import SIMPLIFIED, TRADITIONAL, folder, written

LONGEST = 500  # characters, as publication.File
OLDER_LIST = re.compile(r"(.*/)p/\d{1,6}/")


def split(path: str) -> tuple[str, str]:
    """Return (language, the same path without its prefix): "/zh-hant/gzdt/" → ("zh-Hant", "/gzdt/")."""
    first, separator, rest = path[1:].partition("/")
    if separator:
        for language in (TRADITIONAL, *written()):
            if first == folder(language):
                return language, "/" + rest
    return SIMPLIFIED, path


def files_of(path: str) -> list[str]:
    """Return the files that may be behind a path, the likeliest first.

    A variant of a page falls back on the page itself, and an older page of a list on the list, so that a visit counts
    although its file was taken away in the minutes before the log is read.
    """
    plain = [path, split(path)[1]]
    plain += [found[1] for address in plain if (found := OLDER_LIST.fullmatch(address))]
    files: list[str] = []
    for address in dict.fromkeys(plain):
        name = address.removeprefix("/")
        files += [name + "index.html", name + "gone.html"] if address.endswith("/") else [name]
    return files
