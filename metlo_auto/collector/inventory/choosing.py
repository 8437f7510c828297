"""Which endpoints a person asks for by service and host; a name that nothing has is an error that names the nearest."""

from __future__ import annotations

from typing import Optional, Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory.endpoints import Endpoint
from metlo_auto.collector.inventory.naming import Unknown as Unknown
from metlo_auto.collector.inventory.naming import listed as listed
from metlo_auto.collector.inventory.naming import nearest as nearest
from metlo_auto.collector.store.schema import declared_routes, endpoints, samples


def chosen(shown: Sequence[Endpoint], service: Optional[str], host: Optional[str] = None) -> list[Endpoint]:
    """The endpoints of `service` that were called under `host`, None for any. `service` has been checked.

    Raises Unknown for a host that nothing was called under.
    """
    of_service = [endpoint for endpoint in shown if service in (None, endpoint.service)]
    if host is None:
        return of_service
    found = [endpoint for endpoint in of_service if host.lower() in map(str.lower, endpoint.hosts)]
    if not found:
        known = sorted({name for endpoint in of_service for name in endpoint.hosts})
        raise Unknown(f"nothing was called under the host {host!r}; {nearest(host, known)}")
    return found


def checked_service(connection: Connection, service: Optional[str]) -> Optional[str]:
    """`service`, which has endpoints, requests or routes, or None. Raises Unknown."""
    if service is None:
        return None
    known = {row[0] for row in connection.execute(select(endpoints.c.service).distinct()) if row[0]}
    if service not in known:
        known |= {row[0] for row in connection.execute(select(samples.c.service).distinct()) if row[0]}
        pairs = connection.execute(select(declared_routes.c.service, declared_routes.c.app).distinct())
        known |= {name or app.partition(" (")[0] for name, app in pairs}
    if service not in known:
        raise Unknown(f"there is no service {service!r}; {nearest(service, sorted(known))}")
    return service
