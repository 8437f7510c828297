"""The whole OpenAPI document: operations gathered from the store and put under their paths."""

from __future__ import annotations

import re
from typing import Any, Iterable, Optional, Sequence

from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import endpoint_facts as noted
from metlo_auto.collector.inventory import queries, routes
from metlo_auto.collector.inventory.endpoint_facts import Notes
from metlo_auto.collector.inventory.fields import build, read_rows
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.openapi.operations import Observed, operation, parameter_names, scheme_name, scheme_object

_METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
_WORD = re.compile(r"[A-Za-z0-9]+")


def read_operations(connection: Connection, host: Optional[str] = None) -> list[Observed]:
    """What is known of each method and path, over all hosts or of one."""
    located = routes.locate(routes.read(connection))
    notes = noted.read_notes(connection)
    groups = queries.groups(connection)
    rows = read_rows(connection)
    together: dict[tuple[str, str], list[Endpoint]] = {}
    for endpoint in queries.list_endpoints(connection):
        if endpoint.method in _METHODS and (host is None or endpoint.host == host):
            together.setdefault((_shape(endpoint.template), endpoint.method), []).append(endpoint)
    result = []
    for _, endpoints in sorted(together.items()):
        first = min(endpoints, key=lambda endpoint: (not endpoint.declared, endpoint.template))
        members = [name for endpoint in endpoints for name in groups[endpoint.id]]
        result.append(
            Observed(
                method=first.method,
                template=first.template,
                hosts=tuple(sorted({endpoint.host for endpoint in endpoints})),
                calls=sum(endpoint.calls for endpoint in endpoints),
                fields=build(row for name in members for row in rows.get(name, ())),
                notes=_merged(notes.get(endpoint.id) for endpoint in endpoints),
                route=routes.find(located, first),
            )
        )
    return result


def _merged(several: Iterable[Optional[Notes]]) -> Notes:
    total = noted.empty()
    for notes in several:
        if notes is not None:
            for mine, theirs in zip(total[:-1], notes[:-1]):
                for value, n in theirs.items():
                    mine[value] = mine.get(value, 0) + n
            total = total._replace(plain_http=total.plain_http + notes.plain_http)
    return total


def make_document(operations: Sequence[Observed], title: str = "Observed API") -> dict[str, Any]:
    """An OpenAPI 3.1 document as a JSON value; the same operations always give the same document."""
    paths: dict[str, Any] = {}
    names: set[str] = set()
    templates = _spellings(operations)
    for seen in operations:
        template = templates[_shape(seen.template)]
        name = _operation_id(seen, names)
        paths.setdefault(template, {})[seen.method.lower()] = operation(seen, template, name)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "observed", "description": "Written by metlo-collector from traffic."},
        "servers": [{"url": url} for url in sorted({_url(host) for seen in operations for host in seen.hosts})],
        "paths": paths,
    }
    schemes = sorted({scheme for seen in operations for scheme in seen.notes.schemes})
    if schemes:
        document["components"] = {"securitySchemes": {scheme_name(s): scheme_object(s) for s in schemes}}
    if not document["servers"]:
        del document["servers"]
    return document


def _spellings(operations: Sequence[Observed]) -> dict[str, str]:
    """One spelling for paths that differ in the names of their parameters only: the one that was called most."""
    ranked = sorted(operations, key=lambda seen: (seen.calls, seen.template))
    return {_shape(seen.template): _unique_parameters(seen.template) for seen in ranked}


def _shape(template: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", template)


def _unique_parameters(template: str) -> str:
    names = parameter_names(template)
    if len(set(names)) == len(names):
        return template
    numbers = iter(range(1, len(names) + 1))
    return re.sub(r"\{[^{}]*\}", lambda _: f"{{param{next(numbers)}}}", template)


def _operation_id(seen: Observed, taken: set[str]) -> str:
    """The view's name where the app declared it, else method and path as words; never twice."""
    words = _WORD.findall(seen.route.endpoint if seen.route and seen.route.endpoint else seen.template) or ["root"]
    base = "_".join([seen.method.lower(), *words])
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def _url(host: str) -> str:
    name, _, port = host.rpartition(":") if re.search(r":\d+$", host) else (host, "", "")
    local = (name or host) in ("localhost", "127.0.0.1", "[::1]", "0.0.0.0")
    clean = re.sub(r"[^A-Za-z0-9.:\[\]_-]", "", host) or "localhost"
    return f"http://{clean}" if local or port not in ("", "443") else f"https://{clean}"
