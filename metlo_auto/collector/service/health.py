"""For those who watch the collector: `/livez`, `/readyz`, and `/metrics` for Prometheus; knows no traffic."""

from __future__ import annotations

from typing import Optional

from flask import Blueprint, Response, current_app

from metlo_auto.collector.inventory import queries
from metlo_auto.collector.store.database import reading

blueprint = Blueprint("health", __name__)

@blueprint.get("/metrics")
def metrics() -> Response:
    """In the format that Prometheus scrapes; with the API key, as is or as a bearer token."""
    from metlo_auto.collector.service import prometheus  # what most collectors are never asked for

    with reading(current_app.config["ENGINE"]) as connection:
        counts = queries.status(connection)
    return Response(prometheus.exposition(counts), content_type=prometheus.CONTENT_TYPE)


@blueprint.get("/livez")
def is_alive() -> Response:
    """200 as long as this process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def is_ready() -> Response:
    """200 where store and buffer answer within a second, else 503."""
    return _readiness(current_app.config["COMPLAINT"]())


@blueprint.get("/readyz/ingest")
def can_take_uploads() -> Response:
    """200 where uploads are taken: with a buffer, that is without the store."""
    return _readiness(current_app.config["INTAKE_COMPLAINT"]())


def _readiness(complaint: Optional[str]) -> Response:
    if complaint is not None:
        return Response(f"{complaint}\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
