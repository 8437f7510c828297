"""For those who watch the collector: `/livez`, `/readyz`, and `/metrics` for Prometheus; knows no traffic."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

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
    """200 where the store answers, else 503."""
    try:
        with reading(current_app.config["ENGINE"]) as connection:
            connection.execute(text("select 1"))
    except SQLAlchemyError as error:
        return Response(f"the store does not answer: {type(error).__name__}\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
