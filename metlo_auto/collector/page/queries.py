"""What the pages read from the store beyond what API and commands read; plain values out, nothing is written."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple, Optional, Sequence

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from metlo_auto.collector import latency
from metlo_auto.collector.database import is_sqlite
from metlo_auto.collector.page.chart import Hour
from metlo_auto.collector.schema import endpoints, samples, traffic
from metlo_auto.collector.transport import parse

RATE_OVER = 10.0  # seconds
_RATE_LOOKS_AT = 500  # samples


def members(connection: Connection, endpoint_ids: Sequence[str]) -> dict[str, str]:
    """Every id whose traffic is shown under one of `endpoint_ids`, and that one: folding keeps its rows."""
    shown = func.coalesce(endpoints.c.folded_into, endpoints.c.id)
    found = connection.execute(select(endpoints.c.id, shown.label("shown")).where(shown.in_(endpoint_ids)))
    return {row.id: row.shown for row in found}


class Traffic(NamedTuple):
    """What the rollups say of one endpoint: calls by hour, and durations in milliseconds."""

    hours: list[Hour]
    p50: Optional[float]
    p95: Optional[float]


NO_TRAFFIC = Traffic([], None, None)


def traffic_of(connection: Connection, owners: dict[str, str], since: int) -> dict[str, Traffic]:
    """By shown endpoint: its hours from `since` on, in hours since the epoch. `owners` is what `members` gives."""
    columns = (traffic.c.endpoint_id, traffic.c.hour, traffic.c.bucket, traffic.c.calls, traffic.c.errors)
    asked = select(*columns).where(traffic.c.endpoint_id.in_(list(owners)), traffic.c.hour >= since)
    hours: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    buckets: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for name, hour, bucket, calls, errors in connection.execute(asked):
        shown = owners[name]
        of_hour = hours[shown][hour]
        of_hour[0] += calls
        of_hour[1] += errors
        buckets[shown][bucket] += calls
    return {
        name: Traffic(
            [Hour(hour, calls, errors) for hour, (calls, errors) in sorted(found.items())],
            latency.quantile(buckets[name], 0.5),
            latency.quantile(buckets[name], 0.95),
        )
        for name, found in hours.items()
    }


class Sample(NamedTuple):
    """A request of the ring; `number` is its place there."""

    number: int
    endpoint_id: Optional[str]
    at: float
    trace: dict[str, Any]

    @property
    def method(self) -> str:
        return str(self.trace["request"]["method"])

    @property
    def path(self) -> str:
        return str(self.trace["request"]["url"]["path"])

    @property
    def status(self) -> int:
        return int(self.trace["response"]["status"])

    @property
    def milliseconds(self) -> Optional[float]:
        meta = self.trace.get("meta")
        found = meta.get("durationMs") if isinstance(meta, dict) else None
        return float(found) if isinstance(found, (int, float)) and found >= 0 else None


_SAMPLE = (samples.c.id, samples.c.endpoint_id, samples.c.at, samples.c.body)


def latest(
    connection: Connection,
    limit: int,
    *,
    of: Optional[Sequence[str]] = None,
    status: Optional[int] = None,
    method: str = "",
    before: Optional[int] = None,
) -> list[Sample]:
    """The newest samples, newest first; `status` is a class, 5 for 500 to 599; `before` is a sample's number."""
    asked = select(*_SAMPLE)
    if of is not None:
        asked = asked.where(samples.c.endpoint_id.in_(of))
    if status is not None:
        asked = asked.where(samples.c.status >= status * 100, samples.c.status < status * 100 + 100)
    if method:
        asked = asked.where(samples.c.method == method)
    if before is not None:
        asked = asked.where(samples.c.id < before)
    found = connection.execute(asked.order_by(samples.c.id.desc()).limit(limit))
    return [Sample(row.id, row.endpoint_id, row.at, parse(bytes(row.body))) for row in found]


def sample(connection: Connection, number: int) -> Optional[Sample]:
    """One sample; None where the ring has moved past it."""
    row = connection.execute(select(*_SAMPLE).where(samples.c.id == number)).one_or_none()
    return None if row is None else Sample(row.id, row.endpoint_id, row.at, parse(bytes(row.body)))


def rate(connection: Connection, now: float) -> float:
    """Requests a second over the last seconds, as far as the newest samples tell."""
    newest = select(samples.c.at).order_by(samples.c.id.desc()).limit(_RATE_LOOKS_AT)
    recent = [at for (at,) in connection.execute(newest) if at >= now - RATE_OVER]
    if len(recent) < _RATE_LOOKS_AT:
        return len(recent) / RATE_OVER
    return float(len(recent) / max(0.01, now - min(recent)))


def last_at(connection: Connection) -> Optional[float]:
    """When the newest request of all was made; None where there was none yet."""
    found: Optional[float] = connection.scalar(select(func.max(endpoints.c.last_seen)))
    return found  # noqa: RET504  # the scalar has no type of its own


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
