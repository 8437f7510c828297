"""What the pages read of the store as a whole: how much comes in, how large it is; nothing is written."""

from __future__ import annotations

from typing import Any, Optional

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.database import is_sqlite
from metlo_auto.collector.store.schema import endpoints, samples

RATE_OVER = 10.0  # seconds
_RATE_LOOKS_AT = 500  # samples


def rate(connection: Connection, now: float) -> float:
    """Requests a second over the last seconds, as far as the newest samples tell."""
    newest = select(samples.c.at).order_by(samples.c.id.desc()).limit(_RATE_LOOKS_AT)
    recent = [at for (at,) in connection.execute(newest) if at >= now - RATE_OVER]
    if len(recent) < _RATE_LOOKS_AT:
        return len(recent) / RATE_OVER
    return float(len(recent) / max(0.01, now - min(recent)))


def last_at(connection: Connection) -> Optional[float]:
    """When the newest request was made; None where there was none yet, or none is known any more."""
    found: Optional[float] = connection.scalar(select(func.max(endpoints.c.last_seen)))
    if found is None:  # nothing but 404 and 405 so far
        found = connection.scalar(select(samples.c.at).order_by(samples.c.id.desc()).limit(1))
    return found


def disk(connection: Connection) -> int:
    """Bytes that the store takes."""
    if is_sqlite(connection.engine):
        pages = connection.scalar(text("select page_count from pragma_page_count"))
        return int(pages or 0) * int(connection.scalar(text("select page_size from pragma_page_size")) or 0)
    return int(connection.scalar(text("select pg_database_size(current_database())")) or 0)


def shown(connection: Connection, name: str) -> Optional[Any]:
    """The row of the endpoint that `name` is shown with, None where there is none; folds of folds are followed."""
    for _ in range(8):
        row = connection.execute(select(endpoints).where(endpoints.c.id == name)).one_or_none()
        if row is None or row.folded_into is None:
            return row
        name = row.folded_into
    return None
