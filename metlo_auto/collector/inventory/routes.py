"""Routes as the app declares them: taken from the agent, compared with what was called."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, Optional, Sequence

from sqlalchemy import and_, delete, func, insert, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.observation import MOST_NAME, service_of
from metlo_auto.collector.ingest.contract import METHODS
from metlo_auto.collector.inventory.endpoints import Endpoint
from metlo_auto.collector.inventory.route_places import Located as Located
from metlo_auto.collector.inventory.route_places import Route as Route
from metlo_auto.collector.inventory.route_places import find as find
from metlo_auto.collector.inventory.route_places import locate as locate
from metlo_auto.collector.inventory.route_places import shape_of, splits
from metlo_auto.collector.store import figure_marks
from metlo_auto.collector.store.schema import declared_details, declared_routes
from metlo_auto.collector.store.text import storable

MOST = 5_000  # routes of one app
AT_ONCE = 500  # templates in one statement
FEW = 1_000  # routes that are read whether they are needed or not
_RULE_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def template_of(rule: str) -> str:
    """`/users/<int:id>` as `/users/{id}`."""
    return _RULE_PARAMETER.sub(r"{\1}", rule)


_CONVERTERS = {"int": "integer", "float": "number", "uuid": "uuid", "path": "path"}
_CONVERTER = re.compile(r"<([a-z]+)(?:\([^<>]*\))?:([^<>]+)>")


def parameter_types(rule: str) -> dict[str, str]:
    """`{"id": "integer"}` of `/users/<int:id>`; converters of the app's own are left out."""
    return {name: _CONVERTERS[kind] for kind, name in _CONVERTER.findall(rule) if kind in _CONVERTERS}


class Declaration(NamedTuple):
    """All routes of one app."""

    service: str
    app: str
    routes: list[Route]


def parse(value: Any) -> Optional[Declaration]:
    """What an announcement declares, None where `value` is none.

    `{"app": "shop", "service": "eu", "instance": 0, "mount": "/admin", "routes": [{"methods": ["GET"],
    "rule": "/u/<int:id>",
    "endpoint": "u", "file": "a", "line": 7, "parameters": {"id": "integer"}}]}`; `service`, `instance`,
    `mount` and `parameters` may be left out.
    """
    if not isinstance(value, dict) or not isinstance(value.get("routes"), list):
        return None
    service, app, mount = service_of({"service": value.get("service")}), _name_of(value), _mount_of(value)
    found: dict[tuple[str, str], Route] = {}
    for item in value["routes"][:MOST]:
        if not isinstance(item, dict) or not isinstance(item.get("rule"), str):
            return None
        template = storable(mount + template_of(item["rule"]))[:MOST_NAME]
        methods = item.get("methods") or [item.get("method")]
        for method in methods if isinstance(methods, list) else ():
            if method in METHODS:
                found[method, template] = Route(
                    app, method, template, *_where(item), mount, _parameters_of(item), service
                )
    return Declaration(service, app, list(found.values()))


def _name_of(value: dict[str, Any]) -> str:
    name = storable(str(value.get("app") or "app"))[:200]
    instance = value.get("instance")
    return f"{name} ({instance + 1})" if isinstance(instance, int) and 0 < instance < 1_000 else name


def _mount_of(value: dict[str, Any]) -> str:
    mount = value.get("mount")
    return storable(mount.rstrip("/"))[:300] if isinstance(mount, str) and mount.startswith("/") else ""


