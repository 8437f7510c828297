"""OpenAPI documents of what was found, as pages share them; knows no template."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.engine import Connection

from metlo_auto.collector import openapi
from metlo_auto.collector.inventory import figure_queries
from metlo_auto.collector.page.page_cache import kept


def document(connection: Connection, service: str) -> dict[str, Any]:
    """The OpenAPI document of a service; not to be changed."""
    return kept(f"openapi {service}", connection, lambda c: _document(c, service))


def _document(connection: Connection, service: str) -> dict[str, Any]:
    several = len(figure_queries.service_names(connection)) > 1
    return openapi.make_document(
        openapi.read_operations(connection, service=service), service if several else openapi.TITLE
    )


def document_text(connection: Connection, service: str) -> str:
    """The document as JSON text."""
    return kept(f"openapi text {service}", connection, lambda c: json.dumps(document(c, service), indent=2))
