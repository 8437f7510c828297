"""What the agent saw of a run's requests, as its traces reach the store; waits for them, writes nothing."""

from __future__ import annotations

import time
from typing import Optional

from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from metlo_auto.collector.store import inbox
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.schema import samples, test_traces

ARRIVES_WITHIN = 6.0  # seconds between a response and its trace in the store
SETTLES_WITHIN = 10.0
HELD_BACK = 4.0  # seconds that an agent may keep a trace


def wait_until_analysed(engine: Engine) -> None:
    """Wait for what the agent holds back of the last requests, and until the inbox is empty twice in a row."""
    deadline = time.monotonic() + SETTLES_WITHIN
    empty = 0
    while empty < 2 and time.monotonic() < deadline:
        with reading(engine) as connection:
            newest = connection.scalar(select(func.max(samples.c.at))) or 0.0
            is_quiet = inbox.backlog(connection)[1] == 0 and time.time() - newest > HELD_BACK
        empty = empty + 1 if is_quiet else 0
        if empty < 2:
            time.sleep(0.2)


class Exceptions:
    """What the agent saw in requests of a run. Where no trace of the run ever came, it stops waiting for them."""

    def __init__(self, engine: Engine, run: str) -> None:
        self._engine = engine
        self._run = run
        self._is_seen = False
        self._misses = 0

    def __call__(self, number: int) -> str:
        """The class of the exception of request `number`, "" for none."""
        deadline = time.monotonic() + (ARRIVES_WITHIN if self._is_seen or self._misses < 2 else 0)
        while True:
            found = self._look(number)
            if found is not None:
                self._is_seen = True
                return found
            if time.monotonic() >= deadline:
                self._misses += 1
                return ""
            time.sleep(0.1)

    def _look(self, number: int) -> Optional[str]:
        where = (test_traces.c.run == self._run) & (test_traces.c.number == number)
        with reading(self._engine) as connection:
            return connection.scalar(select(test_traces.c.exception).where(where))
