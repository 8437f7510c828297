"""How the HTTP server ends: what has been sent to it is answered first; knows waitress, nothing of the application."""

from __future__ import annotations

import threading
import time
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer, wasyncore  # type: ignore[import-untyped]

MOST = 25.0  # seconds; containers are killed after 30
PAUSE = 0.05  # seconds between two looks


def drain(server: Any, most: float = MOST) -> None:
    """Take no new connection, and close each open one when its requests are answered, after `most` seconds at last."""
    sockets: dict[int, Any] = server._map if isinstance(server, BaseWSGIServer) else server.map
    listening = [item for item in sockets.values() if isinstance(item, BaseWSGIServer)]
    idle: set[Any] = set()

    def look() -> None:
        """In the server's own thread, so that nothing arrives meanwhile. Idle twice in a row is idle: what had been
        sent is read between two looks.
        """
        while listening:
            _stop_listening(listening.pop())
        now_idle = {item for item in sockets.values() if isinstance(item, HTTPChannel) and _is_idle(item)}
        for channel in now_idle & idle:
            channel.will_close = True
        idle.clear()
        idle.update(now_idle)

    trigger = listening[0].trigger
    deadline = time.monotonic() + most
    while time.monotonic() < deadline:
        looked = threading.Event()
        trigger.pull_trigger(look)
        trigger.pull_trigger(looked.set)
        if not looked.wait(1.0) or not any(isinstance(item, HTTPChannel) for item in list(sockets.values())):
            return
        time.sleep(PAUSE)


def _stop_listening(server: Any) -> None:
    for _ in range(server.adj.backlog):  # connections that the kernel has made already
        known = len(server._map)
        server.handle_accept()
        if len(server._map) == known:
            break
    wasyncore.dispatcher.close(server)  # its trigger stays


def _is_idle(channel: Any) -> bool:
    return not (channel.requests or channel.request or channel.total_outbufs_len)
