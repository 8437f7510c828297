"""Calls by hour and durations of endpoints, read from the rollups; knows no page."""

from __future__ import annotations

from collections import defaultdict
from typing import Mapping, NamedTuple, Optional

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis import latency
from metlo_auto.collector.page.chart import Hour
from metlo_auto.collector.store.schema import traffic


class Traffic(NamedTuple):
    """What the rollups say of one endpoint: calls by hour, and durations in milliseconds."""

    hours: list[Hour]
    p50: Optional[float]
    p95: Optional[float]


NO_TRAFFIC = Traffic([], None, None)


def traffic_of(connection: Connection, owners: Mapping[str, str], since: int) -> dict[str, Traffic]:
    """By shown endpoint: its hours from `since` (hours since the epoch) on; `owners` as `queries.members` has them."""
    t = traffic.c
    recent = (t.endpoint_id.in_(list(owners)), t.hour >= since)
    by_hour = select(t.endpoint_id, t.hour, func.sum(t.calls), func.sum(t.errors)).where(*recent)
    by_bucket = select(t.endpoint_id, t.bucket, func.sum(t.calls)).where(*recent)
    hours: dict[str, dict[int, Hour]] = defaultdict(dict)
    for name, hour, calls, errors in connection.execute(by_hour.group_by(t.endpoint_id, t.hour)).all():
        of_endpoint = hours[owners[name]]
        before = of_endpoint.get(hour, Hour(hour, 0, 0))
        of_endpoint[hour] = Hour(hour, before.calls + int(calls), before.errors + int(errors))
    buckets: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for name, bucket, calls in connection.execute(by_bucket.group_by(t.endpoint_id, t.bucket)).all():
        buckets[owners[name]][bucket] += int(calls)
    return {
        name: Traffic(
            [found[hour] for hour in sorted(found)],
            latency.quantile(buckets[name], 0.5),
            latency.quantile(buckets[name], 0.95),
        )
        for name, found in hours.items()
    }
