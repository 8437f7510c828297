"""How much raw data is kept and for how long; the inventory has no cap, the ring of samples is held to three."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.store import counters, inbox
from metlo_auto.collector.store.database import upsert
from metlo_auto.collector.store.schema import samples, settings

_LOCK = 0x6D65746C71
SEEN_FOR = 7 * 86_400.0  # seconds that batch ids are remembered; no sender retries for longer


class Caps(NamedTuple):
    """The oldest samples beyond any of the first three go; `set_aside` bounds the traces that cannot be analysed."""

    samples: int = 10_000
    sample_bytes: int = 128_000_000
    sample_age: float = 7 * 86_400.0  # seconds
    set_aside: int = 1_000


def read_caps(connection: Connection) -> Caps:
    """The caps as they were last set, the defaults where they were not."""
    found = {row.name: row.value for row in connection.execute(select(settings.c.name, settings.c.value))}
    default = Caps()
    return Caps(
        samples=int(found.get("cap samples", default.samples)),
        sample_bytes=int(found.get("cap sample_bytes", default.sample_bytes)),
        sample_age=float(found.get("cap sample_age", default.sample_age)),
        set_aside=int(found.get("cap set_aside", default.set_aside)),
    )


def write_caps(connection: Connection, caps: Caps) -> None:
    """Set all caps; analysers go by them within a minute."""
    rows = [{"name": f"cap {name}", "value": str(value)} for name, value in caps._asdict().items()]
    upsert(connection, settings, rows, latest=["value"])


def prune(connection: Connection, caps: Caps) -> None:
    """Delete the oldest samples beyond count and bytes, unless another process is at it."""
    if connection.dialect.name != "sqlite" and not connection.scalar(func.pg_try_advisory_xact_lock(_LOCK).select()):
        return
    newest = connection.scalar(select(func.max(samples.c.id)))
    if newest is None:
        return
    _delete(connection, samples.c.id <= newest - caps.samples)
    excess = counters.read(connection).get("sample_bytes", 0) - caps.sample_bytes
    if excess > 0:
        _delete(connection, samples.c.id <= _last_of(connection, excess))


def expire(connection: Connection, caps: Caps, now: float) -> None:
    """What age alone removes: samples, and remembered batch ids."""
    _delete(connection, samples.c.at < now - caps.sample_age)
    inbox.forget_seen(connection, now - SEEN_FOR)


def _last_of(connection: Connection, excess: int) -> int:
    """The id up to which the oldest samples hold `excess` bytes."""
    last = 0
    for row in connection.execute(select(samples.c.id, samples.c.size).order_by(samples.c.id)):
        last, excess = row.id, excess - row.size
        if excess <= 0:
            break
    return last


def _delete(connection: Connection, doomed: ColumnElement[bool]) -> None:
    if connection.dialect.delete_returning:  # exact also where another analyser prunes at the same time
        sizes = [row.size for row in connection.execute(delete(samples).where(doomed).returning(samples.c.size))]
    else:  # SQLite before 3.35, where only one writes
        sizes = [row.size for row in connection.execute(select(samples.c.size).where(doomed))]
        connection.execute(delete(samples).where(doomed))
    counters.add(connection, {"sample_bytes": -sum(sizes), "expired_traces": len(sizes)})
