"""Takes batches from the inbox and applies each exactly once; a process of its own beside the server."""

from __future__ import annotations

import logging
import os
import select as readiness
import time
from typing import Callable, Optional

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector import inbox
from metlo_auto.collector.apply import apply
from metlo_auto.collector.database import writing
from metlo_auto.collector.harvest import Harvest, harvest
from metlo_auto.collector.memory import Memory, generation, recall
from metlo_auto.collector.retention import Caps, expire, prune, read_caps

MOST_BYTES = 4_000_000  # of one step: about a thousand traces
MOST_BATCHES = 1_000
IDLE = 1.0  # seconds after which the inbox is looked at without being told
TIDY_EVERY = 60.0  # seconds
LAST_WORK = 5.0  # seconds for what is left when the server stops

logger = logging.getLogger("metlo.collector")


class Taken(Exception):
    """Another analyser applied one of these batches first, or something was deleted meanwhile."""


class Worker:
    """One analyser: a store, and what it remembers between steps."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._memory: Optional[Memory] = None
        self._caps = Caps()

    def step(self) -> bool:
        """Apply the oldest batches in one transaction; False where the inbox is empty."""
        memory = self._memory or recall(self._engine)
        self._memory = None  # until this step is done: a failed one leaves it knowing what the store does not
        try:
            done = self._locked_step(memory) if inbox.locks_rows(self._engine) else self._optimistic_step(memory)
        except Taken:
            return True
        self._memory = memory
        return done

    def _locked_step(self, memory: Memory) -> bool:
        with writing(self._engine) as connection:
            batches = inbox.take(connection, MOST_BYTES, MOST_BATCHES)
            self._apply(connection, batches, harvest(batches, memory), memory)
        return bool(batches)

    def _optimistic_step(self, memory: Memory) -> bool:
        """For SQLite, which has one write lock: it is not held while analysing."""
        with self._engine.connect() as reader:
            batches = inbox.take(reader, MOST_BYTES, MOST_BATCHES)
        result = harvest(batches, memory)
        if batches:
            with writing(self._engine) as connection:
                self._apply(connection, batches, result, memory)
        return bool(batches)

    def _apply(self, connection: Connection, batches: list[inbox.Filed], result: Harvest, memory: Memory) -> None:
        if not batches:
            return
        if generation(connection) != memory.generation or not inbox.remove(connection, batches):
            raise Taken
        apply(connection, result, self._caps, time.time())

    def tidy(self) -> None:
        """What is due once a minute: new caps, and what age removes."""
        with writing(self._engine) as connection:
            self._caps = read_caps(connection)
            expire(connection, self._caps, time.time())
            prune(connection, self._caps)


def run(engine: Engine, wake: int) -> None:
    """Work until the pipe `wake` is closed by the server; a byte in it says that something came in."""
    worker = Worker(engine)
    tidied_at = float("-inf")
    while True:
        if time.monotonic() - tidied_at > TIDY_EVERY:
            tidied_at = time.monotonic()
            _guarded(worker.tidy)
        _guarded(lambda: _drain(worker, deadline=None))
        if not _wait(wake):
            break
    _guarded(lambda: _drain(worker, deadline=time.monotonic() + LAST_WORK))


def _drain(worker: Worker, deadline: Optional[float]) -> None:
    """Empty the inbox."""
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
