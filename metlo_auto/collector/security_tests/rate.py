"""How many requests a second, and how many at all; knows clocks and nothing of HTTP."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Deque, Optional


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


class Pace:
    """What a response of the app usually takes: no endpoint is called slow where all of them are."""

    MOST = 0.5  # seconds

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Deque[float] = deque(maxlen=99)
        self._seen = 0
        self._usual = 0.0

    def beyond(self, seconds: float) -> float:
        """Of a response that took `seconds`, what it took longer than usual."""
        with self._lock:
            self._last.append(seconds)
            self._seen += 1
            if self._seen % 10 == 1:  # an odd number of them is kept then
                self._usual = min(self.MOST, sorted(self._last)[len(self._last) // 2])
            return max(0.0, seconds - self._usual)
