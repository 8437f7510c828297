"""What the agent saw of a run's requests, as its traces reach the store; waits for them, writes nothing."""

from __future__ import annotations

import time
from typing import Optional

from metlo_auto.collector.store.running_tests import arrived, exception_of, is_reported
from metlo_auto.collector.store.statements import Statements

FIRST_WITHIN = 20.0  # seconds of a run until the first trace of it, where the app runs under an agent
ARRIVES_WITHIN = 40.0  # seconds between a response and its trace in the store, on a machine that is busy
SETTLES_WITHIN = 10.0
HELD_BACK = 4.0  # seconds that an agent may keep a trace


def wait_until_analysed(store: Statements) -> None:
    """Wait for what the agent holds back of the last requests, and until the inbox is empty twice in a row."""
    deadline = time.monotonic() + SETTLES_WITHIN
    empty = 0
    while empty < 2 and time.monotonic() < deadline:
        newest, waiting = arrived(store)
        left = HELD_BACK - (time.time() - newest)
        is_quiet = not waiting and left < 0
        empty = empty + 1 if is_quiet else 0
        if empty < 2:
            time.sleep(max(0.2, min(left, HELD_BACK, deadline - time.monotonic())))


class Exceptions:
    """What the agent saw in requests of a run. It waits for traces to come, but not where none of the run ever came."""

    def __init__(self, store: Statements, run: str, first_within: float = FIRST_WITHIN) -> None:
        self._store = store
        self._run = run
        self._first_by = time.monotonic() + first_within
        self._is_seen = False

    def __call__(self, number: int) -> Optional[str]:
        """The class of the exception of request `number`, "" for no exception, None where no trace of it came."""
        asked_at = time.monotonic()
        while True:
            found = exception_of(self._store, self._run, number)
            if found is not None:
                return found
            deadline = asked_at + ARRIVES_WITHIN if self._is_reported() else self._first_by
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.1)

    def _is_reported(self) -> bool:
        """Whether any trace of the run has come: the app runs under an agent that reports to this collector."""
        self._is_seen = self._is_seen or is_reported(self._store, self._run)
        return self._is_seen
