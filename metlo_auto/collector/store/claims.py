"""Which analyser works on which batches of the inbox, and how often that failed; every call is short.

A claim takes the place of a lock: while a batch is analysed no transaction is open that a server could end for being
idle. A claim that its owner never gave back tells that the owner ended with the batch in its hands.
"""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple, Sequence

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.database import upsert
from metlo_auto.collector.store.inbox import Filed, read_batches
from metlo_auto.collector.store.schema import claims, inbox

LASTS = 8.0  # seconds; `renew` in time keeps it
CERTAIN = 3  # failures after which a batch is looked at alone
_LOCK = 0x6D65746C70
_MOST_TOGETHER = (1_000, 64, 8)  # batches by their failures


class Claimed(NamedTuple):
    """Batches that failed equally often. `failures` is CERTAIN for one that has to be isolated."""

    batches: list[Filed]
    failures: int


def claim(connection: Connection, owner: str, now: float, most_bytes: int) -> Claimed:
    """The oldest free batches, claimed for `owner` in the caller's transaction; none where all are taken."""
    if connection.dialect.name != "sqlite":  # one after the other: two that look at once would choose the same
        connection.execute(func.pg_advisory_xact_lock(_LOCK).select())
    chosen: list[Any] = []
    total = 0
    for row in connection.execute(_free(connection, owner, now)):
        failures = _failures(row, owner)
        total += row.size
        if chosen and (total > most_bytes or failures != chosen[0][1] or len(chosen) >= most_together(failures)):
            break
        chosen.append((row.id, failures))
    _write(connection, owner, now + LASTS, chosen)
    return Claimed(read_batches(connection, [name for name, _ in chosen]), chosen[0][1] if chosen else 0)


def _free(connection: Connection, owner: str, now: float) -> Any:
    """Batches that nobody works on. SQLite has one analyser: what another claimed, that one left behind."""
    is_free = or_(claims.c.batch_id.is_(None), claims.c.until < now, claims.c.owner == owner)
    is_sqlite = connection.dialect.name == "sqlite"
    joined = inbox.outerjoin(claims, claims.c.batch_id == inbox.c.id)
    query = select(inbox.c.id, inbox.c.size, claims.c.owner, claims.c.until, claims.c.failures).select_from(joined)
    query = query.order_by(inbox.c.id).limit(_MOST_TOGETHER[0])
    return query if is_sqlite else query.where(is_free)


def _failures(row: Any, owner: str) -> int:
    left_behind = bool(row.until) and row.owner != owner
    return min(CERTAIN, (row.failures or 0) + left_behind)


def most_together(failures: int) -> int:
    """How many batches that failed so often are tried together."""
    return _MOST_TOGETHER[failures] if failures < len(_MOST_TOGETHER) else 1


def _write(connection: Connection, owner: str, until: float, chosen: Sequence[tuple[int, int]]) -> None:
    rows = [{"batch_id": name, "owner": owner, "until": until, "failures": n} for name, n in chosen]
    upsert(connection, claims, rows, latest=["owner", "until", "failures"])


def renew(connection: Connection, owner: str, now: float) -> None:
    connection.execute(update(claims).where(claims.c.owner == owner, claims.c.until > 0).values(until=now + LASTS))


def give_back(connection: Connection, owner: str) -> None:
    """All of `owner`'s claims end; nothing failed."""
    connection.execute(update(claims).where(claims.c.owner == owner).values(until=0.0))


def count_failure(connection: Connection, batches: Iterable[Filed], certain: bool = False) -> None:
    """The analysis of `batches` failed; `certain` where it is known that the fault is theirs."""
    listed = claims.c.batch_id.in_([batch.id for batch in batches])
    failures = CERTAIN if certain else claims.c.failures + 1
    connection.execute(update(claims).where(listed).values(until=0.0, failures=failures))


def end(connection: Connection, batches: Iterable[Filed]) -> None:
    """The batches have left the inbox."""
    connection.execute(delete(claims).where(claims.c.batch_id.in_([batch.id for batch in batches])))


def forget_others(connection: Connection) -> None:
    """Drop claims on batches that are gone."""
    connection.execute(delete(claims).where(claims.c.batch_id.not_in(select(inbox.c.id))))
