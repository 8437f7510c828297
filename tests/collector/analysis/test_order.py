"""However batches are divided and in whatever order their aggregates merge, the store is the same."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, select
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.analysis.admission import admit
from metlo_auto.collector.analysis.aggregates import Aggregates, merged
from metlo_auto.collector.analysis.aggregation import aggregate
from metlo_auto.collector.analysis.analyser import Worker
from metlo_auto.collector.analysis.analysis_state import AnalysisState
from metlo_auto.collector.analysis.memory import Memory
from metlo_auto.collector.analysis.merge import apply
from metlo_auto.collector.analysis.pool import Pool
from metlo_auto.collector.store import counters, schema
from metlo_auto.collector.store.database import open_store, reading, writing
from metlo_auto.collector.store.inbox import Batch, Filed, file
from metlo_auto.collector.store.retention import Caps
from tests.collector.analysis.trace_strategies import traces
from tests.collector.collector_support import trace

NOW = 1_790_000_000.0
class Way(NamedTuple):
    """How traces come into the store: each batch's process, and the order in which aggregates merge, step by step."""

    batches: list[list[Any]]
    processes: list[int]
    steps: list[list[int]]


@st.composite
def _ways(draw: st.DrawFn, traces: Sequence[Any]) -> Way:
    order = draw(st.permutations(traces))
    ends = sorted({*draw(st.lists(st.integers(1, len(order)), max_size=5)), len(order)})
    batches = [list(order[start:end]) for start, end in zip([0, *ends], ends)]
    processes = [draw(st.integers(0, 2)) for _ in batches]
    left = list(draw(st.permutations(range(len(batches)))))
    steps = []
    while left:
        most = draw(st.integers(1, len(left)))
        steps.append(left[:most])
        left = left[most:]
    return Way(batches, processes, steps)


@st.composite
def _two_ways(draw: st.DrawFn) -> tuple[Way, Way]:
    drawn = draw(st.lists(traces(), min_size=1, max_size=14))
    return draw(_ways(drawn)), draw(_ways(drawn))


def _filed(traces: list[Any]) -> Filed:
    return Filed(1, NOW, 1, len(traces), json.dumps(traces).encode())


def _copy(part: Aggregates) -> Aggregates:
    """As it comes from another process."""
    copied = pickle.loads(pickle.dumps(part))
    assert isinstance(copied, Aggregates)
    return copied


def _store_of(way: Way) -> dict[str, Any]:
    memories = [Memory(), Memory(), Memory()]
    parts = [
        _copy(aggregate([_filed(batch)], memories[process])) for batch, process in zip(way.batches, way.processes)
    ]
    engine = open_store("sqlite://")
    state = AnalysisState()
    for step in way.steps:
        result = merged(parts[number] for number in step)
        admit(result, state)
        with writing(engine) as connection:
            apply(connection, result, Caps(), NOW)
    with reading(engine) as connection:
        found = _contents(connection)
    engine.dispose()
    return found


def _contents(connection: Connection) -> dict[str, Any]:
    """Everything that does not depend on what came first: one of the hosts, examples, and members of what is no small set."""
    facts = _rows(connection, schema.facts, "first_seen")
    many = {row[:3] for row in facts if row[3] == "many"}
    return {
        "endpoints": _rows(connection, schema.endpoints, "host"),
        "hosts": _rows(connection, schema.endpoint_hosts),
        "traffic": _rows(connection, schema.traffic),
        "days": _rows(connection, schema.traffic_days),
        "facts": sorted(row for row in facts if not row[3].startswith("example") and (row[3] != "value" or row[:3] not in many)),
        "examples": sorted(row[:4] for row in facts if row[3].startswith("example")),
        "samples": _rows(connection, schema.samples, "id"),
        "set aside": _rows(connection, schema.set_aside, "id"),
        "counters": counters.read(connection),
    }  # fmt: skip


def _rows(connection: Connection, table: Table, *without: str) -> list[Any]:
    columns = [column for column in table.c if column.name not in without]
    return sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)


@settings(max_examples=60, deadline=None)
@given(_two_ways())
def test_any_division_and_order_of_the_batches_gives_the_same_store(ways: tuple[Way, Way]) -> None:
    one, other = map(_store_of, ways)
    for name, rows in one.items():
        assert rows == other[name], name


def _call(number: int) -> Any:
    body = json.dumps({"id": number, "status": "paid", "email": f"ada{number}@example.com"})
    return trace(f"/things/{number}", route=f"/r{number % 3}/{{id}}", response_body=body, trace_id=str(number))


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    made = open_store(f"sqlite:///{tmp_path}/c.db")
    yield made
    made.dispose()


def _file(engine: Engine, start: int, batches: int) -> None:
    for first in range(start, start + 5 * batches, 5):
        body = json.dumps([_call(number) for number in range(first, first + 5)]).encode()
        file(engine, [Batch(str(first), time.time(), 1, 5, body)])


def _calls(engine: Engine) -> int:
    with reading(engine) as connection:
        return sum(connection.scalars(select(schema.endpoints.c.calls)))


def test_processes_give_the_store_that_one_gives() -> None:
    batches = [_filed([_call(number) for number in range(first, first + 5)]) for first in range(0, 40, 5)]
    pool = Pool(2)
    found = []
    try:
        for part in (aggregate(batches, Memory()), pool.aggregate(batches, frozenset(), lambda: None)):
            engine = open_store("sqlite://")
            admit(part, AnalysisState())
            with writing(engine) as connection:
                apply(connection, part, Caps(), NOW)
                found.append(_contents(connection))
            engine.dispose()
    finally:
        pool.close()
    assert found[0] == found[1]
    assert len(found[0]["samples"]) == 40


def test_a_process_that_dies_costs_no_trace_and_is_started_again(engine: Engine) -> None:
    worker = Worker(engine, processes=2)
    try:
        _file(engine, 0, 4)
        while worker.step():
            pass
        assert _calls(engine) == 20
        pids = _pool_of(os.getpid())
        assert len(set(pids)) == 2
        os.kill(pids[0], signal.SIGKILL)
        _file(engine, 20, 4)
        while worker.step():
            pass
        assert _calls(engine) == 40
        assert len(set(_pool_of(os.getpid())) & set(pids)) == 1
    finally:
        worker.stop()
    with reading(engine) as connection:
        found = counters.read(connection)
    assert (found["applied_traces"], found.get("set_aside_traces", 0)) == (40, 0)


def test_processes_end_with_the_one_that_writes(tmp_path: Path) -> None:
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        engine = open_store(f"sqlite:///{tmp_path}/c.db")
        _file(engine, 0, 2)
        worker = Worker(engine, processes=2)
        worker.step()
        os.write(sink, json.dumps(_pool_of(os.getpid())).encode())
        time.sleep(600)
        os._exit(1)
    pids = json.loads(os.read(source, 1000))
    assert len(pids) == 2 and all(Path(f"/proc/{pid}").exists() for pid in pids)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    deadline = time.monotonic() + 60
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _pool_of(pid: int) -> list[int]:
    """The processes of its pool, not multiprocessing's own."""
    listed = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], stdout=subprocess.PIPE, check=True).stdout
    return [int(line.split()[0]) for line in listed.decode().splitlines() if "spawn_main" in line]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
