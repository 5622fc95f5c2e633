"""Whether the port is free, asked before anything else is done: `python3 -m config.ports`. Standard library only."""

import os
import socket
import sys
from pathlib import Path


def is_taken(address: str, port: int) -> bool:
    """Return whether somebody listens at the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


def refusal(address: str, port: int) -> str:
    """Return the sentence that says the port is taken, or "" where it is free."""
    if not is_taken(address, port):
        return ""
    return f"端口 {port} 已被占用，请停掉占用它的程序，或换一个：make run PORT={port + 1 if port < 65535 else 8000}"


def setting(name: str, default: str) -> str:
    """Return a setting from the environment or from .env, as config.env reads it."""
    if name in os.environ:
        return os.environ[name]
    path = Path(__file__).resolve().parent.parent / ".env"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = [line.partition("=")[2].strip().strip("'\"") for line in lines if line.partition("=")[0].strip() == name]
    return found[0] if found else default


def main() -> int:
    """Say the refusal, if there is one; returns the exit code."""
    port = setting("PORT", "8000") or "8000"
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        sentence = f"PORT 应为 1 到 65535 的整数，现在是 {port}。"
    else:
        sentence = refusal(setting("WANGQUN_BIND", "127.0.0.1"), int(port))
    if sentence:
        print(f"» {sentence}", flush=True)  # noqa: T201 - this is what the command line shows
    return 1 if sentence else 0


if __name__ == "__main__":
    sys.exit(main())
