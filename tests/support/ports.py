"""Ports for servers that have to be told one."""

import os
import random
import socket

# Below those that the kernel gives to outgoing connections, one of which might have it by the time the server starts.
FIRST, LAST = 10000, 32000
_luck = random.Random(os.urandom(8))  # processes of the same test run must not all try the same


def free_port() -> int:
    """A port of the loopback on which nobody listens."""
    while True:
        port = _luck.randint(FIRST, LAST)
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
