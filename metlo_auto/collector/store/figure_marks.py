"""Which endpoints have changed since the figures that pages show of them were gathered."""

from __future__ import annotations

from typing import Iterable

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.database import upsert
from metlo_auto.collector.store.schema import stale_figures

ROUTES = ""  # stands for what apps declare, where an id stands for an endpoint
_LOCK = 0x6D65746C72


def mark(connection: Connection, endpoint_ids: Iterable[str]) -> None:
    """These have changed, in the caller's transaction."""
    upsert(connection, stale_figures, [{"endpoint_id": name, "n": 1} for name in set(endpoint_ids)], sums=["n"])


def count(connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).select_from(stale_figures)) or 0)


def try_lock(connection: Connection) -> bool:
    """Whether this transaction alone gathers figures; on SQLite one that writes always does."""
    if connection.dialect.name == "sqlite":
        return True
    return bool(connection.scalar(func.pg_try_advisory_xact_lock(_LOCK).select()))


def lock(connection: Connection) -> None:
    """Wait until nobody gathers figures, and keep others from it until this transaction ends."""
    if connection.dialect.name != "sqlite":
        connection.execute(func.pg_advisory_xact_lock(_LOCK).select())
