"""Keeps a fork from happening in the middle of an import of ours; knows locks, nothing of what is imported.

A child that is forked while another thread imports a module finds that module locked for ever, by a thread that it
does not have; the app's own `import requests` would hang there. Python 3.6 offers no way to hold a fork back.
"""

import _thread
import os
from typing import Any, Optional

PATIENCE = 5.0  # seconds that a fork waits at most


class ForkGate:
    """`with gate:` around what must not be cut in two by a fork. `make` comes first, after the app's patching."""

    def __init__(self) -> None:
        self._lock: Optional[Any] = None
        self._holds_fork = False
        register = getattr(os, "register_at_fork", None)
        if register is not None:
            register(before=self._before, after_in_parent=self._after, after_in_child=self._forget)

    def make(self) -> None:
        """Makes the lock for this process, once."""
        if self._lock is None:
            self._lock = _thread.allocate_lock()

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
