"""Whether a store has answered: a node may start before its database, and looks for it in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import Callable, Optional

from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector.store.database import StoreUnusable, prepare, reading
from metlo_auto.collector.store.faults import is_environments

logger = logging.getLogger("metlo.collector")
EVERY = 1.0  # seconds between two attempts to open a store that does not answer
ANSWERS_WITHIN = 1.0  # seconds that readiness waits for


class Availability:
    """Opens `engine`, now or when the database comes; a store that once was open is not asked again."""

    def __init__(self, engine: Engine, on_open: Callable[[Engine], None] = lambda _engine: None) -> None:
        self._engine = engine
        self._on_open = on_open
        self._open = threading.Event()
        self._lock = threading.Lock()
        self._thread: Optional[threading.Thread] = None
        self._said = ""

    def open(self, patient: bool) -> bool:
        """Try once. Raises StoreUnusable; where `patient` and the store may only be away it is False instead."""
        try:
            self._prepare()
        except StoreUnusable as error:
            if not patient or error.__cause__ is None or not is_environments(error.__cause__):
                raise
            if str(error) != self._said:
                self._said = str(error)
                logger.warning("%s; waiting for it", error)
        return self._open.is_set()

    def _prepare(self) -> None:
        prepare(self._engine)
        self._on_open(self._engine)
        self._open.set()

    def is_open(self) -> bool:
        """At once; where the store is not open it is looked for from now on."""
        if not self._open.is_set():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():  # which it is not in a forked process
                    self._thread = threading.Thread(target=self._look, name="metlo-store", daemon=True)
                    self._thread.start()
        return self._open.is_set()

    def _look(self) -> None:
        while not self._open.is_set():
            try:
                if self.open(patient=True):
                    logger.warning("the store answers")
            except (StoreUnusable, SQLAlchemyError) as error:
                logger.warning("%s", error)
            time.sleep(EVERY)


class Probe:
    """Asks something that may hang, in a thread of its own, and says within a second what is wrong with it."""

    def __init__(self, ask: Callable[[], None], name: str, within: float = ANSWERS_WITHIN) -> None:
        self._ask = ask
        self._name = name
        self._within = within
        self._lock = threading.Lock()
        self._running: Optional[_Answer] = None

    def complaint(self) -> Optional[str]:
        """None where it answers."""
        with self._lock:
            running = self._running
            if running is None or not running.thread.is_alive():
                running = self._running = _Answer(self._ask)
        running.thread.join(self._within)
        if running.thread.is_alive():
            return f"{self._name} does not answer within {self._within:.0f} s"
        if running.error is not None:
            return f"{self._name} does not answer: {type(running.error).__name__}"
        return None


class _Answer:
    def __init__(self, ask: Callable[[], None]) -> None:
        self.error: Optional[BaseException] = None
        self._ask = ask
        self.thread = threading.Thread(target=self._run, name="metlo-ready", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._ask()
        except Exception as error:  # noqa: BLE001  # whatever it is, it does not answer
            self.error = error


def ask(engine: Engine) -> None:
    """One round trip to the database."""
    with reading(engine) as connection:
        connection.execute(text("select 1"))
