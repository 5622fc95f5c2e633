"""What this machine has, what it lacks, and asking apt for it where we may. Standard library only: runs before setup."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent


def say(sentence: str) -> None:
    """Print one line for the person at the keyboard, at once."""
    print(f"» {sentence}", flush=True)


def may_install() -> bool:
    """Return whether packages of the system can be installed without asking anybody."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> bool:
    """Install Debian packages; returns whether that worked. Never asks a question, never raises."""
    if not may_install():
        return False
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for attempt in (["apt-get", "update", "-q"], command):
        finished = subprocess.run(attempt, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if finished.returncode and attempt is command:
            lines = finished.stdout.strip().splitlines()
            say(f"apt 没有装上 {' '.join(packages)}：{lines[-1] if lines else '没有输出'}")
            return False
    return True


def has_pdf_libraries() -> bool:
    """Return whether pango is here, which draws the PDF of a slip."""
    libraries = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    return all(name in libraries for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"))


def has_chinese_fonts() -> bool:
    """Return whether a font with Chinese characters is here."""
    if any(Path("/usr/share/fonts").glob("**/NotoSansCJK*")):
        return True
    if not (listing := shutil.which("fc-list")):
        return False
    return bool(subprocess.run([listing, ":lang=zh-cn"], capture_output=True, text=True).stdout.strip())


def browser() -> str:
    """Return the path of Chromium or Chrome, or "" where there is none."""
    return next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")


def stop(sentence: str) -> NoReturn:
    """Say why it cannot go on, and end with exit code 1."""
    say(sentence)
    sys.exit(1)
