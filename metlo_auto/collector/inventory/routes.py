"""Routes as the app declares them: taken from the agent, compared with what was called."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.observation import MOST_NAME
from metlo_auto.collector.ingest.contract import METHODS
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.store.schema import declared_routes
from metlo_auto.collector.store.text import storable

MOST = 5_000  # routes of one app
_RULE_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


class Route(NamedTuple):
    """One method of one rule. `file` is relative to the project, "" where it is not known; `line` then 0."""

    app: str
    method: str
    template: str  # /users/{id}
    endpoint: str
    file: str
    line: int


def template_of(rule: str) -> str:
    """`/users/<int:id>` as `/users/{id}`."""
    return _RULE_PARAMETER.sub(r"{\1}", rule)


def parse(value: Any) -> Optional[tuple[str, list[Route]]]:
    """App and routes of an announcement, None where `value` is none.

    `{"app": "shop", "routes": [{"methods": ["GET"], "rule": "/u/<int:id>", "endpoint": "u", "file": "a", "line": 7}]}`
    """
    if not isinstance(value, dict) or not isinstance(value.get("routes"), list):
        return None
    app = storable(str(value.get("app") or "app"))[:200]
    found: dict[tuple[str, str], Route] = {}
    for item in value["routes"][:MOST]:
        if not isinstance(item, dict) or not isinstance(item.get("rule"), str):
            return None
        template = storable(template_of(item["rule"]))[:MOST_NAME]
        methods = item.get("methods") or [item.get("method")]
        for method in methods if isinstance(methods, list) else ():
            if method in METHODS:
                found[method, template] = Route(app, method, template, *_where(item))
    return app, list(found.values())


def _where(item: dict[str, Any]) -> tuple[str, str, int]:
    line = item.get("line")
    number = line if isinstance(line, int) and not isinstance(line, bool) else 0
    return storable(str(item.get("endpoint") or ""))[:300], storable(str(item.get("file") or ""))[:1000], number


def replace(connection: Connection, app: str, routes: list[Route], now: float) -> None:
    """What `app` declares from now on; routes that it does not name any more are gone."""
    connection.execute(delete(declared_routes).where(declared_routes.c.app == app))
    if routes:
        connection.execute(insert(declared_routes), [{**route._asdict(), "declared_at": now} for route in routes])


def read(connection: Connection) -> list[Route]:
    columns = [declared_routes.c[name] for name in Route._fields]
    query = select(*columns).order_by(declared_routes.c.template, declared_routes.c.method, declared_routes.c.app)
    return [Route(*row) for row in connection.execute(query)]


class Comparison(NamedTuple):
    never_called: list[Route]
    not_declared: list[Endpoint]  # only where any app has declared its routes


def compare(routes: list[Route], endpoints: list[Endpoint]) -> Comparison:
    """Declared and called, each without the other. HEAD and OPTIONS come with every route and are not missed."""
    called = {(endpoint.method, _shape(endpoint.template)) for endpoint in endpoints}
    declared = {(route.method, _shape(route.template)) for route in routes}
    missing = [
        route
        for route in routes
        if route.method not in ("HEAD", "OPTIONS") and (route.method, _shape(route.template)) not in called
    ]
    unknown = [e for e in endpoints if routes and (e.method, _shape(e.template)) not in declared]
    return Comparison(missing, [e for e in unknown if e.method not in ("HEAD", "OPTIONS")])


def locate(routes: list[Route]) -> dict[tuple[str, str], Route]:
    """Routes by method and template, for the view's file and line of an endpoint; `find` looks one up."""
    return {(route.method, _shape(route.template)): route for route in routes}


def find(located: dict[tuple[str, str], Route], endpoint: Endpoint) -> Optional[Route]:
    return located.get((endpoint.method, _shape(endpoint.template)))


def _shape(template: str) -> str:
    """Parameters without their names: a collector that guessed them calls them otherwise."""
    return re.sub(r"\{[^{}]*\}", "{}", template.rstrip("/") or "/")
