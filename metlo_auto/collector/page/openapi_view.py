"""The OpenAPI document: what it says, how it is had, where a kept one or the app's own routes differ from traffic."""

from __future__ import annotations

from functools import partial
from typing import Any, Iterator, NamedTuple, Optional, Sequence

from flask import Response, abort, request
from sqlalchemy.engine import Connection

from metlo_auto.collector import openapi as documents
from metlo_auto.collector.inventory import queries, routes
from metlo_auto.collector.page import inventory_findings, services
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.downloads import download
from metlo_auto.collector.page.exchange_view import pieces
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading

PREVIEW = 40_000  # characters
MOST_DIFFERENCES = 500
FEW = 1_000  # endpoints whose routes are compared while the page waits


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
        service = service_of(connection)
        if service is None:
            abort(400, "Choose a service first: each has its own document.")
        observed = inventory_findings.document(connection, service)
        return _page(connection, _compare(sent.filename or "document" if sent else "", data, observed))


@blueprint.get("/openapi.json")
def openapi_json() -> Response:
    store = engine()
    with reading(store) as connection:
        service = service_of(connection)
        if service is None:
            known = services.names(connection)
            abort(400, f"There are several services, each with its own document: ?service={known[0]}, for example.")
        title = inventory_findings.title(connection, service)
    return download(
        _lines(documents.document_pieces(partial(reading, store), service, title)), "openapi.json", "application/json"
    )


def _lines(text: Iterator[str]) -> Iterator[str]:
    yield from text
    yield "\n"


def service_of(connection: Connection) -> Optional[str]:
    """The service that is asked for, or the only one, "" before there is any; None where there are several."""
    chosen, known = services.wanted(connection), services.names(connection)
    return chosen if chosen is not None or len(known) > 1 else known[0] if known else ""


def choice(connection: Connection) -> str:
    """The page that leads to the documents of several services."""
    return render(connection, "openapi_choice.html", "OpenAPI", queries.status(connection))


def _page(connection: Connection, comparison: Optional[Comparison]) -> str:
    service = service_of(connection)
    if service is None:
        return choice(connection)
    text, is_whole = inventory_findings.text(connection, service, PREVIEW)
    status = queries.status(connection)
    wanted = services.wanted(connection)
    compared = inventory_findings.compared_routes(connection, status["endpoints"] <= FEW)
    return render(
        connection,
        "openapi.html",
        "OpenAPI",
        status,
        operations=queries.number_of_endpoints(connection, service),
        size=len(text) if is_whole else None,
        preview=pieces(text[:PREVIEW]),
        cut=len(text) > PREVIEW or not is_whole,
        declared=routes.number_of(connection, wanted),
        routes=None if compared is None else routes.of_service(compared, wanted),
        comparison=comparison,
        most=MOST_DIFFERENCES,
    )


def _compare(name: str, data: bytes, observed: dict[str, Any]) -> Comparison:
    if not data:
        return Comparison(name, "Choose a file first.")
    try:
        kept = documents.read_document(data)
    except documents.Unreadable as error:
        return Comparison(name, f"{name} {error}.")
    return Comparison(name, "", documents.differences(kept, observed))
