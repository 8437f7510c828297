"""Calls by hour of the last days, and by day of those before.

On PostgreSQL the hours of each day are a partition, which is dropped rather than deleted row by row.
"""

from __future__ import annotations

from typing import AbstractSet, Any, Iterable, Mapping, NamedTuple, Sequence

from sqlalchemy import delete, func, select, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from metlo_auto.collector.store.database import is_sqlite, upsert, writing
from metlo_auto.collector.store.schema import traffic, traffic_days

DAYS_BY_HOUR = 3  # before today; pages show the hours of two
_DAY = 24  # hours
_LOCK = 0x6D65746C72
_LOCKED = "55P03"  # the state of a lock that was not given in time
_PATIENCE = 1.0  # seconds of waiting for others, for which those who come later wait too
_SLICES = 256  # of the endpoints on SQLite: one of them holds the only writer up for a moment


class Call(NamedTuple):
    """So many calls and errors of one endpoint, hour and latency bucket."""

    endpoint_id: str
    hour: int
    bucket: int
    calls: int
    errors: int


def add(connection: Connection, counted: Iterable[Call], now: float) -> None:
    """Merge `counted` in the caller's transaction; those of a day long gone go where its others are."""
    oldest = _oldest_day(now)
    by_day: dict[tuple[str, int, int], list[int]] = {}
    recent: list[Mapping[str, Any]] = []
    for call in counted:
        day = call.hour // _DAY
        if day >= oldest:
            recent.append(call._asdict())
            continue
        sums = by_day.setdefault((call.endpoint_id, day, call.bucket), [0, 0])
        sums[0] += call.calls
        sums[1] += call.errors
    if connection.dialect.name != "sqlite":
        _make_partitions(connection, {row["hour"] // _DAY for row in recent})
    upsert(connection, traffic, recent, sums=["calls", "errors"])
    _add_days(connection, [(*key, *sums) for key, sums in by_day.items()])


def _add_days(connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
    names = ("endpoint_id", "day", "bucket", "calls", "errors")
    upsert(connection, traffic_days, [dict(zip(names, row)) for row in rows], sums=["calls", "errors"])


def roll_up(engine: Engine, now: float) -> None:
    """Turn hours into days once none is added to them any more: on PostgreSQL one day, else those of a part of the
    endpoints by the minute.
    """
    end = (_oldest_day(now) - 1) * _DAY  # a day later than `add`, whose clock may be another machine's
    try:
        with writing(engine, _PATIENCE) as connection:
            if is_sqlite(engine):
                _roll_up_slice(connection, int(now // 60) % _SLICES, end)
            elif connection.scalar(func.pg_try_advisory_xact_lock(_LOCK).select()):
                _roll_up_partition(connection, end)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCKED and "locked" not in str(error.orig):
            raise  # else somebody is at it for longer, and there is another minute


def _oldest_day(now: float) -> int:
    return int(now // 86_400) - DAYS_BY_HOUR


def _roll_up_slice(connection: Connection, number: int, end: int) -> None:
    """Those of the endpoints whose ids begin with this number in hexadecimal digits."""
    t = traffic.c
    first, after = f"{number:02x}", f"{number:02x}g"
    gone = (t.endpoint_id >= first, t.endpoint_id < after, t.hour < end)
    found = connection.execute(select(t.endpoint_id, t.hour, t.bucket, t.calls, t.errors).where(*gone)).all()
    if found:
        sums: dict[tuple[str, int, int], list[int]] = {}
        for name, hour, bucket, calls, errors in found:
            both = sums.setdefault((name, hour // _DAY, bucket), [0, 0])
            both[0] += calls
            both[1] += errors
        _add_days(connection, [(*key, *both) for key, both in sums.items()])
        connection.execute(delete(traffic).where(*gone))


def _roll_up_partition(connection: Connection, end: int) -> None:
    """The oldest one that is over."""
    named = _partitions(connection)
    day = min(named, default=end)
    if day * _DAY >= end:
        return
    name = named[day]
    for statement in (
        "SET LOCAL statement_timeout = '600s'",
        f"LOCK TABLE {name} IN SHARE MODE",  # who reads goes on, and waits for nothing while having what the end needs
        f"INSERT INTO {traffic_days.name} AS kept (endpoint_id, day, bucket, calls, errors) "
        f"SELECT endpoint_id, hour / {_DAY}, bucket, sum(calls), sum(errors) FROM {name} "
        "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 "
        "ON CONFLICT (endpoint_id, day, bucket) "
        "DO UPDATE SET calls = kept.calls + excluded.calls, errors = kept.errors + excluded.errors",
        f"DROP TABLE {name}",
    ):
        connection.execute(text(statement))


def _partitions(connection: Connection) -> dict[int, str]:
    """Names of the partitions by their days. Read from a table: what `to_regclass` says may be of a moment ago."""
    asked = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:parent)")
    found = {name.strip('"').rpartition("_")[2]: name for name in connection.scalars(asked, {"parent": traffic.name})}
    return {int(number): name for number, name in found.items() if number.isdigit()}


def _make_partitions(connection: Connection, days: AbstractSet[int]) -> None:
    """Of days that have none. Attached, not created in place: that would wait for all who read."""
    if days <= _partitions(connection).keys():
        return
    connection.execute(func.pg_advisory_xact_lock(_LOCK).select())  # another may make them, or roll up
    for day in sorted(days - _partitions(connection).keys()):
        name = f"{traffic.name}_{day}"
        connection.execute(text(f"CREATE TABLE {name} (LIKE {traffic.name} INCLUDING ALL)"))
        bounds = f"FROM ({day * _DAY}) TO ({(day + 1) * _DAY})"
        connection.execute(text(f"ALTER TABLE {traffic.name} ATTACH PARTITION {name} FOR VALUES {bounds}"))
