"""Keeps a fork from happening in the middle of an import of ours; knows locks, nothing of what is imported.

A child that is forked while another thread imports a module finds that module locked for ever, by a thread that it
does not have; the app's own `import requests` would hang there.
"""

import _thread
import os
from typing import Any, Callable, List, Optional

PATIENCE = 5.0  # seconds that a fork waits at most


class ForkGate:
    """`with gate:` around what must not be cut in two by a fork. `make` comes first, after the app's patching."""

    def __init__(self) -> None:
        self._lock: Optional[Any] = None
        self._holds_fork = False
        register = getattr(os, "register_at_fork", register_at_fork)
        register(before=self._before, after_in_parent=self._after, after_in_child=self._forget)

    def make(self) -> None:
        """Makes the lock for this process, once."""
        if self._lock is None:
            self._lock = _thread.allocate_lock()

    def is_closed(self) -> bool:
        """Whether somebody is in it."""
        return self._lock is not None and self._lock.locked()

    def __enter__(self) -> None:
        assert self._lock is not None
        self._lock.acquire()

    def __exit__(self, *exc: object) -> None:
        assert self._lock is not None
        self._lock.release()

    def _before(self) -> None:
        self._holds_fork = self._lock is not None and self._lock.acquire(True, PATIENCE)

    def _after(self) -> None:
        if self._holds_fork and self._lock is not None:
            self._lock.release()
        self._holds_fork = False

    def _forget(self) -> None:
        self._lock = None
        self._holds_fork = False


def register_at_fork(**callbacks: Callable[[], None]) -> None:
    """What `os` has from Python 3.7 on, where the fork comes by way of `os.fork`; Windows has none."""
    original = getattr(os, "fork", None)
    if original is None:
        return
    if not isinstance(original, Fork):
        os.fork = original = Fork(original)
    original.callbacks.append(callbacks)


class Fork:
    """`os.fork` for Python 3.6, with callbacks around it."""

    def __init__(self, original: Callable[[], int]) -> None:
        self.callbacks: List[Any] = []
        self._original = original

    def __call__(self) -> int:
        pid = -1
        for each in reversed(self.callbacks):
            each["before"]()
        try:
            pid = self._original()
        finally:
            for each in self.callbacks:
                each["after_in_parent" if pid else "after_in_child"]()
        return pid
