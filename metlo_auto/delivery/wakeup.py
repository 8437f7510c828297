"""Wakes one waiting thread; knows locks and nothing of delivery.

A bare lock instead of a Condition: releasing it never waits, so a signal handler may ring in the middle of a ring.
The lock is made when the wakeup is, hence a wakeup may only be made after the app's monkey patching.
"""

import _thread


class Wakeup:
    """Rings once however often it is rung before somebody waits."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wakes the waiting thread, or the next one that waits."""
        try:
            if self._lock.locked():  # eventlet's locks count up where others raise
                self._lock.release()
        except RuntimeError:  # somebody else rang first
            pass

    def wait(self, seconds: float) -> bool:
        """Waits for a ring, `seconds` at most; whether it rang."""
        return self._lock.acquire(True, max(seconds, 0.0))
