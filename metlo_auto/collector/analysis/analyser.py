"""Takes batches from the inbox and applies each exactly once; a process of its own beside the server."""

from __future__ import annotations

import logging
import os
import select as readiness
import time
from typing import Callable, Optional, Sequence

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector.analysis.admission import admit
from metlo_auto.collector.analysis.aggregates import Aggregates
from metlo_auto.collector.analysis.aggregation import aggregate, dump
from metlo_auto.collector.analysis.analysis_state import AnalysisState, generation, recall
from metlo_auto.collector.analysis.cpu_limit import SECONDS, Overrun
from metlo_auto.collector.analysis.isolation import find_bad_traces
from metlo_auto.collector.analysis.memory import Memory
from metlo_auto.collector.analysis.merge import apply
from metlo_auto.collector.analysis.pool import Pool, TooLong
from metlo_auto.collector.analysis.pool import aggregate as aggregate_here
from metlo_auto.collector.analysis.step_size import StepSize
from metlo_auto.collector.analysis.test_marks import known_runs
from metlo_auto.collector.processes import seldom_look_for_cycles
from metlo_auto.collector.store import claims, inbox
from metlo_auto.collector.store.availability import Availability
from metlo_auto.collector.store.database import WRITES, is_sqlite, reading, writing
from metlo_auto.collector.store.faults import is_environments
from metlo_auto.collector.store.retention import Caps, expire, prune, read_caps
from metlo_auto.collector.store.schema_version import NewerStore
from metlo_auto.collector.store.source import InboxSource, Source
from metlo_auto.collector.store.traffic_days import roll_up

MOST_BYTES = 12_000_000  # of one step: the more traces, the fewer rows each of them touches
MOST_BYTES_BESIDE_OTHERS = 4_000_000  # where several analysers may share a store
IDLE = 1.0  # seconds after which the inbox is looked at without being told
REST = 0.1  # seconds that uploads gather in: a step costs nearly as much for one as for a hundred
TIDY_EVERY = 60.0  # seconds
LAST_WORK = 5.0  # seconds for what is left when the server stops
SHARE_BESIDE = 0.1  # of the time that steps take
LEAST_BESIDE = 0.1  # seconds: less is put together with that of later steps
LAST_BESIDE = 1.0  # seconds when the server stops

logger = logging.getLogger("metlo.collector")


class Taken(Exception):
    """The batches have to be claimed again: another analyser took one, something was deleted, or they failed."""


class StoreFault(SQLAlchemyError):
    """The store refuses whatever it is given."""


