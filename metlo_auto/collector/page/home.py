"""The first page: numbers, what needs attention, the table of endpoints, the latest requests."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Optional, Sequence

from flask import request
from sqlalchemy import ColumnElement
from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import figure_queries, figures, queries
from metlo_auto.collector.page import endpoint_table, listing, recent_requests, rollups, services
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


@blueprint.get("/")
def home() -> str:
    figures.refresh_quickly(engine())
    with reading(engine()) as connection:
        status = queries.status(connection)
        if not status["accepted_traces"]:
            return welcome(connection, status)
        wanted = listing.read(request.args)
        now = time.time()
        service = services.wanted(connection)
        today = midnight(now)
        view = figure_queries.view(connection, service)
        counts = figure_queries.finding_counts(view)
        numbers = endpoint_table.overview(view, sum(count.n for count in counts), today)
        rows, found = endpoint_table.page(view, wanted, numbers.endpoints, today, now - DAY * 3600)
        shown, charts = _with_traffic(connection, rows)
        return render(
            connection,
            "home.html",
            "Endpoints",
            status,
            live=True,
            wanted=wanted,
            rows=shown,
            charts=charts,
            found=found,
            last_page=listing.pages(found),
            mark_since=today if numbers.first_seen < today else float("inf"),  # on the first day all would be new
            many_hosts=numbers.many_hosts,
            many_services=service is None and len(services.names(connection)) > 1,
            methods=numbers.methods,
            classes=numbers.classes,
            largest_first=listing.LARGEST_FIRST,
            numbers=numbers,
            attention=figure_queries.calls(view, counts, ATTENTION),
            samples=recent_requests.latest(connection, FEED, where=_of_service(service)),
            feed_length=FEED,
        )


def _of_service(service: Optional[str]) -> list[ColumnElement[bool]]:
    return [] if service is None else [samples.c.service == service]


def midnight(now: float) -> float:
    """Where today began on this machine."""
    return datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _with_traffic(connection: Connection, rows: Sequence[listing.Row]) -> tuple[list[listing.Row], dict[str, Chart]]:
    """The rows with their p95 of the last day, and the day's chart of each."""
    now = int(time.time() // 3600)
    owners = queries.members(connection, [row.id for row in rows])
    traffic = rollups.traffic_of(connection, owners, now - DAY + 1)
    done, charts = [], {}
    for row in rows:
        found = traffic.get(row.id, rollups.NO_TRAFFIC)
        done.append(row._replace(p95=found.p95))
        charts[row.id] = chart(fill(found.hours, now, DAY), *SPARK)
    return done, charts
