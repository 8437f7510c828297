"""Merges the aggregates of a run of batches into the store; order and number of writers do not matter."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.aggregates import Aggregates
from metlo_auto.collector.analysis.observation import endpoint_id
from metlo_auto.collector.analysis.sibling_folding import Fold
from metlo_auto.collector.store import counters, figure_marks, retention, traffic_days
from metlo_auto.collector.store.database import Merges, insert_all, merge_rows, upsert
from metlo_auto.collector.store.retention import Caps
from metlo_auto.collector.store.schema import endpoint_hosts, endpoints, facts, samples, set_aside, test_traces

_FACTS = ("endpoint_id", "section", "path", "kind", "value", "n", "first_seen")
MOST_ROWS = 50_000  # that are made at once: each takes more memory than the fact


def apply(connection: Connection, aggregates: Aggregates, caps: Caps, now: float) -> None:
    """Merge `aggregates` in the caller's transaction; on SQLite hold the caps in it too.

    First what no other writer touches, last the rows that all of them do, so that these are locked for a moment only.
    """
    counts = dict(aggregates.counts)
    _add_samples(connection, aggregates, caps, counts)
    upsert(connection, test_traces, [test._asdict() for test in aggregates.tests], latest=["status", "exception"])
    if aggregates.set_aside:
        connection.execute(insert(set_aside), [item._asdict() for item in aggregates.set_aside[-caps.set_aside :]])
        newest = connection.scalar(select(func.max(set_aside.c.id))) or 0
        connection.execute(delete(set_aside).where(set_aside.c.id <= newest - caps.set_aside))
    _add_facts(connection, aggregates, now)
    counted = [traffic_days.Call(*key, *sums) for key, sums in aggregates.traffic.items()]
    traffic_days.add(connection, counted, now)
    _add_endpoints(connection, aggregates)
    figure_marks.mark(connection, _touched(aggregates))
    counters.add(connection, counts)
    if connection.dialect.name == "sqlite":  # which has one writer: what waits for it sees the caps kept
        retention.prune(connection, caps)


def _touched(aggregates: Aggregates) -> set[str]:
    """Endpoints that pages show otherwise afterwards."""
    touched = set(aggregates.endpoints)
    for fold in aggregates.folds:
        touched |= {endpoint_id(fold.method, fold.service, template) for template in (fold.template, fold.target)}
    return touched


def _add_endpoints(connection: Connection, aggregates: Aggregates) -> None:
    rows = list(aggregates.endpoints.values())
    upsert(
        connection,
        endpoints,
        rows,
        sums=["calls", "errors", "client_errors", "authenticated"],
        minima=["first_seen"],
        maxima=["last_seen", "confirmed", "declared"],
    )
    hosts = [{"endpoint_id": name, "host": host, "calls": n} for (name, host), n in aggregates.hosts.items()]
    upsert(connection, endpoint_hosts, hosts, sums=["calls"])
    for fold in aggregates.folds:
        _fold(connection, fold)


def _fold(connection: Connection, fold: Fold) -> None:
    """Show one endpoint with another. Its counts stay its own, so that this loses nothing and can be undone."""
    member = endpoint_id(fold.method, fold.service, fold.template)
    target = endpoint_id(fold.method, fold.service, fold.target)
    if connection.scalar(select(func.count()).where(endpoints.c.id == member)) == 0 or member == target:
        return
    e = endpoints.c
    columns = (e.service, e.host, e.method, e.first_seen, e.last_seen)
    row = connection.execute(select(*columns).where(endpoints.c.id == member)).one()
    made = {
        **row._mapping, "id": target, "template": fold.target, "declared": 0, "confirmed": 0, "calls": 0, "errors": 0,
        "client_errors": 0, "authenticated": 0,
    }  # fmt: skip
    upsert(connection, endpoints, [made], minima=["first_seen"], maxima=["last_seen"])
    moved = or_(endpoints.c.id == member, endpoints.c.folded_into == member)
    connection.execute(update(endpoints).where(moved).values(folded_into=target))


def _add_facts(connection: Connection, aggregates: Aggregates, now: float) -> None:
    counts = aggregates.facts
    ordered = sorted(counts)  # as the table's key is
    for start in range(0, len(ordered), MOST_ROWS):
        some = ordered[start : start + MOST_ROWS]
        rows = [(*fact[0], fact[1], fact[2], counts[fact], now) for fact in some]
        merge_rows(connection, facts, _FACTS, rows, Merges(sums=("n",), minima=("first_seen",)))


def _add_samples(connection: Connection, aggregates: Aggregates, caps: Caps, counts: dict[str, int]) -> None:
    kept = aggregates.samples[-caps.samples :] if caps.samples else []
    counts["expired_traces"] = len(aggregates.samples) - len(kept)
    counts["sample_bytes"] = sum(len(item.body) for item in kept)
    insert_all(connection, samples, [{**item._asdict(), "size": len(item.body)} for item in kept])
