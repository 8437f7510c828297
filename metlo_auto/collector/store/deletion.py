"""Deleting what was collected: raw samples, one endpoint, everything; each in the caller's transaction."""

from __future__ import annotations

import sqlite3
from typing import Sequence

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.store import counters as counted
from metlo_auto.collector.store import figure_marks
from metlo_auto.collector.store.database import is_sqlite
from metlo_auto.collector.store.schema import GENERATION as GENERATION
from metlo_auto.collector.store.schema import (
    claims,
    counters,
    declared_details,
    declared_routes,
    dismissals,
    endpoint_figures,
    endpoint_hosts,
    endpoints,
    exposure_figures,
    facts,
    finding_figures,
    finding_marks,
    inbox,
    runs,
    samples,
    set_aside,
    stale_figures,
    test_runs,
    test_traces,
    traffic,
    traffic_days,
)

_FIGURES = (endpoint_figures, exposure_figures, finding_figures, stale_figures)


def delete_raw(connection: Connection) -> None:
    """Every kept request and every trace that was rejected; the inventory stays."""
    connection.execute(delete(samples))
    connection.execute(delete(set_aside))
    connection.execute(update(counters).where(counters.c.name == "sample_bytes").values(n=0))


def delete_endpoints(connection: Connection, endpoint_ids: Sequence[str]) -> None:
    """Endpoints with all that is known of them and their samples; further calls make them anew."""
    listed = list(endpoint_ids)
    figure_marks.lock(connection)
    for table in (facts, traffic, traffic_days, endpoint_hosts, *_FIGURES):
        connection.execute(delete(table).where(table.c.endpoint_id.in_(listed)))
    connection.execute(delete(endpoints).where(or_(endpoints.c.id.in_(listed), endpoints.c.folded_into.in_(listed))))
    mine = samples.c.endpoint_id.in_(listed)
    freed = connection.scalar(select(func.coalesce(func.sum(samples.c.size), 0)).where(mine)) or 0
    connection.execute(delete(samples).where(mine))
    counted.add(connection, {GENERATION: 1, "sample_bytes": -int(freed)})


def delete_all(connection: Connection) -> None:
    """Everything but settings and the memory of batches, whose retries are not to bring anything back."""
    figure_marks.lock(connection)
    generation = counted.read(connection).get(GENERATION, 0)
    connection.execute(delete(inbox))  # first: on PostgreSQL it waits for analysers at work
    for table in (
        claims,
        samples,
        set_aside,
        facts,
        traffic,
        traffic_days,
        *_FIGURES,
        endpoint_hosts,
        endpoints,
        declared_details,
        declared_routes,
        dismissals,
        counters,
        test_runs,
        test_traces,
        runs,
        finding_marks,
    ):
        connection.execute(delete(table))
    counted.add(connection, {GENERATION: generation + 1})


def give_back(engine: Engine) -> bool:
    """Overwrite and release the space of what was deleted; False where the store is too busy for it now.

    Takes no part in a transaction. PostgreSQL does the same by itself in time.
    """
    if not is_sqlite(engine):
        return True
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM")
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        return False
    finally:
        raw.close()
    return True
