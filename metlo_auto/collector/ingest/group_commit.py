"""Commits many waiting uploads in one transaction, so that each may be durable before its response without an
fsync each.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import Callable, Optional

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector.store import counters, inbox
from metlo_auto.collector.store.database import reading, writing
from metlo_auto.collector.store.inbox import Batch

MOST_BYTES = 16_000_000  # of one transaction


class StoreAway(Exception):
    """The store did not take the batch: nothing of it was kept, the sender has to try again."""


class Full(Exception):
    """The inbox holds as much as it may."""


class _Waiting:
    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.done = threading.Event()
        self.error: Optional[BaseException] = None


class GroupCommit:
    """`store` returns once the batch is on disk. One thread, started by the first call."""

    def __init__(
        self,
        engine: Engine,
        inbox_limit: int,
        on_commit: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._inbox_limit = inbox_limit
        self._on_commit = on_commit
        self._clock = clock
        self._waiting: "queue.SimpleQueue[Optional[_Waiting]]" = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._measuring = threading.Lock()
        self._counts: dict[str, int] = {}
        self._size, self._size_known_at = 0, float("-inf")
        self._thread: Optional[threading.Thread] = None

    def store(self, batch: Batch, timeout: float = 30.0) -> None:
        """Raises Full, or StoreAway where the batch is not on disk within `timeout` seconds."""
        if self._inbox_size() + len(batch.body) > self._inbox_limit:
            raise Full
        self._start()
        waiting = _Waiting(batch)
        self._waiting.put(waiting)
        if not waiting.done.wait(timeout):
            raise StoreAway("the store did not answer in time")
        if waiting.error is not None:
            raise StoreAway(str(waiting.error)) from waiting.error

    def count(self, name: str, n: int = 1) -> None:
        """Add to a counter with the next commit, `flush` at the latest."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + n

    def flush(self) -> None:
        """Write counts that no commit has taken along."""
        counts = self._take_counts()
        if counts:
            with writing(self._engine) as connection:
                counters.add(connection, counts)

    def close(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(10)
        try:
            self.flush()
        except SQLAlchemyError:
            pass  # the store is unreachable and so are these counts

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="metlo-commit", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            group, last = self._next_group()
            if group:
                self._commit(group)
            if last:
                return

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        group: list[_Waiting] = []
        size = 0
        item = self._waiting.get()
        while item is not None:
            group.append(item)
            size += len(item.batch.body)
            if size >= MOST_BYTES:
                return group, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, group: list[_Waiting]) -> None:
        counts = self._take_counts()
        error: Optional[BaseException] = None
        try:
            inbox.file(self._engine, [waiting.batch for waiting in group], counts)
        except Exception as caught:  # noqa: BLE001  # each waiting request has to hear of it, whatever it is
            error = caught
            for name, n in counts.items():
                self.count(name, n)
        for waiting in group:
            waiting.error = error
            waiting.done.set()
        self._on_commit()

    def _take_counts(self) -> dict[str, int]:
        with self._lock:
            counts, self._counts = self._counts, {}
        return counts

    def _inbox_size(self) -> int:
        now = self._clock()
        if now - self._size_known_at > 0.5 and self._measuring.acquire(blocking=False):  # the others use what is known
            try:
                with reading(self._engine) as connection:
                    self._size = inbox.backlog(connection).size
                self._size_known_at = now
            except SQLAlchemyError as error:
                raise StoreAway(str(error)) from error
            finally:
                self._measuring.release()
        return self._size
