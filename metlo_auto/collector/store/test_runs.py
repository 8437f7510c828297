"""Runs of security tests as the store has them, for pages; `running_tests` writes them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Optional

from sqlalchemy import select
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.schema import test_runs


class StoredRun(NamedTuple):
    """`result`: as the JSON report has it, None while the run goes on or where it was broken off."""

    run: str
    started_at: float
    target: str
    result: Optional[dict[str, Any]]


def read_runs(connection: Connection) -> list[StoredRun]:
    """All runs, the newest first."""
    columns = (test_runs.c.run, test_runs.c.started_at, test_runs.c.target, test_runs.c.result)
    rows = connection.execute(select(*columns).order_by(test_runs.c.started_at.desc()))
    return [StoredRun(*row[:3], json.loads(row.result) if row.result else None) for row in rows]
