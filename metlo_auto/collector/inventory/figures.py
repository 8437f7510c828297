"""Keeps what pages show of all endpoints: sensitive data, findings, p95. A page then reads only what it shows.

`refresh` gathers anew what is marked as changed. It may be called by any process, at any time, as often as it likes.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from typing import AbstractSet, Any, Callable, Iterable, Iterator, Mapping, Optional, Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from metlo_auto.collector.analysis import latency, sensitive
from metlo_auto.collector.inventory import findings as found
from metlo_auto.collector.inventory import queries, routes
from metlo_auto.collector.inventory.exposures import Exposure, read_exposures
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.store import figure_marks
from metlo_auto.collector.store.database import reading, upsert, writing
from metlo_auto.collector.store.schema import (
    declared_routes,
    endpoint_figures,
    endpoints,
    exposure_figures,
    finding_figures,
    settings,
    stale_figures,
    traffic,
)

AT_ONCE = 50  # endpoints of one transaction: others wait for it
DAY = 24  # hours
PAGE_WAITS = 0.05  # seconds
_COMPARED = "figures: routes"  # of `settings`: which routes and endpoints were compared last
_ORDER = {name: index for index, name in enumerate(sensitive.BY_NAME)}


def refresh(
    engine: Engine, seconds: float, may_go_on: Callable[[], bool] = lambda: True, patience: Optional[float] = None
) -> None:
    """Gather for about so long, or until nothing is left to do, or where another process is at it.

    `patience`: seconds that it waits for others that write; None for as long as the store does.
    """
    deadline = time.monotonic() + seconds
    while may_go_on() and _has_marks(engine):
        with writing(engine, patience) as connection:
            if patience is not None:
                figure_marks.lock(connection)
            elif not figure_marks.try_lock(connection):
                return
            marks = _some_marks(connection)
            _gather(connection, marks, time.time())
            if len(marks) < AT_ONCE:
                _compare_routes(connection)
        if time.monotonic() > deadline:  # but something is done on however busy a machine
            return


def refresh_quickly(engine: Engine) -> None:
    """What a page does before it reads: gather what has just changed, unless that takes long or others write."""
    try:
        refresh(engine, PAGE_WAITS, patience=PAGE_WAITS)
    except OperationalError:  # the analyser writes, and gathers them itself afterwards
        pass


def _has_marks(engine: Engine) -> bool:
    with reading(engine) as connection:
        return connection.scalar(select(stale_figures.c.n).limit(1)) is not None


def _some_marks(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(stale_figures.c.endpoint_id, stale_figures.c.n).limit(AT_ONCE))
    return {row.endpoint_id: row.n for row in rows}


def _gather(connection: Connection, marks: Mapping[str, int], now: float) -> None:
    if not marks:
        return
    e = endpoints.c
    asked = select(func.coalesce(e.folded_into, e.id)).where(e.id.in_(list(marks)))
    shown = sorted({row[0] for row in connection.execute(asked)})
    f = finding_figures.c
    strange = select(f.endpoint_id).where(f.kind == "undeclared", f.endpoint_id.in_(shown))
    undeclared = set(connection.execute(strange).scalars())  # stays: it goes by all routes
    for table in (endpoint_figures, exposure_figures, finding_figures):
        connection.execute(delete(table).where(table.c.endpoint_id.in_(list({*marks, *shown}))))
    if shown:
        _insert(connection, shown, undeclared, now)
    m = stale_figures.c
    for name, n in sorted(marks.items()):  # one that changed meanwhile stays
        connection.execute(delete(stale_figures).where(m.endpoint_id == name, m.n == n))


def _insert(connection: Connection, shown: Sequence[str], undeclared: AbstractSet[str], now: float) -> None:
    listed = queries.list_endpoints(connection, shown)
    owners = queries.members(connection, shown)
    exposed: dict[str, list[Exposure]] = defaultdict(list)
    for exposure in read_exposures(connection, owners):
        exposed[exposure.endpoint_id].append(exposure)
    open_ = {name: [item for item in several if not item.dismissed] for name, several in exposed.items()}
    drafts = found.drafts_of(connection, listed, owners, open_, found.began_at(connection, now), now)
    for endpoint in listed:
        if endpoint.id in undeclared:
            drafts[endpoint.id].insert(0, found.undeclared(endpoint))
    gone = found.dismissed(connection)
    p95s = _p95s(connection, owners, int(now // 3600) - DAY + 1)
    _insert_all(connection, endpoint_figures, (_figures(item, open_.get(item.id, ()), p95s) for item in listed))
    _insert_all(connection, exposure_figures, (row for item in listed for row in _exposures(item, exposed[item.id])))
    _insert_all(connection, finding_figures, (row for item in listed for row in _findings(item, drafts[item.id], gone)))


def _insert_all(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    listed = list(rows)
    if listed:
        connection.execute(insert(table), listed)


def _figures(endpoint: Endpoint, exposed: Iterable[Exposure], p95s: Mapping[str, float]) -> dict[str, Any]:
    names = sorted({item.claim.name for item in exposed}, key=_ORDER.__getitem__)
    return {
        "endpoint_id": endpoint.id,
        "classes": " ".join(names),
        "n_classes": len(names),
        "p95": p95s.get(endpoint.id),
    }


def _exposures(endpoint: Endpoint, exposed: Sequence[Exposure]) -> Iterator[dict[str, Any]]:
    for number, item in enumerate(exposed):
        claim = item.claim
        yield {
            "endpoint_id": endpoint.id, "number": number, "service": endpoint.service, "section": item.section,
            "path": item.path, "name": claim.name, "hits": claim.hits, "observations": claim.observations,
            "example": claim.example, "dismissed": int(item.dismissed),
        }  # fmt: skip


def _findings(endpoint: Endpoint, drafts: Sequence[found.Draft], gone: set[str]) -> Iterator[dict[str, Any]]:
    for number, draft in enumerate(drafts, 1):  # 0 is left to `_compare_routes`
        if not found.KINDS[draft.kind].guess:
            yield _finding(endpoint, draft, number if draft.kind != "undeclared" else 0, gone)


def _finding(endpoint: Endpoint, draft: found.Draft, number: int, gone: set[str]) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint.id, "number": number, "kind": draft.kind, "service": endpoint.service,
        "template": endpoint.template, "subject": draft.subject, "detail": draft.detail, "evidence": draft.evidence,
        "since": draft.since, "dismissed": int(draft.key(endpoint.id) in gone),
    }  # fmt: skip


def _p95s(connection: Connection, owners: Mapping[str, str], since: int) -> dict[str, float]:
    """The p95 in milliseconds of every shown endpoint that was timed since the hour `since`."""
    t = traffic.c
    asked = select(t.endpoint_id, t.bucket, func.sum(t.calls)).where(t.endpoint_id.in_(list(owners)), t.hour >= since)
    buckets: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for name, bucket, calls in connection.execute(asked.group_by(t.endpoint_id, t.bucket)).all():
        buckets[owners[name]][bucket] += int(calls)
    quantiles = {name: latency.quantile(counts, 0.95) for name, counts in buckets.items()}
    return {name: value for name, value in quantiles.items() if value is not None}


def _compare_routes(connection: Connection) -> None:
    """Findings on what is called and not declared; they change with routes and endpoints, not with calls."""
    d, e = declared_routes.c, endpoints.c
    said = connection.execute(select(func.count(), func.max(d.declared_at))).one()
    known = connection.scalar(select(func.count()).where(e.confirmed == 1, e.folded_into.is_(None)))
    state = json.dumps([said[0], said[1], known if said[0] else 0])
    if state == connection.scalar(select(settings.c.value).where(settings.c.name == _COMPARED)):
        return
    connection.execute(delete(finding_figures).where(finding_figures.c.kind == "undeclared"))
    if said[0]:
        gone = found.dismissed(connection)
        strange = routes.compare(routes.read(connection), queries.list_endpoints(connection)).not_declared
        rows = [_finding(endpoint, found.undeclared(endpoint), 0, gone) for endpoint in strange]
        _insert_all(connection, finding_figures, rows)
    upsert(connection, settings, [{"name": _COMPARED, "value": state}], latest=["value"])
