"""The OpenAPI document: what it says, how it is had, where a kept one or the app's own routes differ from traffic."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Optional, Sequence

from flask import Response, request
from sqlalchemy.engine import Connection

from metlo_auto.collector import openapi as documents
from metlo_auto.collector.inventory import queries, routes
from metlo_auto.collector.page import inventory_findings
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.exchange_view import pieces
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading

PREVIEW = 40_000  # characters
MOST_DIFFERENCES = 500


class Comparison(NamedTuple):
    """A kept document against traffic; `trouble` says why it could not be read, "" where it could."""

    name: str
    trouble: str
    differences: Sequence[documents.Difference] = ()


@blueprint.get("/openapi")
def openapi() -> str:
    with reading(engine()) as connection:
        return _page(connection, None)


@blueprint.post("/openapi")
def compare_openapi() -> str:
    """The same page, with the differences to a document that was sent along."""
    sent = request.files.get("document")
    data = sent.read() if sent else b""
    with reading(engine()) as connection:
        return _page(
            connection,
            _compare(sent.filename or "document" if sent else "", data, inventory_findings.document(connection)),
        )


@blueprint.get("/openapi.json")
def openapi_json() -> Response:
    with reading(engine()) as connection:
        text = inventory_findings.document_text(connection)
    headers = {"Content-Disposition": "attachment; filename=openapi.json"}
    return Response(text + "\n", mimetype="application/json", headers=headers)


def _page(connection: Connection, comparison: Optional[Comparison]) -> str:
    document, text = inventory_findings.document(connection), inventory_findings.document_text(connection)
    declared = routes.read(connection)
    return render(
        connection,
        "openapi.html",
        "OpenAPI",
        queries.status(connection),
        operations=sum(len(item) for item in document["paths"].values()),
        size=len(text),
        preview=pieces(text[:PREVIEW]),
        cut=len(text) > PREVIEW,
        declared=len(declared),
        routes=routes.compare(declared, queries.list_endpoints(connection)),
        comparison=comparison,
        most=MOST_DIFFERENCES,
    )


def _compare(name: str, data: bytes, observed: dict[str, Any]) -> Comparison:
    if not data:
        return Comparison(name, "Choose a file first.")
    try:
        kept = json.loads(data)
    except (ValueError, RecursionError):
        return Comparison(name, "This is not JSON. Convert a YAML document first.")
    if not isinstance(kept, dict) or not isinstance(kept.get("paths"), dict):
        return Comparison(name, "This is JSON, but no OpenAPI document: it has no paths.")
    return Comparison(name, "", documents.differences(kept, observed))
