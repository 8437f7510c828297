"""Endpoints, findings and routes as plain values, for the JSON API and for commands; pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from metlo_auto.collector.inventory.findings import Finding
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.inventory.routes import Comparison, Route


def endpoint_value(endpoint: Endpoint, classes: list[str]) -> dict[str, Any]:
    """Times as RFC 3339; `errors` are status 500 and above, `client_errors` 400 to 499."""
    return {
        "id": endpoint.id,
        "method": endpoint.method,
        "route": endpoint.template,
        "service": endpoint.service,
        "host": endpoint.host,
        "hosts": list(endpoint.hosts),
        "calls": endpoint.calls,
        "errors": endpoint.errors,
        "client_errors": endpoint.client_errors,
        "authenticated": endpoint.authenticated,
        "first_seen": rfc3339(endpoint.first_seen),
        "last_seen": rfc3339(endpoint.last_seen),
        "sensitive": classes,
    }


def finding_value(finding: Finding) -> dict[str, Any]:
    """`file` and `line` of the view, "" and 0 where the app declared no routes."""
    where = finding.route
    return {
        "key": finding.key,
        "kind": finding.kind.name,
        "severity": finding.kind.severity,
        "title": finding.kind.title,
        "method": finding.endpoint.method,
        "route": finding.endpoint.template,
        "service": finding.endpoint.service,
        "host": finding.endpoint.host,
        "hosts": list(finding.endpoint.hosts),
        "file": where.file if where else "",
        "line": where.line if where else 0,
        "detail": finding.detail,
        "evidence": finding.evidence,
        "dismissed": finding.dismissed,
    }


def route_value(route: Route) -> dict[str, Any]:
    return {**route._asdict(), "service": route.of_service}


def routes_value(compared: Comparison) -> dict[str, Any]:
    """`{"never_called": [...], "not_declared": [...]}`."""
    return {
        "never_called": [route_value(route) for route in compared.never_called],
        "not_declared": [
            {"method": e.method, "route": e.template, "service": e.service, "host": e.host, "hosts": list(e.hosts)}
            for e in compared.not_declared
        ],
    }


def rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
