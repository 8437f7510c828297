"""One endpoint: how it is called, its fields, its latest requests, findings, and its part of the OpenAPI document."""

from __future__ import annotations

import json
import time
from typing import Optional

from flask import abort, redirect, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from metlo_auto.collector.inventory import endpoint_facts as noted
from metlo_auto.collector.inventory import fields, queries, routes
from metlo_auto.collector.openapi import make_document
from metlo_auto.collector.openapi.operations import Observed
from metlo_auto.collector.page import (
    exchange_view,
    inventory,
    inventory_findings,
    recent_requests,
    rollups,
    services,
    tests_view,
    tree,
)
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.chart import chart, fill
from metlo_auto.collector.page.page_cache import kept
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store import deletion
from metlo_auto.collector.store.database import reading, writing

SPAN = 48  # hours of the chart
CHART = (720, 72)
LATEST = 20
MOST_OPERATION = 40_000  # characters


@blueprint.get("/endpoints/<name>")
def endpoint(name: str) -> str:
    now = time.time()
    hour = int(now // 3600)
    with reading(engine()) as connection:
        found = queries.endpoint(connection, name)
        if found is None:
            abort(404, "There is no such endpoint.")
        owners = rollups.members(connection, [name])
        traffic = rollups.traffic_of(connection, owners, hour - SPAN + 1).get(name, rollups.NO_TRAFFIC)
        row = inventory.rows([found], inventory_findings.exposures(connection), {})[0]
        place = routes.find(routes.locate(routes.read(connection), services=services.names(connection)), found)
        notes = inventory_findings.notes(connection).get(name, noted.empty())
        listed, operation = kept(
            f"endpoint {name}", connection, lambda c: _described(c, found, list(owners), place, notes)
        )
        return render(
            connection,
            "endpoint.html",
            "Endpoints",
            queries.status(connection),
            live=True,
            row=row._replace(p95=traffic.p95),
            p50=traffic.p50,
            chart=chart(fill(traffic.hours, hour, SPAN), *CHART, gap=2),
            span=SPAN,
            place=place,
            notes=notes,
            only_counted=sum(notes.only_counted.values()),
            sections=tree.bounded(listed, request.args.get("section", "")),
            operation=exchange_view.pieces(operation[:MOST_OPERATION]),
            operation_is_cut=len(operation) > MOST_OPERATION,
            findings=[
                item
                for item in inventory_findings.findings(connection)
                if item.endpoint.id == name and not item.dismissed
            ],
            samples=recent_requests.latest(connection, LATEST, of=list(owners)),
            length=LATEST,
            tested=tests_view.findings_of(connection, found),
        )


@blueprint.post("/endpoints/<name>/delete")
def delete_endpoint(name: str) -> Response:
    if request.form.get("sure") != "yes":
        abort(400, "Nothing was deleted: tick the box to confirm.")
    with writing(engine()) as connection:
        deletion.delete_endpoints(connection, queries.group(connection, name))
    done = "endpoint" if deletion.give_back(engine()) else "busy"
    return redirect(url_for("page.home", done=done), 303)


def _described(
    connection: Connection,
    found: queries.Endpoint,
    owners: list[str],
    place: Optional[routes.Route],
    notes: noted.Notes,
) -> tuple[list[tree.Section], str]:
    """The endpoint's fields as a tree, and its part of the OpenAPI document."""
    seen = Observed(
        method=found.method,
        template=found.template,
        hosts=found.hosts,
        calls=found.calls,
        fields=fields.read_fields(connection, owners),
        notes=notes,
        route=place,
    )
    return tree.sections(seen.fields), _operation(seen)


def _operation(seen: Observed) -> str:
    """The endpoint's part of the OpenAPI document as JSON text."""
    return json.dumps(make_document([seen])["paths"], indent=2)
