"""Which service a page is about: `?service=NAME`, or all of them; knows no page."""

from __future__ import annotations

from typing import Optional

from flask import abort, g, request
from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import choosing, figure_queries


def names(connection: Connection) -> list[str]:
    """All services that have endpoints."""
    if "services" not in g:  # a page asks several times
        g.services = figure_queries.service_names(connection)
    found: list[str] = g.services
    return found


def wanted(connection: Connection) -> Optional[str]:
    """The service that the address asks for, None for all. Answers 404 where there is none of that name."""
    name = request.args.get("service", "")
    if not name:
        return None
    known = names(connection)
    if name not in known:
        abort(404, f"There is no service {name[:200]!r}; {choosing.nearest(name[:200], known)}")
    return name
