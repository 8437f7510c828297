"""What was found over the whole inventory, as pages share it; knows no template."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

from sqlalchemy.engine import Connection

from metlo_auto.collector import openapi
from metlo_auto.collector.inventory import endpoint_facts, queries
from metlo_auto.collector.inventory import exposures as exposed
from metlo_auto.collector.inventory import findings as found
from metlo_auto.collector.page import inventory, rollups
from metlo_auto.collector.page.listing import Row
from metlo_auto.collector.page.page_cache import kept


def findings(connection: Connection) -> list[found.Finding]:
    """All findings, the most severe first; dismissed ones included and marked."""
    return kept("findings", connection, lambda c: found.find_all(c, time.time()))


def exposures(connection: Connection) -> list[exposed.Exposure]:
    """All fields with sensitive data; dismissed ones included and marked."""
    return kept("exposures", connection, exposed.read_exposures)


def endpoints(connection: Connection) -> list[queries.Endpoint]:
    """All endpoints in the order of their paths; not to be changed."""
    return kept("endpoints", connection, queries.list_endpoints)


def notes(connection: Connection) -> dict[str, endpoint_facts.Notes]:
    """What is known of each endpoint as a whole; not to be changed."""
    return kept("notes", connection, endpoint_facts.read_notes)


def rows(connection: Connection) -> list[Row]:
    """All endpoints as rows of the table, in the order of their paths; not to be changed."""
    return kept("rows", connection, _rows)


def _rows(connection: Connection) -> list[Row]:
    counts = Counter(item.endpoint.id for item in findings(connection) if not item.dismissed)
    made = inventory.rows(endpoints(connection), exposures(connection), counts)
    return sorted(made, key=lambda row: (row.template, row.method, row.service))


def p95s(connection: Connection, since: int) -> dict[str, float]:
    """The p95 in milliseconds of every shown endpoint that was timed; `since` in hours since the epoch."""
    return kept("p95", connection, lambda c: rollups.p95s(c, since))


def document(connection: Connection, service: str) -> dict[str, Any]:
    """The OpenAPI document of a service; not to be changed."""
    return kept(f"openapi {service}", connection, lambda c: _document(c, service))


def _document(connection: Connection, service: str) -> dict[str, Any]:
    several = len(queries.services(endpoints(connection))) > 1
    return openapi.make_document(
        openapi.read_operations(connection, service=service), service if several else openapi.TITLE
    )


def document_text(connection: Connection, service: str) -> str:
    """The document as JSON text."""
    return kept(f"openapi text {service}", connection, lambda c: json.dumps(document(c, service), indent=2))
