"""Keeps for a moment what costs more than a page may, such as the OpenAPI document of a thousand endpoints.

It is gathered again when something was decided or declared, and with traffic as often as a twentieth of a processor
affords; what is cheap, as everything of a small inventory is, is therefore always up to date. Cost is counted in time
of the processor: to wait for one on a busy machine costs nobody anything.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Callable, NamedTuple, Optional, TypeVar

from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector.store import counters
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.deletion import GENERATION
from metlo_auto.collector.store.schema import declared_routes, dismissals

T = TypeVar("T")
logger = logging.getLogger("metlo.collector")
_NAME = "metlo-collector-keeper"
QUICK = 0.05  # seconds that a page waits for; what takes longer is gathered beside it while it shows the older one
MOST = 60  # things
SHARE = 20  # a thing is kept for this many times what it cost
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
    cost: float


class Keeper:
    """Things by name; two threads that find one too old both gather it, and either is right.

    `cost_clock` counts what gathering costs, in seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cost_clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock = clock
        self._cost_clock = cost_clock
        self._kept: dict[str, _Kept] = {}
        self._gathering: set[str] = set()

    def get(self, name: str, state: State, gather: Callable[[], T], later: Optional[Callable[[], T]] = None) -> T:
        """What `gather` gave lately under this name, else what it gives now.

        Where only traffic has changed and gathering is slow, the older thing once more; `later` then gathers it in a
        thread of its own.
        """
        kept, now = self._kept.get(name), self._clock()
        if kept is None:
            return self._gather(name, state, gather)
        found: T = kept.value
        if self._is_good(kept, state, now):
            return found
        if later is None or kept.state.decided != state.decided or kept.took < QUICK:
            return self._gather(name, state, gather)
        if name not in self._gathering:
            self._gathering.add(name)
            threading.Thread(target=self._renew, args=(name, state, later), name="metlo-page", daemon=True).start()
        return found

    def begin(self, name: str, state: State, gather: Callable[[], T]) -> Optional[T]:
        """What `gather` gave lately, and None the first time, while it works in a thread of its own."""
        kept = self._kept.get(name)
        if (kept is None or not self._is_good(kept, state, self._clock())) and name not in self._gathering:
            self._gathering.add(name)
            threading.Thread(target=self._renew, args=(name, state, gather), name="metlo-page", daemon=True).start()
        return None if kept is None else kept.value

    def _gather(self, name: str, state: State, gather: Callable[[], T]) -> T:
        began, cost_before = self._clock(), self._cost_clock()
        made = gather()
        self._kept[name] = _Kept(made, state, began, self._clock() - began, self._cost_clock() - cost_before)
        while len(self._kept) > MOST:
            self._kept.pop(min(self._kept, key=lambda other: self._kept[other].at), None)
        return made

    def _renew(self, name: str, state: State, gather: Callable[[], T]) -> None:
        try:
            self._gather(name, state, gather)
        except SQLAlchemyError as error:
            logger.warning("a page shows older figures, the store cannot be read: %s", str(error).splitlines()[0])
        finally:
            self._gathering.discard(name)

    @staticmethod
    def _is_good(kept: _Kept, state: State, now: float) -> bool:
        age = now - kept.at
        if kept.state.decided != state.decided or age >= OLDEST:
            return False
        return kept.state.applied == state.applied or age < kept.cost * SHARE


def kept(name: str, connection: Connection, gather: Callable[[Connection], T]) -> T:
    """What `gather` reads from the store, kept for the app that answers this request."""
    keeper, later = _keeper(connection, gather)
    return keeper.get(name, state_of(connection), lambda: gather(connection), later)


def kept_later(name: str, connection: Connection, gather: Callable[[Connection], T]) -> Optional[T]:
    """As `kept`, for what takes longer than any page may: None until it is there."""
    keeper, later = _keeper(connection, gather)
    return keeper.begin(name, state_of(connection), later)


def _keeper(connection: Connection, gather: Callable[[Connection], T]) -> tuple[Keeper, Callable[[], T]]:
    """The keeper of the app that answers this request, and what gathers apart from it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    store = connection.engine
    # SQLite works in the thread that asks; what another database needs is seen as a wait alone
    cost_clock = time.thread_time if store.dialect.name == "sqlite" else time.monotonic

    def later() -> T:
        with app.app_context(), reading(store) as own:
            return gather(own)

    return app.extensions.setdefault(_NAME, Keeper(cost_clock=cost_clock)), later


def state_of(connection: Connection) -> State:
    counts = counters.read(connection)
    gone = connection.execute(select(func.count(), func.max(dismissals.c.dismissed_at))).one()
    routes = connection.execute(select(func.count(), func.max(declared_routes.c.declared_at))).one()
    return State((counts.get(GENERATION, 0), tuple(gone), tuple(routes)), counts.get("applied_traces", 0))
