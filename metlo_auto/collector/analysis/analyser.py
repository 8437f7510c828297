"""Takes batches from the inbox and applies each exactly once; a process of its own beside the server."""

from __future__ import annotations

import logging
import os
import select as readiness
import signal
import time
import uuid
from typing import Callable, Optional

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector.analysis.aggregation import Aggregates, aggregate, dump, reject
from metlo_auto.collector.analysis.analysis_state import AnalysisState, generation, recall
from metlo_auto.collector.analysis.cpu_limit import SECONDS, Overrun, limited
from metlo_auto.collector.analysis.isolation import find_bad_traces
from metlo_auto.collector.analysis.merge import apply
from metlo_auto.collector.analysis.test_marks import known_runs
from metlo_auto.collector.processes import seldom_look_for_cycles
from metlo_auto.collector.store import claims, inbox
from metlo_auto.collector.store.database import WRITES, is_sqlite, reading, writing
from metlo_auto.collector.store.faults import is_environments
from metlo_auto.collector.store.retention import Caps, expire, prune, read_caps
from metlo_auto.collector.store.schema_version import NewerStore

MOST_BYTES = 12_000_000  # of one step: the more traces, the fewer rows each of them touches
MOST_BYTES_BESIDE_OTHERS = 4_000_000  # where several analysers may share a store
IDLE = 1.0  # seconds after which the inbox is looked at without being told
REST = 0.1  # seconds that uploads gather in: a step costs nearly as much for one as for a hundred
TIDY_EVERY = 60.0  # seconds
LAST_WORK = 5.0  # seconds for what is left when the server stops

logger = logging.getLogger("metlo.collector")


class Taken(Exception):
    """The batches have to be claimed again: another analyser took one, something was deleted, or they failed."""


class StoreFault(SQLAlchemyError):
    """The store refuses whatever it is given."""


