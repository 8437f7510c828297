"""What pages, API and commands read from the store; plain values out, nothing is written."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple, Optional, Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select, union
from sqlalchemy.engine import Connection

from metlo_auto.collector.ingest.transport import parse
from metlo_auto.collector.inventory.endpoints import Endpoint as Endpoint
from metlo_auto.collector.inventory.endpoints import KeptTrace as KeptTrace
from metlo_auto.collector.inventory.endpoints import by_calls
from metlo_auto.collector.store import counters, figure_marks, inbox
from metlo_auto.collector.store.deletion import GENERATION
from metlo_auto.collector.store.schema import endpoint_hosts, endpoints, samples, set_aside

AT_ONCE = 500  # rows in one statement


def endpoint(connection: Connection, endpoint_id: str) -> Optional[Endpoint]:
    """The endpoint that is shown as `endpoint_id`, None where there is none."""
    return next(iter(list_endpoints(connection, [endpoint_id])), None)


def list_endpoints(
    connection: Connection, endpoint_ids: Optional[Sequence[str]] = None, service: Optional[str] = None
) -> list[Endpoint]:
    """All endpoints that responded with anything but 404 and 405, with what was folded into them; or some of them, or
    those of a service.
    """
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
            own.c.service,
        )
        .select_from(endpoints.join(own, own.c.id == shown))
        .group_by(own.c.id, own.c.host, own.c.method, own.c.template, own.c.declared, own.c.service)
        .having(func.max(e.confirmed) == 1)
        .order_by(own.c.template, own.c.method, own.c.service, own.c.host)
    )
    if endpoint_ids is not None:
        query = query.where(own.c.id.in_(endpoint_ids), or_(e.id.in_(endpoint_ids), e.folded_into.in_(endpoint_ids)))
    if service is not None:
        query = query.where(is_of_service(own.c, service))
    under = hosts(connection, endpoint_ids)
    result = []
    for row in connection.execute(query).all():
        names = under.get(row[0]) or (row[1],)
        figures = (*map(int, row[5:9]), *row[9:11])  # sums are decimals on PostgreSQL
        result.append(Endpoint._make((row[0], names[0], *row[2:4], bool(row[4]), *figures, row[11] or row[1], names)))
    return result


def is_of_service(columns: Any, service: str) -> ColumnElement[bool]:
    """Whether a row of endpoints is of the service; a host stands for one where agents name none."""
    return or_(columns.service == service, and_(columns.service == "", columns.host == service))


def first_endpoints(connection: Connection, service: str, most: int) -> list[Endpoint]:
    """The first `most` endpoints of a service by their paths."""
    e = endpoints.c
    wanted = (e.confirmed == 1, e.folded_into.is_(None), is_of_service(e, service))
    query = select(e.id).where(*wanted).order_by(e.template, e.method, e.id).limit(most)
    return list_endpoints(connection, list(connection.execute(query).scalars()))


def number_of_endpoints(connection: Connection, service: str) -> int:
    e = endpoints.c
    wanted = (e.confirmed == 1, e.folded_into.is_(None), is_of_service(e, service))
    return int(connection.scalar(select(func.count()).where(*wanted)) or 0)


def hosts(connection: Connection, endpoint_ids: Optional[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The hosts of endpoints, or of some, that are shown and may have several; the most used first."""
    e, h = endpoints.c, endpoint_hosts.c
    folds = select(e.id, e.folded_into).where(e.folded_into.is_not(None))
    several = select(h.endpoint_id).group_by(h.endpoint_id).having(func.count() > 1)
    if endpoint_ids is not None:
        folds = folds.where(e.folded_into.in_(endpoint_ids))
        several = several.where(h.endpoint_id.in_(endpoint_ids))
    shown = {row.id: row.folded_into for row in connection.execute(folds).all()}
    asked = union(several, *([folds.with_only_columns(e.id), folds.with_only_columns(e.folded_into)] if shown else []))
    query = select(h.endpoint_id, h.host, h.calls).where(h.endpoint_id.in_(asked))
    counts: dict[str, dict[str, int]] = {}
    for name, host, calls in connection.execute(query).all():
        of_one = counts.setdefault(shown.get(name, name), {})
        of_one[host] = of_one.get(host, 0) + calls
    return {name: by_calls(found) for name, found in counts.items()}


def services(listed: Iterable[Endpoint]) -> list[str]:
    """The names of all services."""
    return sorted({endpoint.service for endpoint in listed}, key=lambda name: (name.lower(), name))


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
    "other_service_traces",
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
    counts["behind_endpoints"] = figure_marks.count(connection)  # of which pages do not show all yet
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


def members(connection: Connection, endpoint_ids: Sequence[str]) -> dict[str, str]:
    """Every id whose rows are shown under one of `endpoint_ids`, and that one: folding keeps its rows."""
    shown, e = list(endpoint_ids), endpoints.c
    found = connection.execute(select(e.id, e.folded_into).where(or_(e.id.in_(shown), e.folded_into.in_(shown))))
    wanted = set(shown)
    return {row.id: owner for row in found for owner in [row.folded_into or row.id] if owner in wanted}


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
