"""Keeps for a moment what costs more than a page may, such as findings over a thousand endpoints.

It is gathered again when something was decided or declared, and with traffic as often as a twentieth of one processor
affords; what is cheap, as everything of a small inventory is, is therefore always up to date.
"""

from __future__ import annotations

import time
from typing import Any, Callable, NamedTuple, TypeVar

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.store import counters
from metlo_auto.collector.store.deletion import GENERATION
from metlo_auto.collector.store.schema import declared_routes, dismissals

T = TypeVar("T")
_NAME = "metlo-collector-keeper"
SHARE = 20  # a thing is kept for this many times what it took
OLDEST = 60.0  # seconds; some news end by time alone


class State(NamedTuple):
    """`decided` changes with what people and agents decided, `applied` with traffic."""

    decided: object
    applied: int


class _Kept(NamedTuple):
    value: Any
    state: State
    at: float
    took: float


class Keeper:
    """Things by name; two threads that find one too old both gather it, and either is right."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def get(self, name: str, state: State, gather: Callable[[], T]) -> T:
        """What `gather` gave lately under this name, else what it gives now."""
        kept, now = self._kept.get(name), self._clock()
        if kept is not None and self._is_good(kept, state, now):
            found: T = kept.value
            return found
        made = gather()
        self._kept[name] = _Kept(made, state, now, self._clock() - now)
        return made

    @staticmethod
    def _is_good(kept: _Kept, state: State, now: float) -> bool:
        age = now - kept.at
        if kept.state.decided != state.decided or age >= OLDEST:
            return False
        return kept.state.applied == state.applied or age < kept.took * SHARE


def kept(name: str, connection: Connection, gather: Callable[[Connection], T]) -> T:
    """What `gather` reads from the store, kept for the app that answers this request."""
    keeper: Keeper = current_app.extensions.setdefault(_NAME, Keeper())
    return keeper.get(name, state_of(connection), lambda: gather(connection))


def state_of(connection: Connection) -> State:
    counts = counters.read(connection)
    gone = connection.execute(select(func.count(), func.max(dismissals.c.dismissed_at))).one()
    routes = connection.execute(select(func.count(), func.max(declared_routes.c.declared_at))).one()
    return State((counts.get(GENERATION, 0), tuple(gone), tuple(routes)), counts.get("applied_traces", 0))
