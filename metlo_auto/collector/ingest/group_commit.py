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

from metlo_auto.collector.ingest.intake import Full, StoreAway
from metlo_auto.collector.ingest.pending_counts import PendingCounts
from metlo_auto.collector.store import inbox
from metlo_auto.collector.store.availability import Probe, ask
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.inbox import Batch

MOST_BYTES = 16_000_000  # of one transaction
IDLE = 0.25  # seconds after which counts are written without a batch
STUCK = 5.0  # seconds of one commit after which no further request waits behind it: pages and probes need threads


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
        is_open: Callable[[], bool] = lambda: True,
    ) -> None:
        self._engine = engine
        self._inbox_limit = inbox_limit
        self._on_commit = on_commit
        self._clock = clock
        self._is_open = is_open
        self._waiting: "queue.SimpleQueue[Optional[_Waiting]]" = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._measuring = threading.Lock()
        self._counts = PendingCounts()
        self._size, self._size_known_at = 0, float("-inf")
        self._busy_since: Optional[float] = None
        self._probe = Probe(lambda: ask(engine), "the store")
        self._thread: Optional[threading.Thread] = None

    def store(self, batch: Batch, timeout: float = 30.0) -> None:
        """Raises Full, or StoreAway where the batch is not on disk within `timeout` seconds."""
        if not self._is_open():
            raise StoreAway("the store has not answered yet")
        self._check_progress()
        if self._inbox_size() + len(batch.body) > self._inbox_limit:
            raise Full
        self._start()
        waiting = _Waiting(batch)
        self._waiting.put(waiting)
        deadline = self._clock() + timeout
        while not waiting.done.wait(1.0):
            self._check_progress()
            if self._clock() > deadline:
                raise StoreAway("the store did not answer in time")
        if waiting.error is not None:
            raise StoreAway(str(waiting.error)) from waiting.error

    def count(self, name: str, n: int = 1) -> None:
        """Add to a counter with the next commit, or a moment later without one."""
        self._counts.add(name, n)
        self._start()

    def complaint(self) -> Optional[str]:
        return self._probe.complaint()

    def waiting(self) -> dict[str, int]:
        return {}

    def close(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(10)
        self._counts.write(self._engine)

    def _check_progress(self) -> None:
        busy_since = self._busy_since
        if busy_since is not None and self._clock() - busy_since > STUCK:
            raise StoreAway("the store does not answer")

    def _start(self) -> None:
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="metlo-commit", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                group, last = self._next_group()
            except queue.Empty:
                self._counts.write(self._engine)
                continue
            if group:
                self._commit(group)
            if last:
                return

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        group: list[_Waiting] = []
        size = 0
        item = self._waiting.get(timeout=IDLE)
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
        counts = self._counts.take()
        error: Optional[BaseException] = None
        self._busy_since = self._clock()
        try:
            inbox.file(self._engine, [waiting.batch for waiting in group], counts)
        except Exception as caught:  # noqa: BLE001  # each waiting request has to hear of it, whatever it is
            error = caught
            self._counts.put_back(counts)
        self._busy_since = None
        for waiting in group:
            waiting.error = error
            waiting.done.set()
        self._on_commit()

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
