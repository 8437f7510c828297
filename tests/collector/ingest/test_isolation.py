"""One trace that cannot be analysed or stored costs no other: it is found, rejected with its reason, and not tried again."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from metlo_auto.collector.analysis import aggregation, cpu_limit
from metlo_auto.collector.analysis.analyser import Beside, Worker
from metlo_auto.collector.inventory import queries
from metlo_auto.collector.store import inbox
from metlo_auto.collector.store.database import open_store, reading
from metlo_auto.collector.store.inbox import Batch
from metlo_auto.collector.store.schema import claims
from tests.collector.collector_support import trace


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'collector.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = open_store(url)
    yield opened
    opened.dispose()


def _file(engine: Engine, *batches: list[Any]) -> None:
    made = [Batch(None, time.time(), 1, len(traces), json.dumps(traces).encode()) for traces in batches]
    inbox.file(engine, made)


def _good(n: int) -> list[Any]:
    return [trace(f"/good/{i}", route="/good/{id}") for i in range(n)]


BAD = trace("/bad", route="/bad")


def _drain(engine: Engine, worker: Optional[Worker] = None) -> dict[str, Any]:
    worker = worker or Worker(engine)
    for _ in range(200):
        if not worker.step():
            break
    with reading(engine) as connection:
        return queries.status(connection)


def _spoil(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    """Let the analysis of BAD do something."""
    genuine = aggregation.observe

    def observe(seen: Any, at: float) -> Any:
        if seen["request"]["url"]["path"] == "/bad":
            do()
        return genuine(seen, at)

    monkeypatch.setattr(aggregation, "observe", observe)


def _earlier(seconds: float) -> float:
    return time.time() - seconds


def _burn() -> None:
    while True:
        pass


def test_a_trace_that_takes_for_ever_is_rejected_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_limit, "SECONDS", 1.0)
    monkeypatch.setattr(cpu_limit.limited.__wrapped__, "__defaults__", (0.3,))  # type: ignore[attr-defined]
    _spoil(monkeypatch, _burn)
    _file(engine, _good(3), [*_good(2), BAD, *_good(2)], _good(3))
    status = _drain(engine)
    assert (status["applied_traces"], status["set_aside_traces"], status["lost_traces"]) == (10, 1, 0)
    with reading(engine) as connection:
        [rejected] = queries.latest_set_aside(connection, 10)
        assert connection.execute(select(claims)).all() == []
    assert "processor time" in rejected.reason and "/bad" in rejected.body


def test_a_trace_that_kills_the_analyser_is_rejected_after_a_few_restarts(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each analyser that meets it dies, as in code that no signal reaches; the claim that it leaves tells the next."""
    _spoil(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGKILL))
    _file(engine, _good(3), [*_good(2), BAD], _good(3))
    for restart in range(3):
        child = os.fork()
        if child == 0:
            own = open_store(engine.url.render_as_string(hide_password=False))
            Worker(own, clock=partial(_earlier, 600 - 60 * restart)).step()
            os._exit(0)
        os.waitpid(child, 0)
    status = _drain(engine)
    assert (status["applied_traces"], status["set_aside_traces"], status["lost_traces"]) == (8, 1, 0)


def test_a_trace_that_the_store_refuses_is_rejected_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = aggregation.endpoint_id
    too_large = "x" * 10_000 if engine.dialect.name == "postgresql" else 2**70

    def endpoint_id(method: str, host: str, template: str) -> Any:
        return too_large if template == "/bad" else genuine(method, host, template)

    if engine.dialect.name == "postgresql":
        too_large = os.urandom(8_000).hex()  # an index row that no compression makes small
    monkeypatch.setattr(aggregation, "endpoint_id", endpoint_id)
    _file(engine, _good(3), [*_good(2), BAD, *_good(2)], _good(3))
    status = _drain(engine)
    assert (status["applied_traces"], status["set_aside_traces"], status["lost_traces"]) == (10, 1, 0)


@pytest.mark.parametrize("text", ["database or disk is full", "database is locked", "server closed the connection"])
def test_a_fault_of_the_environment_is_never_a_batchs(engine: Engine, text: str) -> None:
    _file(engine, _good(3), _good(2))
    worker = Worker(engine)
    broken = [True] * 12

    @event.listens_for(engine, "before_cursor_execute")
    def fail(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "INTO traffic" in statement and broken:
            broken.pop()
            orig: Any = _driver_error(engine, text)
            raise OperationalError(statement, {}, orig)

    for _ in range(12):
        with pytest.raises(OperationalError):
            worker.step()
    status = _drain(engine, worker)
    assert (status["applied_traces"], status["set_aside_traces"], status["lost_traces"]) == (5, 0, 0)


def _driver_error(engine: Engine, text: str) -> Exception:
    kind: Any = engine.dialect.dbapi.OperationalError if engine.dialect.dbapi else None
    made: Exception = kind(text if "connection" not in text or engine.dialect.name != "sqlite" else "disk I/O error")
    return made


def test_work_beside_the_analysis_that_fails_ends_and_analysis_goes_on(tmp_path: Path) -> None:
    engine, begun = open_store(f"sqlite:///{tmp_path}/c.db"), []

    def fail(*_: object) -> None:
        begun.append(1)
        raise KeyError("a bug")

    beside = Beside(engine, fail)
    beside.idle(None, 1.0)
    beside.idle(None, 1.0)
    assert begun == [1]
    engine.dispose()


@pytest.mark.skipif(sys.platform != "linux", reason="the clock of the limit is Linux's")
def test_the_kernels_limit_is_set_by_its_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under load `getrusage` lags behind it: a process that had worked for long was ended for nothing."""
    monkeypatch.setattr(cpu_limit, "used", lambda: -100.0)
    before = resource.getrlimit(resource.RLIMIT_CPU)
    with cpu_limit.limited():
        left = resource.getrlimit(resource.RLIMIT_CPU)[0] - time.clock_gettime(-8)
    assert cpu_limit.SECONDS < left < cpu_limit.SECONDS + cpu_limit.GRACE + 3
    assert resource.getrlimit(resource.RLIMIT_CPU) == before