class Worker:
    """One analyser: a store, where its batches come from, and what it remembers between steps.

    With `processes` above 1 so many aggregate, and this one merges.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.time,
        sources: Sequence[Source] = (),
        processes: int = 1,
    ) -> None:
        self._pool = Pool(processes) if processes > 1 else None
        self._engine = engine
        self._clock = clock
        self._sources = sources or [InboxSource(engine)]
        self._source = self._sources[0]  # of the batches in hand
        self._state: Optional[AnalysisState] = None
        self._caps = Caps()
        self._renewed_at = 0.0
        self._size = StepSize(MOST_BYTES if is_sqlite(engine) else MOST_BYTES_BESIDE_OTHERS)

    def step(self) -> bool:
        """Apply the oldest batches in one transaction; False where there were none.

        Batches that fail come again in ever smaller groups; one that fails alone loses its bad traces. Raises what
        the store raises where it is the environment's.
        """
        state = self._state = self._state or self._recall()  # before a claim: it refuses a newer store
        claimed = self._claim()
        if not claimed.batches:
            self._size.rest()
            return False
        self._state = None  # until this step is done: a failed one leaves it knowing what the store does not
        self._note_load(claimed.batches, state)
        with reading(self._engine) as reader:
            state.test_runs = known_runs(reader)
        try:
            if claimed.failures >= claims.CERTAIN:
                self._isolate(claimed.batches[0], state)
            else:
                self._analyse(claimed.batches, state)
        except Taken:
            self._source.try_again()
            return True
        self._state = state
        if not is_sqlite(self._engine):
            with writing(self._engine) as connection:  # apart: other analysers wait for what `apply` holds
                prune(connection, self._caps)
        return True

    def _recall(self) -> AnalysisState:
        if self._pool is not None:
            self._pool.forget()
        return recall(self._engine)

    def _note_load(self, batches: Sequence[inbox.Filed], state: AnalysisState) -> None:
        """One that is behind goes less deep."""
        self._size.begin(sum(len(batch.body) for batch in batches), len(batches) >= claims.most_together(0))
        is_behind = self._size.is_behind
        state.memory.depth.is_behind = is_behind
        state.known.values_are_news = not is_behind
        if self._pool is not None:
            self._pool.is_behind = is_behind

    def _claim(self) -> claims.Claimed:
        """From the first source that has any."""
        self._renewed_at = self._clock()
        for source in self._sources:
            claimed = source.claim(self._renewed_at, self._size.bytes)
            if claimed.batches:
                self._source = source
                return claimed
        return claims.Claimed([], 0)

    def _analyse(self, batches: list[inbox.Filed], state: AnalysisState) -> None:
        """Raises Taken where the batches have to be claimed again."""
        try:
            self._apply(batches, self._aggregate(batches, state), state)
        except (Exception, Overrun) as error:  # noqa: BLE001  # whatever a batch does, those behind it come through
            if isinstance(error, Taken) or is_environments(error):
                raise
            logger.warning("analysis of %d batches failed, smaller groups are tried: %s", len(batches), _line(error))
            self._source.count_failure(batches)
            raise Taken from error

    def _aggregate(self, batches: list[inbox.Filed], state: AnalysisState) -> Aggregates:
        try:
            if self._pool is not None:
                return self._pool.aggregate(batches, state.test_runs, self._renew)
            return aggregate_here(batches, state.memory, state.test_runs, self._renew)
        except TooLong as error:
            logger.warning("a batch takes more than %d s of processor time and is isolated", SECONDS)
            self._source.count_failure([batches[error.place]], certain=True)
            raise Taken from error

    def _renew(self) -> None:
        now = self._clock()
        if now - self._renewed_at > claims.LASTS / 4:
            self._renewed_at = now
            self._source.renew(now)

    def _apply(self, batches: list[inbox.Filed], result: Aggregates, state: AnalysisState) -> None:
        for name, n in self._source.counts(batches).items():
            result.count(name, n)
        news = admit(result, state)
        self._size.end(len(result.facts))
        with writing(self._engine) as connection:
            if generation(connection) != state.generation or not self._source.remove(connection, batches):
                raise Taken
            apply(connection, result, self._caps, self._clock())
        state.memory.deepen(news)
        if self._pool is not None:
            self._pool.deepen(news)
        self._source.finish(batches)

    def _isolate(self, batch: inbox.Filed, state: AnalysisState) -> None:
        """Apply the batch without the traces that cannot be, and say which they are."""
        found = find_bad_traces(batch, self._try_to_store, self._renew)
        result = aggregate([found.good] if found.good.traces else [], state.memory, state.test_runs)
        for bad in found.bad:
            logger.warning("%d trace(s) cannot be analysed and are rejected: %s", bad.traces, bad.reason)
            result.reject(batch.received_at, bad.traces, bad.reason, bad.body)
        self._apply([batch], result, state)

    def _try_to_store(self, batch: inbox.Filed) -> Optional[str]:
        """Why the store refuses `batch`, None where it takes it. Raises what is the environment's fault."""
        reason = self._refusal(batch)
        if reason is not None and self._refusal(_harmless(batch)) is not None:
            raise StoreFault(reason)  # it refuses everything
        return reason

    def _refusal(self, batch: inbox.Filed) -> Optional[str]:
        result = aggregate([batch], Memory())
        admit(result, AnalysisState())
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
        """Leave nothing claimed, and no process."""
        for source in self._sources:
            source.give_back()
        if self._pool is not None:
            self._pool.close()

    def tidy(self) -> None:
        """What is due once a minute: new caps, and what age removes."""
        with writing(self._engine) as connection:
            self._caps = read_caps(connection)
            expire(connection, self._caps, time.time())
            prune(connection, self._caps)
            for source in self._sources:
                source.tidy(connection)
        roll_up(self._engine, time.time())


