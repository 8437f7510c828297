"""What pages, API and commands read from the store; plain values out, nothing is written."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from sqlalchemy import func, or_, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.ingest.transport import parse
from metlo_auto.collector.store import counters, inbox
from metlo_auto.collector.store.deletion import GENERATION
from metlo_auto.collector.store.schema import endpoints, samples, set_aside


class Endpoint(NamedTuple):
    id: str
    host: str
    method: str
    template: str
    declared: bool
    calls: int
    errors: int  # status 500 and above
    client_errors: int
    authenticated: int
    first_seen: float
    last_seen: float


def endpoint(connection: Connection, endpoint_id: str) -> Optional[Endpoint]:
    """The endpoint that is shown as `endpoint_id`, None where there is none."""
    return next(iter(list_endpoints(connection, endpoint_id)), None)


def list_endpoints(connection: Connection, endpoint_id: Optional[str] = None) -> list[Endpoint]:
    """All endpoints that responded with anything but 404 and 405, with what was folded into them; or one of them."""
    shown = func.coalesce(endpoints.c.folded_into, endpoints.c.id)
    own = endpoints.alias()
    e = endpoints.c
    query = (
        select(
            own.c.id,
            own.c.host,
            own.c.method,
            own.c.template,
            own.c.declared,
            func.sum(e.calls).label("calls"),
            func.sum(e.errors).label("errors"),
            func.sum(e.client_errors).label("client_errors"),
            func.sum(e.authenticated).label("authenticated"),
            func.min(e.first_seen).label("first_seen"),
            func.max(e.last_seen).label("last_seen"),
        )
        .select_from(endpoints.join(own, own.c.id == shown))
        .group_by(own.c.id, own.c.host, own.c.method, own.c.template, own.c.declared)
        .having(func.max(e.confirmed) == 1)
        .order_by(own.c.template, own.c.method, own.c.host)
    )
    if endpoint_id is not None:
        query = query.where(own.c.id == endpoint_id, or_(e.id == endpoint_id, e.folded_into == endpoint_id))
    return [
        Endpoint._make((*row[:4], bool(row[4]), *map(int, row[5:9]), *row[9:]))  # sums are decimals on PostgreSQL
        for row in connection.execute(query).all()
    ]


class KeptTrace(NamedTuple):
    id: int
    endpoint_id: Optional[str]
    at: float
    trace: dict[str, Any]


def latest_traces(connection: Connection, limit: int, endpoint_ids: Optional[list[str]] = None) -> list[KeptTrace]:
    """The newest traces of the ring, newest first."""
    query = select(samples.c.id, samples.c.endpoint_id, samples.c.at, samples.c.body)
    if endpoint_ids is not None:
        query = query.where(samples.c.endpoint_id.in_(endpoint_ids))
    found = connection.execute(query.order_by(samples.c.id.desc()).limit(limit))
    return [KeptTrace(row.id, row.endpoint_id, row.at, parse(bytes(row.body))) for row in found]


_COUNTS = (
    "accepted_batches",
    "accepted_traces",
    "duplicate_batches",
    "applied_traces",
    "refused_traces",
    "set_aside_traces",
    "unmatched_traces",
    "overflow_traces",
    "overflow_sections",
    "overflow_fields",
    "other_host_traces",
    "expired_traces",
    "sample_bytes",
)


def status(connection: Connection) -> dict[str, Any]:
    """All counters, zero where nothing happened yet, and what waits in the inbox."""
    counts: dict[str, Any] = dict.fromkeys(_COUNTS, 0)
    counts.update(counters.read(connection))
    counts.pop(GENERATION, None)
    waiting = inbox.backlog(connection)
    counts["inbox_batches"], counts["inbox_traces"], counts["inbox_bytes"] = waiting
    refused = sum(n for name, n in counts.items() if name.startswith("refused_posts_"))
    counts["refused_posts"] = refused
    counts["endpoints"] = connection.scalar(
        select(func.count()).where(endpoints.c.confirmed == 1, endpoints.c.folded_into.is_(None))
    )
    # what was responded with 200 and is neither applied, rejected nor waiting: always 0, shown so that it can be
    # seen
    counts["lost_traces"] = (
        counts["accepted_traces"] - counts["applied_traces"] - counts["set_aside_traces"] - counts["inbox_traces"]
    )
    return counts


def group(connection: Connection, endpoint_id: str) -> list[str]:
    """The ids of all endpoints that are shown as `endpoint_id`, its own first."""
    found = connection.execute(select(endpoints.c.id).where(endpoints.c.folded_into == endpoint_id))
    return [endpoint_id, *(row.id for row in found)]


def groups(connection: Connection) -> dict[str, list[str]]:
    """The ids of all endpoints by the id that they are shown as."""
    found: dict[str, list[str]] = {}
    shown = func.coalesce(endpoints.c.folded_into, endpoints.c.id)
    for row in connection.execute(select(endpoints.c.id, shown)):
        found.setdefault(row[1], []).append(row[0])
    return found


class SetAside(NamedTuple):
    at: float
    reason: str
    body: str  # the trace as received, cut where it was large


def latest_set_aside(connection: Connection, limit: int) -> list[SetAside]:
    """The newest traces that could not be analysed, newest first."""
    columns = (set_aside.c.at, set_aside.c.reason, set_aside.c.body)
    rows = connection.execute(select(*columns).order_by(set_aside.c.id.desc()).limit(limit))
    return [SetAside(row.at, row.reason, bytes(row.body).decode("utf-8", "replace")) for row in rows]
