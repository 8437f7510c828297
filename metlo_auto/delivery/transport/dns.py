"""Name lookups under gevent, which does them in threads of its own, while the interpreter is ending.

From Python 3.9 on what gevent imports for its first lookup cannot be imported then; 3.12 lets nobody start a thread.
"""

import sys
import threading
from typing import Any


class DnsLookups:
    """`with lookups:` around what looks names up: one at a time where there will be no more than one thread for it."""

    def __init__(self) -> None:
        monkey = sys.modules.get("gevent.monkey")
        self._by_gevent = monkey is not None and bool(monkey.is_module_patched("_thread"))
        self._turn = threading.Lock() if self._by_gevent and sys.version_info[:2] == (3, 12) else None

    def prepare(self) -> None:
        """Has gevent make its first thread while it can; waits for nothing."""
        if not self._by_gevent:
            return
        try:
            gevent: Any = sys.modules["gevent"]
            pool = getattr(gevent.get_hub().resolver, "pool", None)  # other resolvers need no threads
            if pool is not None and pool.size == 0:
                pool.spawn(int)
        except Exception:  # noqa: BLE001 - it is too late, or another gevent: the first upload will tell
            pass

    def __enter__(self) -> None:
        if self._turn is not None:
            self._turn.acquire()

    def __exit__(self, *error: Any) -> None:
        if self._turn is not None:
            self._turn.release()
