"""What was found over the whole inventory, as pages share it; knows no template."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy.engine import Connection

from metlo_auto.collector import openapi
from metlo_auto.collector.inventory import exposures as exposed
from metlo_auto.collector.inventory import findings as found
from metlo_auto.collector.page import rollups
from metlo_auto.collector.page.page_cache import kept


def findings(connection: Connection) -> list[found.Finding]:
    """All findings, the gravest first; dismissed ones included and marked."""
    return kept("findings", connection, lambda c: found.find_all(c, time.time()))


def exposures(connection: Connection) -> list[exposed.Exposure]:
    """All fields with sensitive data; dismissed ones included and marked."""
    return kept("exposures", connection, exposed.read_exposures)


def p95s(connection: Connection, since: int) -> dict[str, float]:
    """The p95 in milliseconds of every shown endpoint that was timed; `since` in hours since the epoch."""
    return kept("p95", connection, lambda c: rollups.p95s(c, since))


def document(connection: Connection) -> dict[str, Any]:
    """The OpenAPI document; not to be changed."""
    return kept("openapi", connection, lambda c: openapi.make_document(openapi.read_operations(c)))


def document_text(connection: Connection) -> str:
    """The document as JSON text."""
    return kept("openapi text", connection, lambda c: json.dumps(document(c), indent=2))
