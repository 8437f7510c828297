"""The durable inbox: batches go in once by their id, and come out in the transaction that applies them."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple, Optional, Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from metlo_auto.collector.store import counters
from metlo_auto.collector.store.database import writing
from metlo_auto.collector.store.schema import inbox, seen_batches
from metlo_auto.collector.store.text import storable

TRIES = 3


class Batch(NamedTuple):
    """One upload as received. `key`: None where the sender gave no batch id, so that a retry cannot be told."""

    key: Optional[str]
    received_at: float
    version: int
    traces: int
    body: bytes


class Filed(NamedTuple):
    """A batch that lies in the inbox under `id`."""

    id: int
    received_at: float
    version: int
    traces: int
    body: bytes


class Backlog(NamedTuple):
    """What waits in the inbox."""

    batches: int
    traces: int
    size: int  # bytes


def batch_key(batch_id: str, body: bytes) -> Optional[str]:
    """What a retry is known by: the sender's id and the bytes, so that an id used twice by mistake loses
    nothing.
    """
    if not batch_id:
        return None
    digest = hashlib.blake2b(body, digest_size=12, person=b"metlo-batch").hexdigest()
    return f"{storable(batch_id[:200])}/{digest}"


def file(engine: Engine, batches: Sequence[Batch], counts: Optional[dict[str, int]] = None) -> list[bool]:
    """Store `batches` in one transaction and add `counts`; True for each that is new, False for a retry."""
    for _ in range(TRIES):
        try:
            return _file(engine, batches, counts or {})
        except IntegrityError:
            continue  # another collector on the same database took one of them in this moment
    return _file(engine, batches, counts or {})


def _file(engine: Engine, batches: Sequence[Batch], counts: dict[str, int]) -> list[bool]:
    with writing(engine) as connection:
        known = known_keys(connection, [batch.key for batch in batches if batch.key])
        fresh: list[bool] = []
        for batch in batches:
            fresh.append(batch.key is None or batch.key not in known)
            if batch.key is not None:
                known.add(batch.key)
        new = [batch for batch, is_new in zip(batches, fresh) if is_new]
        _insert(connection, new)
        totals = dict(counts)
        totals["accepted_batches"] = len(new)
        totals["accepted_traces"] = sum(batch.traces for batch in new)
        totals["duplicate_batches"] = len(batches) - len(new)
        counters.add(connection, totals)
    return fresh


def known_keys(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of batches that were stored or applied before."""
    if not keys:
        return set()
    found = connection.execute(select(seen_batches.c.batch_key).where(seen_batches.c.batch_key.in_(keys)))
    return {row[0] for row in found}


def _insert(connection: Connection, batches: Sequence[Batch]) -> None:
    keyed = [{"batch_key": b.key, "received_at": b.received_at} for b in batches if b.key]
    if keyed:
        connection.execute(insert(seen_batches), keyed)
    # an upload whose first trace was refused takes none: its id is not remembered as data, only as seen
    rows = [
        {
            "received_at": b.received_at,
            "version": b.version,
            "traces": b.traces,
            "size": len(b.body),
            "body": b.body,
        }
        for b in batches
        if b.traces
    ]
    if rows:
        connection.execute(insert(inbox), rows)


def backlog(connection: Connection) -> Backlog:
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(inbox.c.traces), 0), func.coalesce(func.sum(inbox.c.size), 0))
    ).one()
    return Backlog(int(row[0]), int(row[1]), int(row[2]))


def is_empty(connection: Connection) -> bool:
    return connection.execute(select(inbox.c.id).limit(1)).first() is None


def read_batches(connection: Connection, chosen: Sequence[int]) -> list[Filed]:
    """The batches with these ids, oldest first."""
    if not chosen:
        return []
    columns = (inbox.c.id, inbox.c.received_at, inbox.c.version, inbox.c.traces, inbox.c.body)
    found: Any = connection.execute(select(*columns).where(inbox.c.id.in_(chosen)).order_by(inbox.c.id))
    return [Filed(row.id, row.received_at, row.version, row.traces, bytes(row.body)) for row in found]


def remove(connection: Connection, batches: Sequence[Filed]) -> bool:
    """Take `batches` out; False where another analyser was first with any of them."""
    result = connection.execute(delete(inbox).where(inbox.c.id.in_([batch.id for batch in batches])))
    return result.rowcount == len(batches)


def remember(connection: Connection, keys: Sequence[tuple[str, float]]) -> bool:
    """Note batches by key and time of receipt; False where one of them is known: the transaction has failed then."""
    try:
        connection.execute(insert(seen_batches), [{"batch_key": key, "received_at": at} for key, at in sorted(keys)])
    except IntegrityError:
        return False
    return True


def forget_seen(connection: Connection, before: float) -> None:
    """Drop remembered batch ids older than `before`: no sender keeps a batch that long."""
    connection.execute(delete(seen_batches).where(seen_batches.c.received_at < before))
