"""How far a run is: a bar on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import time
from typing import TextIO

from metlo_auto.collector.inventory.counted import counted
from metlo_auto.collector.security_tests.runner import Progress

EVERY = 10.0  # seconds
_WIDTH = 30


class Reporter:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._next = time.monotonic() + (1 if self._is_terminal else EVERY)
        self._drew = False

    def look(self, progress: Progress) -> None:
        """Say how far it is, where that is due."""
        now = time.monotonic()
        if now < self._next:
            return
        requests, findings = counted(progress.requests, "request"), counted(progress.findings, "finding")
        told = f"{progress.done} of {progress.total}, {requests}, {findings}"
        if self._is_terminal:
            full = _WIDTH * progress.done // max(1, progress.total)
            print(f"\r[{'#' * full}{'.' * (_WIDTH - full)}] {told}\033[K", end="", file=self._stream, flush=True)
            self._drew, self._next = True, now + 0.2
        else:
            print(f"metlo-collector: {told}", file=self._stream, flush=True)
            self._next = now + EVERY

    def close(self) -> None:
        if self._drew:
            print("\r\033[K", end="", file=self._stream, flush=True)
