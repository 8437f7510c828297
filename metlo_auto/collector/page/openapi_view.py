"""The OpenAPI document: what it says, how it is had, and where it differs from the routes that the app declares."""

from __future__ import annotations

from metlo_auto.collector import queries, routes
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render


@blueprint.get("/openapi")
def openapi() -> str:
    with engine().connect() as connection:
        declared = routes.read(connection)
        return render(
            connection,
            "openapi.html",
            "OpenAPI",
            queries.status(connection),
            comparison=routes.compare(declared, queries.list_endpoints(connection)),
            declared=len(declared),
        )
