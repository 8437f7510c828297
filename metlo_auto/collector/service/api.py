"""The JSON API under /api/local, for the agent's routes, tests, scripts and the page's own script."""

from __future__ import annotations

import time
from typing import Any, Optional

from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.analysis.aggregation import dump
from metlo_auto.collector.ingest import transport
from metlo_auto.collector.inventory import exposures, fields, findings, queries, routes
from metlo_auto.collector.inventory.choosing import Unknown, checked_service, chosen
from metlo_auto.collector.inventory.listing import endpoint_value, finding_value, rfc3339, route_value, routes_value
from metlo_auto.collector.store.database import reading, writing

blueprint = Blueprint("api", __name__, url_prefix="/api/local")
MOST_TRACES = 10_000


def _engine() -> Engine:
    engine: Engine = current_app.config["ENGINE"]
    return engine


def _json(value: Any) -> Response:
    return Response(dump(value), mimetype="application/json")


@blueprint.get("/endpoints")
def list_endpoints() -> Response:
    with reading(_engine()) as connection:
        found = chosen(queries.list_endpoints(connection), _service(connection))
        classes = exposures.classes_by_endpoint(exposures.read_exposures(connection))
    return _json([endpoint_value(endpoint, classes.get(endpoint.id, [])) for endpoint in found])


def _service(connection: Connection) -> Optional[str]:
    """The service that the address asks for, None for all. Answers 404 where there is none of that name."""
    try:
        return checked_service(connection, request.args.get("service") or None)
    except Unknown as error:
        abort(404, str(error))


@blueprint.get("/endpoints/<endpoint_id>/fields")
def list_fields(endpoint_id: str) -> Response:
    with reading(_engine()) as connection:
        found = fields.read_fields(connection, queries.group(connection, endpoint_id))
    return _json([_field(field) for field in found])


@blueprint.get("/findings")
def list_findings() -> Response:
    with reading(_engine()) as connection:
        service = _service(connection)
        found = findings.find_all(connection, time.time(), guesses=request.args.get("guesses") == "1")
    return _json([finding_value(finding) for finding in found if service in (None, finding.endpoint.service)])


@blueprint.get("/traces")
def list_traces() -> Response:
    limit = min(request.args.get("limit", 100, type=int), MOST_TRACES)
    with reading(_engine()) as connection:
        return _json([kept.trace for kept in queries.latest_traces(connection, limit)])


@blueprint.get("/status")
def show_status() -> Response:
    with reading(_engine()) as connection:
        counts = queries.status(connection)
    return _json({**counts, **current_app.config["FACTS"]()})


@blueprint.get("/set-aside")
def list_set_aside() -> Response:
    with reading(_engine()) as connection:
        found = queries.latest_set_aside(connection, 100)
    return _json([{"at": rfc3339(item.at), "reason": item.reason, "body": item.body} for item in found])


@blueprint.get("/routes")
def list_routes() -> Response:
    with reading(_engine()) as connection:
        declared = routes.read(connection)
        compared = routes.compare(declared, queries.list_endpoints(connection))
    return _json(
        {
            "declared": [route_value(route) for route in declared],
            **routes_value(compared),
        }
    )


@blueprint.post("/routes")
def declare_routes() -> Response:
    """The agent's url_map, once per start; replaces what the same app declared before."""
    try:
        body = transport.inflate(request.get_data(), request.headers.get("Content-Encoding", ""))
        parsed = routes.parse(transport.parse(body))
    except transport.Refused as refused:
        abort(refused.status, refused.text)
    if parsed is None:
        abort(
            400, 'Wanted: {"app": NAME, "routes": [{"methods": […], "rule": …, "endpoint": …, "file": …, "line": …}]}'
        )
    with writing(_engine()) as connection:
        routes.replace(connection, parsed, time.time())
    return _json({"routes": len(parsed.routes)})


def _field(field: fields.Field) -> dict[str, Any]:
    claims = [
        {"class": c.name, "hits": c.hits, "observations": c.observations, "example": c.example} for c in field.claims
    ]
    return {
        "section": field.section,
        "path": field.path,
        "present": field.present,
        "of": field.of,
        "types": field.types,
        "format": field.format,
        "enum": list(field.enum),
        "sensitive": claims,
    }
