"""OpenAPI documents of what was found, as pages share them; knows no template."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Optional

from sqlalchemy import exists, select
from sqlalchemy.engine import Connection

from metlo_auto.collector import openapi
from metlo_auto.collector.inventory import figure_queries, queries, routes
from metlo_auto.collector.page.page_cache import kept, kept_later
from metlo_auto.collector.store.schema import declared_routes


def document(connection: Connection, service: str) -> dict[str, Any]:
    """The OpenAPI document of a service; not to be changed."""
    return kept(f"openapi {service}", connection, lambda c: _document(c, service))


def _document(connection: Connection, service: str) -> dict[str, Any]:
    return openapi.make_document(openapi.read_operations(connection, service=service), title(connection, service))


def title(connection: Connection, service: str) -> str:
    return service if len(figure_queries.service_names(connection)) > 1 else openapi.TITLE


def text(connection: Connection, service: str, most: int) -> tuple[str, bool]:
    """The document as JSON text, and whether that is the whole of it: of a large one the beginning alone."""
    return kept(f"openapi text {service}", connection, lambda c: _text(c, service, most))


def _text(connection: Connection, service: str, most: int) -> tuple[str, bool]:
    name = title(connection, service)
    if openapi.is_small(connection, service):
        return "".join(openapi.document_pieces(lambda: nullcontext(connection), service, name)), True
    return openapi.beginning(lambda: nullcontext(connection), service, name, most), False


def compared_routes(connection: Connection, small: bool) -> Optional[routes.Comparison]:
    """Declared and called routes, None where the comparison of a large inventory has just begun."""
    if not connection.scalar(select(exists().select_from(declared_routes))):
        return routes.Comparison([], [])
    if small:
        return _compared(connection)
    return kept_later("routes", connection, _compared)


def _compared(connection: Connection) -> routes.Comparison:
    return routes.compare(routes.read(connection), queries.list_endpoints(connection))
