"""The inventory of some traces, in this process: what an analyser makes of them, without a server."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Sequence

from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.admission import admit
from metlo_auto.collector.analysis.aggregates import Aggregates
from metlo_auto.collector.analysis.aggregation import aggregate
from metlo_auto.collector.analysis.analysis_state import AnalysisState
from metlo_auto.collector.analysis.merge import apply
from metlo_auto.collector.inventory.exposures import read_exposures
from metlo_auto.collector.inventory.findings import find_all
from metlo_auto.collector.store.database import open_store, reading, writing
from metlo_auto.collector.store.inbox import Filed
from metlo_auto.collector.store.retention import Caps

HTML = [{"name": "Content-Type", "value": "text/html; charset=utf-8"}]


def admitted(batches: Sequence[Filed], state: AnalysisState) -> Aggregates:
    """What an analyser that knows `state` merges into the store."""
    result = aggregate(batches, state.memory, state.test_runs)
    state.memory.deepen(admit(result, state))
    return result


@contextmanager
def analysed(folder: Path, *batches: list[dict[str, Any]]) -> Iterator[Connection]:
    """A connection to a store that has taken in `batches`, each by an analyser that knows nothing of the others."""
    engine = open_store(f"sqlite:///{folder}/c.db")
    now = time.time()
    for traces in batches:
        result = admitted([Filed(1, now, 1, len(traces), json.dumps(traces).encode())], AnalysisState())
        with writing(engine) as connection:
            apply(connection, result, Caps(), now)
    with reading(engine) as connection:
        yield connection
    engine.dispose()


def kinds(connection: Connection, guesses: bool = False) -> set[str]:
    """The kinds of findings that are not news."""
    found = find_all(connection, time.time(), guesses)
    return {finding.kind.name for finding in found if finding.kind.severity != "news"}


def classes(connection: Connection) -> set[tuple[str, str]]:
    """Where which class was claimed: path and class."""
    return {(exposure.path, exposure.claim.name) for exposure in read_exposures(connection)}
