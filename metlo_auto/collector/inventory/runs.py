"""Runs of apps under `metlo-run --local`: what each has shown, and what is new since one of them."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, Sequence

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import routes
from metlo_auto.collector.inventory.choosing import Unknown, listed, nearest
from metlo_auto.collector.inventory.counted import counted
from metlo_auto.collector.inventory.findings import Finding
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.store.database import upsert
from metlo_auto.collector.store.schema import finding_marks, runs
from metlo_auto.collector.store.text import key

MOST = 500  # runs that are remembered


class Run(NamedTuple):
    """When an app ran; `ended_at` is when all that it sent had been analysed. Seconds since the epoch."""

    run: str
    started_at: float
    ended_at: float


def end(connection: Connection, run: Run, found: Sequence[Finding]) -> None:
    """Remember a run that has ended, and the findings that are there now; one of the same name is forgotten."""
    upsert(connection, runs, [{**run._asdict(), "run": key(run.run)}], latest=["started_at", "ended_at"])
    marks = [{"what": key(finding.key), "first_seen": run.ended_at} for finding in found]
    upsert(connection, finding_marks, marks, minima=["first_seen"])
    kept = select(runs.c.run).order_by(runs.c.ended_at.desc()).limit(MOST)
    connection.execute(delete(runs).where(runs.c.run.not_in(list(connection.execute(kept).scalars()))))


def since(connection: Connection, name: str) -> float:
    """When the run of that name had ended. Raises Unknown."""
    known = {row.run: row.ended_at for row in connection.execute(select(runs).order_by(runs.c.ended_at.desc()))}
    if name not in known:
        raise Unknown(f"there is no run {name!r}; {nearest(name, list(known))}")
    return float(known[name])


def new_endpoints(shown: Sequence[Endpoint], at: float) -> list[Endpoint]:
    return [endpoint for endpoint in shown if endpoint.first_seen > at]


def new_findings(connection: Connection, found: Sequence[Finding], at: float) -> list[Finding]:
    """Those that no run until then had left behind."""
    query = select(finding_marks.c.what).where(finding_marks.c.first_seen <= at)
    known = set(connection.execute(query).scalars())
    return [finding for finding in found if key(finding.key) not in known]


def summary(run: Run, shown: Sequence[Endpoint], found: Sequence[Finding], compared: routes.Comparison) -> str:
    """One line on the endpoints that were called in a run, and on what was found about them."""
    called = [endpoint for endpoint in shown if endpoint.last_seen >= run.started_at]
    if not called:
        return f"run {run.run}: no endpoint was reported; metlo-run --check COMMAND says whether traces arrive"
    ids, services = {endpoint.id for endpoint in called}, {endpoint.service for endpoint in called}
    there = [f for f in found if f.endpoint.id in ids and not f.dismissed and f.kind.severity != "news"]
    by = Counter(finding.kind.severity for finding in there)
    grades = ", ".join(f"{by[name]} {name}" for name in ("high", "medium", "low") if by[name])
    fresh = len(new_endpoints(called, run.started_at))
    of = f" of {listed(sorted(services))}" if len(services) > 1 else ""  # another run may have gone on meanwhile
    parts = [
        counted(len(called), "endpoint") + of + (f" ({fresh} new)" if fresh else ""),
        counted(len(there), "finding") + (f" ({grades})" if grades else ""),
    ]
    strange = sum(endpoint.id in ids for endpoint in compared.not_declared)
    missing = sum(route.of_service in services for route in compared.never_called)
    if strange:
        parts.append(f"{counted(strange, 'endpoint')} not declared by the app")
    if missing:
        parts.append(f"{counted(missing, 'declared route')} never called")
    return f"run {run.run}: {', '.join(parts)}; metlo-collector serve shows them again"
