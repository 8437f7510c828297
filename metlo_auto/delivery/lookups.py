"""Name lookups under gevent, which does them in threads of its own, while the interpreter is ending.

From Python 3.9 on what gevent imports for its first lookup cannot be imported then; 3.12 lets nobody start a thread.
"""

import socket
import sys
import threading
from typing import Any


class Lookups:
    """`with lookups:` around what looks names up: one at a time where there will be no more than one thread for it."""

    def __init__(self) -> None:
        self._by_gevent = "gevent.monkey" in sys.modules
        self._turn = threading.Lock() if self._by_gevent and sys.version_info[:2] == (3, 12) else None

    def prepare(self) -> None:
        """Has gevent make its first thread while it can; waits as one lookup without any network does."""
        if self._by_gevent:
            with self:
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
