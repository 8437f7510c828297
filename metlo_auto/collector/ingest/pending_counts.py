"""Counts of a process that wait to be added to those of the store; safe in threads."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.engine import Engine

from metlo_auto.collector.store import counters
from metlo_auto.collector.store.database import writing

logger = logging.getLogger("metlo.collector")


class PendingCounts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._is_waiting = False  # for the store, and has said so

    def add(self, name: str, n: int = 1) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + n

    def take(self) -> dict[str, int]:
        with self._lock:
            counts, self._counts = self._counts, {}
        return counts

    def put_back(self, counts: dict[str, int]) -> None:
        for name, n in counts.items():
            self.add(name, n)

    def write(self, engine: Engine) -> None:
        """Add them to the store's; they stay where it does not take them."""
        counts = self.take()
        if not counts:
            return
        try:
            with writing(engine) as connection:
                counters.add(connection, counts)
        except Exception as error:  # noqa: BLE001  # a store that is unreachable must not end a thread
            self.put_back(counts)
            if not self._is_waiting:
                logger.warning("counts wait for the store: %s", str(error).splitlines()[0])
            self._is_waiting = True
        else:
            self._is_waiting = False
