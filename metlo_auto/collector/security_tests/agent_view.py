"""What the agent saw of a run's requests, as its traces reach the store; waits for them, writes nothing."""

from __future__ import annotations

import time
from typing import Optional

from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from metlo_auto.collector.store import inbox
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.schema import samples, test_traces

FIRST_WITHIN = 20.0  # seconds of a run until the first trace of it, where the app runs under an agent
ARRIVES_WITHIN = 40.0  # seconds between a response and its trace in the store, on a machine that is busy
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
    """What the agent saw in requests of a run. It waits for traces to come, but not where none of the run ever came."""

    def __init__(self, engine: Engine, run: str, first_within: float = FIRST_WITHIN) -> None:
        self._engine = engine
        self._run = run
        self._first_by = time.monotonic() + first_within
        self._is_seen = False

    def __call__(self, number: int) -> Optional[str]:
        """The class of the exception of request `number`, "" for no exception, None where no trace of it came."""
        asked_at = time.monotonic()
        while True:
            found = self._look(number)
            if found is not None:
                return found
            deadline = asked_at + ARRIVES_WITHIN if self._is_reported() else self._first_by
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.1)

    def _look(self, number: int) -> Optional[str]:
        where = (test_traces.c.run == self._run) & (test_traces.c.number == number)
        with reading(self._engine) as connection:
            return connection.scalar(select(test_traces.c.exception).where(where))

    def _is_reported(self) -> bool:
        """Whether any trace of the run has come: the app runs under an agent that reports to this collector."""
        if not self._is_seen:
            with reading(self._engine) as connection:
                found = connection.scalar(select(test_traces.c.number).where(test_traces.c.run == self._run).limit(1))
            self._is_seen = found is not None
        return self._is_seen
