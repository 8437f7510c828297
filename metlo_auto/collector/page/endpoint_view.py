"""One endpoint: how it is called, its fields, its latest requests, findings, and its part of the OpenAPI document."""

from __future__ import annotations

import json
import time
from typing import Optional, Sequence

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from metlo_auto.collector.inventory import endpoint_facts as noted
from metlo_auto.collector.inventory import fields, figure_queries, figures, queries, routes
from metlo_auto.collector.openapi import make_document
from metlo_auto.collector.openapi.operations import Observed
from metlo_auto.collector.page import exchange_view, listing, recent_requests, rollups, tests_view, tree
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.chart import chart, fill
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store import deletion
from metlo_auto.collector.store.database import reading, writing

SPAN = 48  # hours of the chart
CHART = (720, 72)
LATEST = 20
MOST_FIELDS = 400  # of each section
MOST_OF_ONE_SECTION = 1_500  # where it alone is shown
MOST_OPERATION = 40_000  # characters


@blueprint.get("/endpoints/<name>")
def endpoint(name: str) -> str:
    now = time.time()
    hour = int(now // 3600)
    figures.refresh_quickly(engine())
    with reading(engine()) as connection:
        found = queries.endpoint(connection, name)
        if found is None:
            abort(404, "There is no such endpoint.")
        owners = queries.members(connection, [name])
        traffic = rollups.traffic_of(connection, owners, hour - SPAN + 1).get(name, rollups.NO_TRAFFIC)
        place = figure_queries.places_of(connection, [found]).get(name)
        notes = noted.read_notes(connection, owners).get(name, noted.empty())
        wanted = request.args.get("section", "")
        some = fields.read_some(connection, list(owners), MOST_FIELDS, {wanted: MOST_OF_ONE_SECTION})
        sections = tree.bounded(tree.sections(some.fields, some.left_out), wanted)
        operation = _operation(found, some.fields, place, notes)
        return render(
            connection,
            "endpoint.html",
            "Endpoints",
            queries.status(connection),
            live=True,
            row=_row(found, figure_queries.classes_of(connection, name), traffic.p95),
            p50=traffic.p50,
            chart=chart(fill(traffic.hours, hour, SPAN), *CHART, gap=2),
            span=SPAN,
            place=place,
            notes=notes,
            only_counted=sum(notes.only_counted.values()),
            sections=sections,
            alone=wanted,
            operation=exchange_view.pieces(operation[:MOST_OPERATION]),
            operation_is_cut=bool(some.left_out) or len(operation) > MOST_OPERATION,
            findings=figure_queries.findings_of(figure_queries.view(connection, None), name),
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


def _row(found: queries.Endpoint, classes: Sequence[str], p95: Optional[float]) -> listing.Row:
    named = found._asdict()
    named.pop("declared")
    return listing.Row(**named, classes=tuple(classes), p95=p95)


def _operation(
    found: queries.Endpoint, listed: list[fields.Field], place: Optional[routes.Route], notes: noted.Notes
) -> str:
    """The endpoint's part of the OpenAPI document as JSON text."""
    seen = Observed(
        method=found.method,
        template=found.template,
        hosts=found.hosts,
        calls=found.calls,
        fields=listed,
        notes=notes,
        route=place,
    )
    return json.dumps(make_document([seen])["paths"], indent=2)