class Worker:
    """One analyser: a store, and what it remembers between steps."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock
        self._owner = uuid.uuid4().hex
        self._state: Optional[AnalysisState] = None
        self._caps = Caps()
        self._renewed_at = 0.0

    def step(self) -> bool:
        """Apply the oldest batches in one transaction; False where there were none.

        Batches that fail come again in ever smaller groups; one that fails alone loses its bad traces. Raises what
        the store raises where it is the environment's.
        """
        state = self._state = self._state or recall(self._engine)  # before a claim: it refuses a newer store
        claimed = self._claim()
        if not claimed.batches:
            return False
        self._state = None  # until this step is done: a failed one leaves it knowing what the store does not
        with reading(self._engine) as reader:
            state.test_runs = known_runs(reader)
        try:
            if claimed.failures >= claims.CERTAIN:
                self._isolate(claimed.batches[0], state)
            else:
                self._analyse(claimed.batches, state)
        except Taken:
            with writing(self._engine) as connection:
                claims.give_back(connection, self._owner)
            return True
        self._state = state
        return True

    def _claim(self) -> claims.Claimed:
        with reading(self._engine) as reader:
            if inbox.is_empty(reader):
                return claims.Claimed([], 0)
        self._renewed_at = self._clock()
        with writing(self._engine) as connection:
            most = MOST_BYTES if is_sqlite(self._engine) else MOST_BYTES_BESIDE_OTHERS
            return claims.claim(connection, self._owner, self._renewed_at, most)

    def _analyse(self, batches: list[inbox.Filed], state: AnalysisState) -> None:
        """Raises Taken where the batches have to be claimed again."""
        result = Aggregates(state)
        try:
            for batch in batches:
                self._add(result, batch)
                self._renew()
            with limited():
                result.finish()
            self._apply(batches, result, state)
        except (Exception, Overrun) as error:  # noqa: BLE001  # whatever a batch does, those behind it come through
            if isinstance(error, Taken) or is_environments(error):
                raise
            logger.warning("analysis of %d batches failed, smaller groups are tried: %s", len(batches), _line(error))
            self._count_failure(batches)
            raise Taken from error

    def _add(self, result: Aggregates, batch: inbox.Filed) -> None:
        try:
            with limited():
                result.add_batch(batch)
        except Overrun as error:
            logger.warning("a batch takes more than %d s of processor time and is isolated", SECONDS)
            self._count_failure([batch], certain=True)
            raise Taken from error

    def _count_failure(self, batches: list[inbox.Filed], certain: bool = False) -> None:
        with writing(self._engine) as connection:
            claims.count_failure(connection, batches, certain)

    def _renew(self) -> None:
        now = self._clock()
        if now - self._renewed_at > claims.LASTS / 4:
            self._renewed_at = now
            with writing(self._engine) as connection:
                claims.renew(connection, self._owner, now)

    def _apply(self, batches: list[inbox.Filed], result: Aggregates, state: AnalysisState) -> None:
        with writing(self._engine) as connection:
            if generation(connection) != state.generation or not inbox.remove(connection, batches):
                raise Taken
            claims.end(connection, batches)
            apply(connection, result, self._caps, self._clock())
        with writing(self._engine) as connection:  # apart: other analysers wait for what `apply` holds
            prune(connection, self._caps)

    def _isolate(self, batch: inbox.Filed, state: AnalysisState) -> None:
        """Apply the batch without the traces that cannot be, and say which they are."""
        found = find_bad_traces(batch, self._try_to_store, self._renew)
        result = Aggregates(state)
        if found.good.traces:
            result.add_batch(found.good)
        result.finish()
        for bad in found.bad:
            logger.warning("%d trace(s) cannot be analysed and are rejected: %s", bad.traces, bad.reason)
            reject(result, batch.received_at, bad.traces, bad.reason, bad.body)
        self._apply([batch], result, state)

    def _try_to_store(self, batch: inbox.Filed) -> Optional[str]:
        """Why the store refuses `batch`, None where it takes it. Raises what is the environment's fault."""
        reason = self._refusal(batch)
        if reason is not None and self._refusal(_harmless(batch)) is not None:
            raise StoreFault(reason)  # it refuses everything
        return reason

    def _refusal(self, batch: inbox.Filed) -> Optional[str]:
        result = aggregate([batch], AnalysisState())
        try:
            with self._engine.connect().execution_options(**WRITES) as connection, connection.begin() as transaction:
                apply(connection, result, self._caps, self._clock())
                transaction.rollback()
        except Exception as error:  # noqa: BLE001  # any error may be the batch's
            if is_environments(error):
                raise
            return _line(error)
        return None

    def stop(self) -> None:
        """Leave nothing claimed."""
        with writing(self._engine) as connection:
            claims.give_back(connection, self._owner)

    def tidy(self) -> None:
        """What is due once a minute: new caps, and what age removes."""
        with writing(self._engine) as connection:
            self._caps = read_caps(connection)
            expire(connection, self._caps, time.time())
            prune(connection, self._caps)
            claims.forget_others(connection)


def _harmless(batch: inbox.Filed) -> inbox.Filed:
    trace = {
        "request": {"url": {"host": "localhost", "path": "/"}, "method": "GET"},
        "response": {"status": 200},
    }
    return batch._replace(traces=1, body=dump([trace]))


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:500]


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
    _guarded(worker.stop)


def _drain(worker: Worker, deadline: Optional[float]) -> None:
    """Apply what is in the inbox."""
    while worker.step():
        if deadline is not None and time.monotonic() > deadline:
            return


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except (SQLAlchemyError, OSError, NewerStore) as error:
        logger.warning("the store cannot be written, analysis waits: %s", _line(error))
        time.sleep(IDLE)


def _wait(wake: int) -> bool:
    """False once the server is gone."""
    ready, _, _ = readiness.select([wake], [], [], IDLE)
    return not ready or bool(os.read(wake, 65_536))
