"""The whole OpenAPI document: operations gathered from the store and put under their paths."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Iterable, Optional, Sequence

from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.analysis_state import OTHERS
from metlo_auto.collector.inventory import endpoint_facts as noted
from metlo_auto.collector.inventory import queries, routes
from metlo_auto.collector.inventory.endpoint_facts import Notes
from metlo_auto.collector.inventory.fields import build, read_rows
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.openapi.operations import (
    Observed,
    operation,
    parameter_names,
    scheme_name,
    scheme_object,
    shape,
    tag,
)

_METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
_WORD = re.compile(r"[A-Za-z0-9]+")


def read_operations(
    connection: Connection, host: Optional[str] = None, service: Optional[str] = None
) -> list[Observed]:
    """What is known of each method and path, over all services and hosts or of one."""
    listed = queries.list_endpoints(connection)
    located = routes.locate(routes.read(connection), listed)
    notes = noted.read_notes(connection)
    groups = queries.groups(connection)
    rows = read_rows(connection)
    together: dict[tuple[str, str], list[Endpoint]] = {}
    for endpoint in listed:
        if endpoint.method in _METHODS and _is_of(endpoint, host, service):
            together.setdefault((shape(endpoint.template), endpoint.method), []).append(endpoint)
    result = []
    for _, endpoints in sorted(together.items()):
        first = min(endpoints, key=lambda endpoint: (not endpoint.declared, endpoint.template))
        members = [name for endpoint in endpoints for name in groups[endpoint.id]]
        result.append(
            Observed(
                method=first.method,
                template=first.template,
                hosts=tuple(sorted({host for endpoint in endpoints for host in endpoint.hosts})),
                calls=sum(endpoint.calls for endpoint in endpoints),
                fields=build(row for name in members for row in rows.get(name, ())),
                notes=_merged(notes.get(endpoint.id) for endpoint in endpoints),
                route=routes.find(located, first),
                services=tuple(queries.services(endpoints)),
            )
        )
    return result


def _is_of(endpoint: Endpoint, host: Optional[str], service: Optional[str]) -> bool:
    if service is not None and endpoint.service != service:
        return False
    return host is None or host.lower() in map(str.lower, endpoint.hosts)


def _merged(several: Iterable[Optional[Notes]]) -> Notes:
    total = noted.empty()
    for notes in several:
        if notes is not None:
            for mine, theirs in zip(total[:-1], notes[:-1]):
                for value, n in theirs.items():
                    mine[value] = mine.get(value, 0) + n
            total = total._replace(plain_http=total.plain_http + notes.plain_http)
    return total


def as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: dict[str, Any]) -> str:
    import yaml  # here: only this has a use for it

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120))


GENERATOR = "x-generator"
DIGEST = "x-digest"


TITLE = "Observed API"


def make_document(operations: Sequence[Observed], title: str = TITLE) -> dict[str, Any]:
    """An OpenAPI 3.1 document as a JSON value; the same operations always give the same document."""
    paths: dict[str, Any] = {}
    names: set[str] = set()
    templates = _spellings(operations)
    ids = {f"{seen.method} {shape(seen.template)}": _operation_id(seen, names) for seen in operations}
    for seen in operations:
        template = templates[shape(seen.template)]
        name = ids[f"{seen.method} {shape(seen.template)}"]
        paths.setdefault(template, {})[seen.method.lower()] = operation(seen, template, name, ids)
    _drop_links_without_target(paths)
    _name_services(paths, templates, operations)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "observed",
            "description": "Written by metlo-collector from traffic.",
            GENERATOR: "metlo-collector",
            DIGEST: digest(paths),
        },
        "servers": [
            {"url": url} for url in sorted({_url(host) for seen in operations for host in seen.hosts if host != OTHERS})
        ],
        "tags": [{"name": name} for name in sorted({tag(seen) for seen in operations})],
        "paths": paths,
    }
    schemes = sorted({scheme for seen in operations for scheme in seen.notes.schemes})
    if schemes:
        document["components"] = {"securitySchemes": {scheme_name(s): scheme_object(s) for s in schemes}}
    for empty in ("servers", "tags"):
        if not document[empty]:
            del document[empty]
    return document


def _name_services(paths: dict[str, Any], templates: dict[str, str], operations: Sequence[Observed]) -> None:
    """Where the document is of several services, each operation says whose it is."""
    if len({name for seen in operations for name in seen.services}) > 1:
        for seen in operations:
            paths[templates[shape(seen.template)]][seen.method.lower()]["x-services"] = list(seen.services)


def digest(paths: Any) -> str:
    """What tells whether somebody changed the paths of an export since."""
    text = json.dumps(paths, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _drop_links_without_target(paths: dict[str, Any]) -> None:
    """A link names a parameter of its target, which the path may name otherwise than the route that was called."""
    by_id = {op["operationId"]: op for methods in paths.values() for op in methods.values()}
    for methods in paths.values():
        for op in methods.values():
            for response in op["responses"].values():
                for name, link in list(response.get("links", {}).items()):
                    wanted = by_id[link["operationId"]].get("parameters", [])
                    known = {f"{item['in']}.{item['name']}" for item in wanted}
                    if not set(link["parameters"]) <= known:
                        del response["links"][name]
                if response.get("links") == {}:
                    del response["links"]


def never_called(connection: Connection, service: Optional[str] = None) -> list[Observed]:
    """Operations of declared routes that nobody has called, for those who ask for them."""
    missing = routes.compare(routes.read(connection), queries.list_endpoints(connection)).never_called
    return [
        Observed(method=r.method, template=r.template, hosts=(), calls=0, fields=[], notes=noted.empty(), route=r)
        for r in missing
        if r.method in _METHODS and service in (None, r.of_service)
    ]


def _spellings(operations: Sequence[Observed]) -> dict[str, str]:
    """One spelling for paths that differ in the names of their parameters only: the one that was called most."""
    ranked = sorted(operations, key=lambda seen: (seen.calls, seen.template))
    return {shape(seen.template): _unique_parameters(seen.template) for seen in ranked}


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
