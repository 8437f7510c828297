"""How many requests a second, and how many at all; knows clocks and nothing of HTTP."""

from __future__ import annotations

import threading
import time
from typing import Optional


class Exhausted(Exception):
    """The run has sent as many requests as it may."""


class Limiter:
    """Hands out moments to send at, `rate` a second at most, numbered from 1."""

    def __init__(self, rate: float, most: Optional[int] = None) -> None:
        self._pause = 1.0 / rate
        self._most = most
        self._lock = threading.Lock()
        self._next = time.monotonic()
        self.sent = 0

    def wait(self) -> int:
        """Wait for the next moment; the request's number. Raises Exhausted."""
        with self._lock:
            if self._most is not None and self.sent >= self._most:
                raise Exhausted
            self.sent += 1
            number = self.sent
            moment = max(self._next, time.monotonic())
            self._next = moment + self._pause
        delay = moment - time.monotonic()
        if delay > 0:
            time.sleep(delay)
        return number
