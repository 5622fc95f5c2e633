"""A release tree as publication leaves it (docs/architecture.md), made by hand: for the tests of the front."""

import json
from pathlib import Path

HOSTS = ("portal.localhost", "zhengding.localhost")


def write(path: Path, text: str | bytes) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def replace(path: Path, text: str | bytes) -> Path:
    """Put a file in place by one rename, as publication does."""
    return write(path.with_name(path.name + ".aside"), text).rename(path)


def show(release: Path, number: int, *, tree: int) -> None:
    """Let the public see generation `number`, in which every host shows its tree of that number."""
    links = release / "generations" / str(number)
    links.mkdir(parents=True)
    for host in HOSTS:
        (release / "trees" / host / str(tree)).mkdir(parents=True, exist_ok=True)
        (links / host).symlink_to(Path("../../trees") / host / str(tree))
    (release / "next").symlink_to(f"generations/{number}")
    (release / "next").rename(release / "current")


def make(folder: Path) -> Path:
    """Make `release/` and `static/`, two sites with a few files; returns the folder whose children are the hosts."""
    release = folder / "release"
    show(release, 1, tree=1)
    current = release / "current"
    write(current / "portal.localhost/index.html", "<h1>门户</h1>")
    write(current / "zhengding.localhost/index.html", "<h1>正定</h1>")
    write(current / "zhengding.localhost/news/1/index.html", "<p>稿件</p>")
    write(current / "zhengding.localhost/news/2/gone.html", "<p>已撤下</p>")
    write(current / "zhengding.localhost/news/1/表格.xlsx", b"PK")
    write(current / "zhengding.localhost/feed.xml", "<rss/>")
    write(current / "zhengding.localhost/.secret", "never")
    write(folder / "outside.txt", "outside")
    write(folder / "static/css/site.0123456789ab.css", "body{}")
    write(folder / "static/css/site.css", "body{}")
    write(release / "hosts.json", json.dumps({"default": "portal.localhost", "hosts": ["zhengding.localhost"]}))
    return current
