"""One process of the front: `python -m config.front.serve <address> <port> <Django's socket>`.

Several may run on one port; the kernel shares the connections among them.
"""

import asyncio
import contextlib
import gc
import logging
import resource
import socket
import sys

import uvicorn

from config import env, settings
from config.front.app import Application, Front
from config.front.django import Django
from config.front.protocol import FrontProtocol
from config.front.visits import Visits

SWEEP_EVERY = 2  # seconds
PATIENCE = 5  # seconds that answers under way may still take when the process is asked to stop


def listen(address: str, port: int) -> socket.socket:
    """Return a socket that listens at the port together with those of the other processes."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind((address, port))
    return listening


def front(django: Application) -> Front:
    """Return the front as the settings describe it."""
    return Front(
        django,
        release_root=settings.RELEASE_ROOT,
        static_root=settings.STATIC_ROOT,
        admin_hosts={settings.ADMIN_HOST, "127.0.0.1", "localhost", "[::1]"},
        strict_transport=settings.SECURE_HSTS_SECONDS,
        visits=Visits(
            settings.DATA / "visits" / "access.log", days_ahead=env.integer("DAYS_AHEAD", default=0, least=0, most=3660)
        ),
    )


def server(application: Front) -> uvicorn.Server:
    """Return uvicorn with our protocol class."""

    async def sweep() -> None:
        now = asyncio.get_running_loop().time()
        for connection in list(running.server_state.connections):
            if isinstance(connection, FrontProtocol):
                connection.end_if_stuck(now)

    configuration = uvicorn.Config(
        application, interface="asgi3", http=FrontProtocol, loop="uvloop", ws="none", lifespan="on", log_config=None,
        log_level="error", access_log=False, proxy_headers=False, server_header=False, timeout_keep_alive=15,
        timeout_graceful_shutdown=PATIENCE, callback_notify=sweep, timeout_notify=SWEEP_EVERY,
    )  # fmt: skip
    running = uvicorn.Server(configuration)
    return running


def main() -> None:
    """Serve until asked to stop."""
    address, port, django = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    logging.basicConfig(format="{asctime} {levelname} {name}: {message}", style="{", level="WARNING")
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384) if hard > 0 else 16_384, hard))
    application = front(Django(django, is_behind_proxy=settings.SECURE_PROXY_SSL_HEADER is not None))
    gc.collect()
    gc.freeze()
    server(application).run(sockets=[listen(address, port)])


if __name__ == "__main__":
    main()
