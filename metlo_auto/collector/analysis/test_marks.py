"""Which traces are requests of `metlo-collector test`: by a header that names a run which this collector began.

A name that nobody can guess: else any client could keep its requests out of the inventory.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

from sqlalchemy import select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.observation import Observation
from metlo_auto.collector.store.schema import test_runs

HEADER = "x-metlo-test"
_MARK = re.compile(r"([0-9a-f]{16,40})/(\d{1,9})")


class RunTrace(NamedTuple):
    """A row of `test_traces`."""

    run: str
    number: int
    status: int
    exception: str


def known_runs(connection: Connection) -> frozenset[str]:
    return frozenset(connection.scalars(select(test_runs.c.run)))


def trace_of_run(seen: Observation, runs: frozenset[str]) -> Optional[RunTrace]:
    """What to keep of a trace that belongs to one of `runs`; None for all others."""
    if not runs:
        return None
    headers = seen.trace["request"].get("headers") or ()
    mark = next((str(item.get("value", "")) for item in headers if item["name"].lower() == HEADER), "")
    found = _MARK.fullmatch(mark)
    if found is None or found.group(1) not in runs:
        return None
    meta: Any = seen.trace.get("meta")
    exception = str(meta.get("exception") or "")[:300] if isinstance(meta, dict) else ""
    return RunTrace(found.group(1), int(found.group(2)), seen.status, exception)
