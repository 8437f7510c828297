"""Name lookups under gevent, which does them in threads of its own; Python 3.12 lets nobody start one at the exit.

Earlier and later versions do, while the functions of `atexit` run.
"""

import socket
import sys
import threading
from typing import Any


class Lookups:
    """`with lookups:` around what looks names up: one at a time where `prepare` has made the one thread for it."""

    def __init__(self) -> None:
        needed = sys.version_info[:2] == (3, 12) and "gevent.monkey" in sys.modules
        self._turn = threading.Lock() if needed else None

    def prepare(self) -> None:
        """Has the thread made while that can be done; waits as one lookup without any network does."""
        if self._turn is not None:
            with self._turn:
                try:
                    socket.getaddrinfo("127.0.0.1", 0)
                except OSError:  # whatever is wrong with it: the first post will say so
                    pass

    def __enter__(self) -> None:
        if self._turn is not None:
            self._turn.acquire()

    def __exit__(self, *error: Any) -> None:
        if self._turn is not None:
            self._turn.release()
