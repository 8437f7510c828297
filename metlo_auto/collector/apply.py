"""Puts a harvest into the store; every statement merges, so order and number of writers do not matter."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from metlo_auto.collector import counters, inbox
from metlo_auto.collector.crowds import Fold
from metlo_auto.collector.database import upsert
from metlo_auto.collector.harvest import Harvest
from metlo_auto.collector.observation import endpoint_id
from metlo_auto.collector.schema import endpoints, facts, samples, set_aside, traffic

SEEN_FOR = 7 * 86_400.0  # seconds


class Caps(NamedTuple):
    """How much raw data is kept; the inventory has no cap."""

    samples: int = 10_000
    sample_bytes: int = 128_000_000
    sample_age: float = 7 * 86_400.0  # seconds
    set_aside: int = 1_000


def apply(connection: Connection, harvest: Harvest, caps: Caps, now: float) -> None:
    """Merge `harvest` in the caller's transaction and hold the caps."""
    _add_endpoints(connection, harvest)
    _add_facts(connection, harvest, now)
    _add_traffic(connection, harvest)
    _add_samples(connection, harvest, caps)
    if harvest.set_aside:
        connection.execute(insert(set_aside), [item._asdict() for item in harvest.set_aside[-caps.set_aside :]])
        newest = connection.scalar(select(func.max(set_aside.c.id))) or 0
        connection.execute(delete(set_aside).where(set_aside.c.id <= newest - caps.set_aside))
    counters.add(connection, harvest.counts)
    _prune_samples(connection, caps)


def _add_endpoints(connection: Connection, harvest: Harvest) -> None:
    rows = list(harvest.endpoints.values())
    upsert(
        connection,
        endpoints,
        rows,
        sums=["calls", "errors", "client_errors", "authenticated"],
        minima=["first_seen"],
        maxima=["last_seen", "confirmed", "declared"],
    )
    for fold in harvest.folds:
        _fold(connection, fold)


def _fold(connection: Connection, fold: Fold) -> None:
    """Show one endpoint with another. Its counts stay its own, so that this loses nothing and can be undone."""
    member = endpoint_id(fold.method, fold.host, fold.template)
    target = endpoint_id(fold.method, fold.host, fold.target)
    if connection.scalar(select(func.count()).where(endpoints.c.id == member)) == 0 or member == target:
        return
    columns = [endpoints.c.host, endpoints.c.method, endpoints.c.first_seen, endpoints.c.last_seen]
    row = connection.execute(select(*columns).where(endpoints.c.id == member)).one()
    made = {
        **row._mapping, "id": target, "template": fold.target, "declared": 0, "confirmed": 0, "calls": 0, "errors": 0,
        "client_errors": 0, "authenticated": 0,
    }  # fmt: skip
    upsert(connection, endpoints, [made], minima=["first_seen"], maxima=["last_seen"])
    moved = or_(endpoints.c.id == member, endpoints.c.folded_into == member)
    connection.execute(update(endpoints).where(moved).values(folded_into=target))


def _add_facts(connection: Connection, harvest: Harvest, now: float) -> None:
    rows = [
        {**key._asdict(), "kind": kind, "value": value, "n": n, "first_seen": now}
        for (key, kind, value), n in harvest.facts.items()
    ]
    upsert(connection, facts, rows, sums=["n"], minima=["first_seen"])


def _add_traffic(connection: Connection, harvest: Harvest) -> None:
    rows = [
        {"endpoint_id": name, "hour": hour, "bucket": bucket, "calls": calls, "errors": errors}
        for (name, hour, bucket), (calls, errors) in harvest.traffic.items()
    ]
    upsert(connection, traffic, rows, sums=["calls", "errors"])


def _add_samples(connection: Connection, harvest: Harvest, caps: Caps) -> None:
    kept = harvest.samples[-caps.samples :]
    if kept:
        connection.execute(insert(samples), [{**item._asdict(), "size": len(item.body)} for item in kept])
        counters.add(connection, {"sample_bytes": sum(len(item.body) for item in kept)})


def expire(connection: Connection, caps: Caps, now: float) -> None:
    """What age alone removes: samples, and remembered batch ids that no sender can still retry."""
    _delete_samples(connection, samples.c.at < now - caps.sample_age)
    inbox.forget_seen(connection, now - SEEN_FOR)


def _prune_samples(connection: Connection, caps: Caps) -> None:
    """Delete the oldest samples beyond the caps."""
    newest = connection.scalar(select(func.max(samples.c.id)))
    if newest is None:
        return
    _delete_samples(connection, samples.c.id <= newest - caps.samples)
    excess = counters.read(connection).get("sample_bytes", 0) - caps.sample_bytes
    if excess > 0:
        last = 0
        for row in connection.execute(select(samples.c.id, samples.c.size).order_by(samples.c.id)):
            last, excess = row.id, excess - row.size
            if excess <= 0:
                break
        _delete_samples(connection, samples.c.id <= last)


def _delete_samples(connection: Connection, doomed: ColumnElement[bool]) -> None:
    freed = connection.scalar(select(func.coalesce(func.sum(samples.c.size), 0)).where(doomed))
    if freed:
        connection.execute(delete(samples).where(doomed))
        counters.add(connection, {"sample_bytes": -int(freed)})
