"""A service's OpenAPI document in Swagger UI, from the package flask-swagger-ui; nothing is sent to the app."""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui  # type: ignore[import-untyped]
from flask import Response, abort, send_from_directory

from metlo_auto.collector.inventory import queries
from metlo_auto.collector.page import openapi_view
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading

FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE")


@blueprint.get("/openapi/docs")
def docs() -> str:
    with reading(engine()) as connection:
        service = openapi_view.service_of(connection)
        if service is None:
            return openapi_view.choice(connection)
        return render(connection, "docs.html", "OpenAPI", queries.status(connection), shown=service)


@blueprint.get("/openapi/swagger-ui/<name>")
def swagger_ui(name: str) -> Response:
    if name not in FILES:
        abort(404)
    return send_from_directory(Path(flask_swagger_ui.__file__).parent / "dist", name)
