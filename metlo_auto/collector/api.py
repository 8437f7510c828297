"""The read-only JSON API under /api/local, for tests, scripts and the page's own script."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from flask import Blueprint, Response, current_app, request
from sqlalchemy.engine import Engine

from metlo_auto.collector import queries
from metlo_auto.collector.harvest import dump

blueprint = Blueprint("api", __name__, url_prefix="/api/local")
MOST_TRACES = 10_000


def _engine() -> Engine:
    engine: Engine = current_app.config["ENGINE"]
    return engine


def _json(value: Any) -> Response:
    return Response(dump(value), mimetype="application/json")


@blueprint.get("/endpoints")
def list_endpoints() -> Response:
    with _engine().connect() as connection:
        found = queries.list_endpoints(connection)
    return _json([_endpoint(endpoint) for endpoint in found])


@blueprint.get("/traces")
def list_traces() -> Response:
    limit = min(request.args.get("limit", 100, type=int), MOST_TRACES)
    with _engine().connect() as connection:
        return _json([kept.trace for kept in queries.latest_traces(connection, limit)])


@blueprint.get("/status")
def show_status() -> Response:
    with _engine().connect() as connection:
        counts = queries.status(connection)
    return _json({**counts, **current_app.config["FACTS"]()})


def _endpoint(endpoint: queries.Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "method": endpoint.method,
        "route": endpoint.template,
        "host": endpoint.host,
        "calls": endpoint.calls,
        "errors": endpoint.errors,
        "client_errors": endpoint.client_errors,
        "authenticated": endpoint.authenticated,
        "first_seen": rfc3339(endpoint.first_seen),
        "last_seen": rfc3339(endpoint.last_seen),
    }


def rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
