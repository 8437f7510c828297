"""The first page: numbers, what needs attention, the table of endpoints, the latest requests."""

from __future__ import annotations

import time
from datetime import datetime
from typing import NamedTuple, Optional, Sequence

from flask import request
from sqlalchemy import ColumnElement
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.inventory import queries
from metlo_auto.collector.page import attention, inventory_findings, listing, recent_requests, rollups, services
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.chart import Chart, chart, fill
from metlo_auto.collector.page.first_steps import welcome
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.schema import samples

DAY = 24  # hours
FEED = 30  # requests
ATTENTION = 5  # findings
SPARK = (72, 20)


class Numbers(NamedTuple):
    endpoints: int
    new: int
    sensitive: int
    findings: int


@blueprint.get("/")
def home() -> str:
    with reading(engine()) as connection:
        status = queries.status(connection)
        if not status["accepted_traces"]:
            return welcome(connection, status)
        wanted = listing.read(request.args)
        now = time.time()
        found = inventory_findings.findings(connection)
        everything = inventory_findings.rows(connection)
        service = services.wanted(connection)
        if service is not None:
            everything = [row for row in everything if row.service == service]
            found = [item for item in found if item.endpoint.service == service]
        today = midnight(now)
        if wanted.sort == "p95":
            p95s = inventory_findings.p95s(connection, int(now // 3600) - DAY + 1)
            everything = [row._replace(p95=p95s.get(row.id)) for row in everything]
        chosen = listing.choose(everything, wanted, today)
        shown, charts = _with_traffic(connection, listing.cut(chosen, wanted.page))
        return render(
            connection,
            "home.html",
            "Endpoints",
            status,
            live=True,
            wanted=wanted,
            rows=shown,
            charts=charts,
            found=len(chosen),
            last_page=listing.pages(len(chosen)),
            mark_since=_mark_since(everything, today),
            many_hosts=len({host for row in everything for host in row.hosts}) > 1,
            many_services=len({row.service for row in everything}) > 1,
            methods=[name for name in listing.METHODS if any(row.method == name for row in everything)],
            classes=_classes(everything),
            largest_first=listing.LARGEST_FIRST,
            numbers=_numbers(everything, today),
            attention=attention.calls(found, ATTENTION),
            samples=recent_requests.latest(connection, FEED, where=_of_service(service)),
            feed_length=FEED,
        )


def _of_service(service: Optional[str]) -> list[ColumnElement[bool]]:
    return [] if service is None else [samples.c.service == service]


def midnight(now: float) -> float:
    """Where today began on this machine."""
    return datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _mark_since(everything: Sequence[listing.Row], today: float) -> float:
    """What was first seen from then on is marked as new; on the first day nothing is, since everything would be."""
    return today if any(row.first_seen < today for row in everything) else float("inf")


def _numbers(everything: Sequence[listing.Row], today: float) -> Numbers:
    return Numbers(
        endpoints=len(everything),
        new=sum(row.first_seen >= today for row in everything),
        sensitive=sum(bool(row.classes) for row in everything),
        findings=sum(row.findings for row in everything),
    )


def _classes(everything: Sequence[listing.Row]) -> list[str]:
    there = {name for row in everything for name in row.classes}
    return [name for name in sensitive.BY_NAME if name in there]


def _with_traffic(connection: Connection, rows: Sequence[listing.Row]) -> tuple[list[listing.Row], dict[str, Chart]]:
    """The rows with their p95 of the last day, and the day's chart of each."""
    now = int(time.time() // 3600)
    owners = rollups.members(connection, [row.id for row in rows])
    traffic = rollups.traffic_of(connection, owners, now - DAY + 1)
    done, charts = [], {}
    for row in rows:
        found = traffic.get(row.id, rollups.NO_TRAFFIC)
        done.append(row._replace(p95=found.p95))
        charts[row.id] = chart(fill(found.hours, now, DAY), *SPARK)
    return done, charts
