"""Runs of security tests in the store: begun before their first request, ended with their result; few are kept."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple, Optional

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.store.database import writing
from metlo_auto.collector.store.schema import test_runs, test_traces

MOST_RUNS = 20


class StoredRun(NamedTuple):
    """`result`: as the JSON report has it, None while the run goes on or where it was broken off."""

    run: str
    started_at: float
    target: str
    result: Optional[dict[str, Any]]


def begin_run(engine: Engine, run: str, target: str) -> None:
    """Make the analyser know `run`."""
    with writing(engine) as connection:
        connection.execute(insert(test_runs).values(run=run, started_at=time.time(), target=target, result=""))
        newest_first = select(test_runs.c.run).order_by(test_runs.c.started_at.desc())
        old = list(connection.scalars(newest_first))[MOST_RUNS:]
        for table in (test_runs, test_traces):
            connection.execute(delete(table).where(table.c.run.in_(old)))


def end_run(engine: Engine, run: str, result: dict[str, Any]) -> None:
    with writing(engine) as connection:
        text = json.dumps(result, ensure_ascii=True)
        connection.execute(update(test_runs).where(test_runs.c.run == run).values(result=text))


def read_runs(connection: Connection) -> list[StoredRun]:
    """All runs, the newest first."""
    columns = (test_runs.c.run, test_runs.c.started_at, test_runs.c.target, test_runs.c.result)
    rows = connection.execute(select(*columns).order_by(test_runs.c.started_at.desc()))
    return [StoredRun(*row[:3], json.loads(row.result) if row.result else None) for row in rows]