def _parameters_of(item: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    types: dict[str, str] = parameter_types(item["rule"])
    said = item.get("parameters")
    for name, kind in said.items() if isinstance(said, dict) else ():
        if kind in _CONVERTERS.values():
            types[str(name)[:200]] = kind
    return tuple(sorted(types.items()))


def _where(item: dict[str, Any]) -> tuple[str, str, int]:
    line = item.get("line")
    number = line if isinstance(line, int) and not isinstance(line, bool) else 0
    return storable(str(item.get("endpoint") or ""))[:300], storable(str(item.get("file") or ""))[:1000], number


_STORED = Route._fields[:6]


def replace(connection: Connection, declaration: Declaration, now: float) -> None:
    """What an app declares from now on; routes that it does not name any more are gone.

    So is what it declared when its agent named no service.
    """
    service, app, routes = declaration
    for table in (declared_routes, declared_details):
        connection.execute(delete(table).where(table.c.app == app, table.c.service.in_(("", service))))
    if routes:
        rows = [dict(zip(_STORED, route), declared_at=now, service=service) for route in routes]
        connection.execute(insert(declared_routes), rows)
        details = [
            {
                "service": service,
                "app": app,
                "method": r.method,
                "template": r.template,
                "mount": r.mount,
                "parameters": json.dumps(r.parameters),
            }
            for r in routes
            if r.mount or r.parameters
        ]
        if details:
            connection.execute(insert(declared_details), details)
    figure_marks.mark(connection, [figure_marks.ROUTES])


def read_for(connection: Connection, endpoints: Sequence[Endpoint]) -> list[Route]:
    """The routes that may answer `endpoints`; all of them where they are few."""
    if not endpoints:
        return []
    number = connection.scalar(select(func.count()).select_from(declared_routes)) or 0
    if number <= FEW:
        return read(connection) if number else []
    named = {endpoint.template for endpoint in endpoints}
    named |= {rule for template in named for _, rule in splits(template) if rule != "/"}
    listed = sorted(named)
    return [
        route for start in range(0, len(listed), AT_ONCE) for route in read(connection, listed[start : start + AT_ONCE])
    ]


def number_of(connection: Connection, service: Optional[str]) -> int:
    """How many routes are declared, in all or of a service."""
    if service is None:
        return int(connection.scalar(select(func.count()).select_from(declared_routes)) or 0)
    d = declared_routes.c
    counts = connection.execute(select(d.service, d.app, func.count()).group_by(d.service, d.app)).all()
    return sum(int(row[2]) for row in counts if (row[0] or row[1].partition(" (")[0]) == service)


def read(connection: Connection, templates: Optional[Sequence[str]] = None) -> list[Route]:
    """All routes, or those with these templates."""
    d, more = declared_routes.c, declared_details.c
    same = and_(more.service == d.service, more.app == d.app, more.method == d.method, more.template == d.template)
    query = (
        select(*(d[name] for name in _STORED), more.mount, more.parameters, d.service)
        .select_from(declared_routes.outerjoin(declared_details, same))
        .order_by(d.template, d.method, d.service, d.app)
    )
    if templates is not None:
        query = query.where(d.template.in_(templates))
    return [
        Route(*row[:6], row[6] or "", tuple((name, kind) for name, kind in json.loads(row[7] or "[]")), row[8])
        for row in connection.execute(query)
    ]


class Comparison(NamedTuple):
    never_called: list[Route]
    not_declared: list[Endpoint]  # only of services that an app which declared its routes answers for


def compare(routes: list[Route], endpoints: list[Endpoint]) -> Comparison:
    """Declared and called, each without the other. HEAD and OPTIONS come with every route and are not missed."""
    located = locate(routes, endpoints)
    found = [(endpoint, find(located, endpoint)) for endpoint in endpoints]
    called = {_name(located, route) for _, route in found if route is not None}
    shapes = {(located.owner(endpoint.service), endpoint.method, shape_of(endpoint.template)) for endpoint in endpoints}
    missing = {
        _name(located, route): route
        for route in routes
        if (located.owner(route.of_service), route.method, shape_of(route.template)) not in shapes
        and route.method not in ("HEAD", "OPTIONS")
    }
    known = {endpoint.service for endpoint, route in found if route is not None}
    unknown = [e for e, route in found if route is None and e.service in known and e.method not in ("HEAD", "OPTIONS")]
    return Comparison([route for name, route in missing.items() if name not in called], unknown)


def of_service(compared: Comparison, service: Optional[str]) -> Comparison:
    """What of it is the service's; all of it for None."""
    if service is None:
        return compared
    missing = [route for route in compared.never_called if route.of_service == service]
    return Comparison(missing, [endpoint for endpoint in compared.not_declared if endpoint.service == service])


def _name(located: Located, route: Route) -> tuple[str, str, str, str]:
    """What a route has in common with that of another instance of its app."""
    return located.owner(route.of_service), route.app.partition(" (")[0], route.method, route.template
