"""Takes batches from the inbox and applies each exactly once; a process of its own beside the server."""

from __future__ import annotations

import logging
import os
import select as readiness
import signal
import time
from typing import Callable, Optional, Sequence

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from metlo_auto.collector.analysis.aggregation import Aggregates, aggregate
from metlo_auto.collector.analysis.analysis_state import AnalysisState, generation, recall
from metlo_auto.collector.analysis.merge import apply, set_batch_aside
from metlo_auto.collector.analysis.test_marks import known_runs
from metlo_auto.collector.ingest import transport
from metlo_auto.collector.processes import seldom_look_for_cycles
from metlo_auto.collector.store import inbox
from metlo_auto.collector.store.database import reading, writing
from metlo_auto.collector.store.retention import Caps, expire, prune, read_caps

MOST_BYTES = 12_000_000  # of one step: the more traces, the fewer rows each of them touches
MOST_BATCHES = 1_000
IDLE = 1.0  # seconds after which the inbox is looked at without being told
REST = 0.1  # seconds that posts gather in: a step costs nearly as much for one as for a hundred
TIDY_EVERY = 60.0  # seconds
LAST_WORK = 5.0  # seconds for what is left when the server stops

logger = logging.getLogger("metlo.collector")


class Taken(Exception):
    """Another analyser applied one of these batches first, or something was deleted meanwhile."""


class Worker:
    """One analyser: a store, and what it remembers between steps."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state: Optional[AnalysisState] = None
        self._caps = Caps()
        self._most_batches = MOST_BATCHES

    def step(self) -> bool:
        """Apply the oldest batches in one transaction; False where that left none of those that were there."""
        state = self._state or recall(self._engine)
        self._state = None  # until this step is done: a failed one leaves it knowing what the store does not
        try:
            more = self._take_and_apply(state)
        except Taken:
            return True
        except (OperationalError, InterfaceError):
            raise  # the store is away, the batches are not to blame
        except Exception as error:  # noqa: BLE001  # whatever a batch does, the others behind it have to come through
            self._isolate(error)
            return True
        self._state = state
        self._most_batches = min(MOST_BATCHES, self._most_batches * 2)
        return more

    def _take_and_apply(self, state: AnalysisState) -> bool:
        if inbox.locks_rows(self._engine):
            with writing(self._engine) as connection:
                batches = inbox.take(connection, MOST_BYTES, self._most_batches)
                state.test_runs = known_runs(connection)
                self._apply(connection, batches, aggregate(batches, state), state)
            return self._is_full(batches)
        with reading(self._engine) as reader:  # SQLite has one write lock: it is not held while analysing
            batches = inbox.take(reader, MOST_BYTES, self._most_batches)
            state.test_runs = known_runs(reader) if batches else frozenset()
        result = aggregate(batches, state)
        if batches:
            with writing(self._engine) as connection:
                self._apply(connection, batches, result, state)
        return self._is_full(batches)

    def _is_full(self, batches: Sequence[inbox.Filed]) -> bool:
        """True where a step may have left some behind."""
        size = sum(len(batch.body) for batch in batches)
        return len(batches) == self._most_batches or size > MOST_BYTES - transport.LIMIT

    def _apply(
        self, connection: Connection, batches: list[inbox.Filed], result: Aggregates, state: AnalysisState
    ) -> None:
        if not batches:
            return
        if generation(connection) != state.generation or not inbox.remove(connection, batches):
            raise Taken
        apply(connection, result, self._caps, time.time())

    def _isolate(self, error: Exception) -> None:
        """Go on with one batch at a time; the one that fails alone is set aside whole."""
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        if self._most_batches > 1:
            self._most_batches = 1
            return
        logger.warning("a batch cannot be applied and is set aside: %s", reason)
        with writing(self._engine) as connection:
            batches = inbox.take(connection, MOST_BYTES, 1)
            inbox.remove(connection, batches)
            for batch in batches:
                set_batch_aside(connection, batch, reason)

    def tidy(self) -> None:
        """What is due once a minute: new caps, and what age removes."""
        with writing(self._engine) as connection:
            self._caps = read_caps(connection)
            expire(connection, self._caps, time.time())
            prune(connection, self._caps)


def run(engine: Engine, wake: int) -> None:
    """Work until the pipe `wake` is closed by the server; a byte in it says that something came in."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a ^C on the terminal ends the server, which closes our input
    seldom_look_for_cycles()
    worker = Worker(engine)
    tidied_at = float("-inf")
    while True:
        if time.monotonic() - tidied_at > TIDY_EVERY:
            tidied_at = time.monotonic()
            _guarded(worker.tidy)
        _guarded(lambda: _drain(worker, deadline=None))
        if not _wait(wake):
            break
        time.sleep(REST)
    _guarded(lambda: _drain(worker, deadline=time.monotonic() + LAST_WORK))


def _drain(worker: Worker, deadline: Optional[float]) -> None:
    """Apply what is in the inbox."""
    while worker.step():
        if deadline is not None and time.monotonic() > deadline:
            return


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except SQLAlchemyError as error:
        logger.warning("the store cannot be written, analysis waits: %s", str(error).splitlines()[0])
        time.sleep(IDLE)


def _wait(wake: int) -> bool:
    """False once the server is gone."""
    ready, _, _ = readiness.select([wake], [], [], IDLE)
    return not ready or bool(os.read(wake, 65_536))
