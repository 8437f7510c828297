"""How often the store is asked: as often for many endpoints as for few."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from metlo_auto.collector import openapi
from metlo_auto.collector.analysis.analysis_state import AnalysisState
from metlo_auto.collector.analysis.merge import apply
from metlo_auto.collector.inventory import exposures, findings
from metlo_auto.collector.store.database import open_store, reading, writing
from metlo_auto.collector.store.inbox import Filed
from metlo_auto.collector.store.retention import Caps
from tests.collector.analysed import admitted
from tests.collector.collector_support import trace

LATER = 3 * 86_400.0  # when what came later is asked for


def _filed(at: float, endpoints: int, **body: Any) -> Filed:
    answer = json.dumps({"email": "ann@shop.example", **body})
    traces = [trace(f"/r{n}", route=f"/r{n}", response_body=answer) for n in range(endpoints)]
    return Filed(1, at, 1, len(traces), json.dumps(traces).encode())


def _queries(folder: Path, endpoints: int, read: Callable[[Connection], Any]) -> tuple[int, int]:
    """How many statements `read` needs for so many endpoints, and how much it finds."""
    engine = open_store(f"sqlite:///{folder / str(endpoints)}.db")
    memory = AnalysisState()
    for batch in (_filed(0.0, endpoints), _filed(LATER, endpoints, later=1)):
        with writing(engine) as connection:
            apply(connection, admitted([batch], memory), Caps(), batch.received_at)
    asked: list[str] = []
    with reading(engine) as connection:
        event.listen(connection, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
        found = read(connection)
    engine.dispose()
    return len(asked), len(found)


@pytest.mark.parametrize(
    ("read", "of_each"),
    [
        (openapi.read_operations, 1),
        (exposures.read_exposures, 1),
        (lambda connection: findings.find_all(connection, LATER), 2),  # anonymous data, and the field that came later
    ],
    ids=["openapi", "exposures", "findings"],
)
def test_many_endpoints_take_no_more_queries_than_few(
    tmp_path: Path, read: Callable[[Connection], Any], of_each: int
) -> None:
    few, found_in_few = _queries(tmp_path, 3, read)
    many, found_in_many = _queries(tmp_path, 60, read)
    assert (found_in_few, found_in_many) == (3 * of_each, 60 * of_each)
    assert few == many < 15
