"""Named counts that are kept in the store; nothing is lost, refused or rejected without one going up."""

from __future__ import annotations

from typing import Mapping

from sqlalchemy import select
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.database import upsert
from metlo_auto.collector.store.schema import counters


def add(connection: Connection, counts: Mapping[str, int]) -> None:
    rows = [{"name": name, "n": n} for name, n in counts.items() if n]
    upsert(connection, counters, rows, sums=["n"])


def read(connection: Connection) -> dict[str, int]:
    return {row.name: int(row.n) for row in connection.execute(select(counters.c.name, counters.c.n))}