def _harmless(batch: inbox.Filed) -> inbox.Filed:
    trace = {
        "request": {"url": {"host": "localhost", "path": "/"}, "method": "GET"},
        "response": {"status": 200},
    }
    return batch._replace(traces=1, body=dump([trace]))


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:500]


class Beside:
    """Work that has a share of the time while batches come in, and all of it while none do.

    `work(engine, seconds, may_go_on)` works for about so long.
    """

    def __init__(self, engine: Engine, work: Optional[Callable[[Engine, float, Callable[[], bool]], None]]) -> None:
        self._engine = engine
        self._work = work
        self._due = 0.0  # seconds

    def after_step(self, took: float) -> None:
        self._due += took * SHARE_BESIDE
        if self._due > LEAST_BESIDE:
            begun = time.monotonic()
            self._do(self._due, lambda: True)
            self._due = min(0.0, self._due - (time.monotonic() - begun))

    def idle(self, wake: Optional[int], seconds: float = float("inf")) -> None:
        """Until a byte or the end of `wake` is there."""
        self._do(seconds, lambda: wake is None or not readiness.select([wake], [], [], 0.0)[0])

    def _do(self, seconds: float, may_go_on: Callable[[], bool]) -> None:
        try:
            if self._work is not None:
                self._work(self._engine, seconds, may_go_on)
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:  # noqa: BLE001  # batches are analysed whatever becomes of this
            logger.warning("work beside the analysis ends: %s", _line(error))
            self._work = None


def run(
    engine: Engine,
    wake: int,
    sources: Sequence[Source] = (),
    processes: int = 1,
    beside: Optional[Callable[[Engine, float, Callable[[], bool]], None]] = None,
) -> None:
    """Work until the pipe `wake` is closed at its other end; a byte in it says that something came in.

    `beside`: see Beside. Raises StoreUnusable where the store is none, not where it is away.
    """
    seldom_look_for_cycles()
    availability = Availability(engine)
    while not availability.open(patient=True):
        if not _wait(wake):
            return
    worker = Worker(engine, sources=sources, processes=processes)
    other = Beside(engine, beside)
    tidying = Tidying(worker)
    while True:
        tidying.when_due()
        _guarded(lambda: _drain(worker, other, tidying, wake))
        _guarded(lambda: other.idle(wake))
        if not _wait(wake):
            break
        time.sleep(REST)
    _guarded(lambda: _drain(worker, other, tidying, None, time.monotonic() + LAST_WORK))
    _guarded(lambda: other.idle(None, LAST_BESIDE))
    _guarded(worker.stop)


class Tidying:
    """What is due once a minute, also while there is always more that waits."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._done_at = float("-inf")

    def when_due(self) -> None:
        if time.monotonic() - self._done_at > TIDY_EVERY:
            self._done_at = time.monotonic()
            _guarded(self._worker.tidy)


def _drain(
    worker: Worker, other: Beside, tidying: Tidying, wake: Optional[int], deadline: float = float("inf")
) -> None:
    """Apply what waits, until there is none, or `wake` is closed."""
    begun = time.monotonic()
    while worker.step():
        other.after_step(time.monotonic() - begun)
        tidying.when_due()
        begun = time.monotonic()
        if time.monotonic() > deadline or wake is not None and not _wait(wake, 0.0):
            return


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except (SQLAlchemyError, OSError, NewerStore) as error:
        logger.warning("the store cannot be written, analysis waits: %s", _line(error))
        time.sleep(IDLE)


def _wait(wake: int, seconds: float = IDLE) -> bool:
    """False once the pipe is closed."""
    ready, _, _ = readiness.select([wake], [], [], seconds)
    return not ready or bool(os.read(wake, 65_536))
