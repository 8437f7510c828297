"""The whole OpenAPI document: operations gathered from the store and put under their paths."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Optional, Sequence

from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.analysis_state import OTHERS
from metlo_auto.collector.inventory import endpoint_facts as noted
from metlo_auto.collector.inventory import queries, routes
from metlo_auto.collector.inventory.endpoint_facts import Notes
from metlo_auto.collector.inventory.fields import Field, build, read_rows
from metlo_auto.collector.inventory.fields import read_some as read_some_fields
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.inventory.routes import Located
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


Group = list[Endpoint]  # that are one operation: paths with other names of parameters, other hosts, other services


def read_operations(
    connection: Connection, host: Optional[str] = None, service: Optional[str] = None
) -> list[Observed]:
    """What is known of each method and path, over all services and hosts or of one."""
    listed = queries.list_endpoints(connection)
    located = routes.locate(routes.read(connection), listed)
    notes = noted.read_notes(connection)
    groups = queries.groups(connection)
    rows = read_rows(connection)
    result = []
    for endpoints in grouped(endpoint for endpoint in listed if _is_of(endpoint, host, service)):
        members = [name for endpoint in endpoints for name in groups[endpoint.id]]
        fields = build(row for name in members for row in rows.get(name, ()))
        result.append(observed(endpoints, located, fields, _merged(notes.get(endpoint.id) for endpoint in endpoints)))
    return result


def grouped(listed: Iterable[Endpoint]) -> list[Group]:
    """The endpoints of each operation, in the order of the document."""
    together: dict[tuple[str, str], Group] = {}
    for endpoint in listed:
        if endpoint.method in _METHODS:
            together.setdefault((shape(endpoint.template), endpoint.method), []).append(endpoint)
    return [endpoints for _, endpoints in sorted(together.items())]


def observed(endpoints: Group, located: Located, fields: list[Field], notes: Notes) -> Observed:
    first = min(endpoints, key=lambda endpoint: (not endpoint.declared, endpoint.template))
    return Observed(
        method=first.method,
        template=first.template,
        hosts=tuple(sorted({host for endpoint in endpoints for host in endpoint.hosts})),
        calls=sum(endpoint.calls for endpoint in endpoints),
        fields=fields,
        notes=notes,
        route=routes.find(located, first),
        services=tuple(queries.services(endpoints)),
    )


def read_some(connection: Connection, several: Sequence[Group], located: Located, most: int) -> list[Observed]:
    """The operations of some groups, with no more than `most` fields of each section of each."""
    ids = [endpoint.id for endpoints in several for endpoint in endpoints]
    owners = queries.members(connection, ids)
    notes = noted.read_notes(connection, owners)
    members: dict[str, list[str]] = {}
    for member, owner in owners.items():
        members.setdefault(owner, []).append(member)
    rows = read_rows(connection, list(owners))
    result = []
    for endpoints in several:
        own = [name for endpoint in endpoints for name in members.get(endpoint.id, ())]
        if sum(len(rows.get(name, ())) for name in own) > most:
            fields = read_some_fields(connection, own, most, {}).fields
        else:
            fields = build(row for name in own for row in rows.get(name, ()))
        result.append(observed(endpoints, located, fields, _merged(notes.get(endpoint.id) for endpoint in endpoints)))
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
    names = named(operations)
    paths = paths_of(operations, names)
    known = {op["operationId"]: parameters_of(op) for methods in paths.values() for op in methods.values()}
    drop_links_without_target(paths, lambda wanted: known)
    _name_services(paths, names.templates, operations)
    document = {
        **head(title),
        "servers": servers({host for seen in operations for host in seen.hosts}),
        "paths": paths,
        **end({scheme for seen in operations for scheme in seen.notes.schemes}, set(map(tag, operations))),
        DIGEST: digest(map(digest_of_path, paths.items())),
    }
    return {key: value for key, value in document.items() if value or key == "paths"}


class Names(NamedTuple):
    """`templates` are the paths of the document by their shapes, `ids` the operationIds by method and shape."""

    templates: dict[str, str]
    ids: dict[str, str]


def named(operations: Sequence[Observed]) -> Names:
    """What all operations of a document are called; needs neither fields nor notes."""
    taken: set[str] = set()
    ids = {f"{seen.method} {shape(seen.template)}": _operation_id(seen, taken) for seen in operations}
    return Names(_spellings(operations), ids)


def head(title: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "observed",
            "description": "Written by metlo-collector from traffic.",
            GENERATOR: "metlo-collector",
        },
    }


def servers(hosts: Iterable[str]) -> list[dict[str, str]]:
    return [{"url": url} for url in sorted({_url(host) for host in hosts if host != OTHERS})]


def end(schemes: Iterable[str], tags: Iterable[str]) -> dict[str, Any]:
    """What stands behind the paths."""
    made = {scheme_name(scheme): scheme_object(scheme) for scheme in sorted(schemes)}
    return {
        "components": {"securitySchemes": made} if made else {},
        "tags": [{"name": name} for name in sorted(tags)],
    }


def paths_of(operations: Iterable[Observed], names: Names) -> dict[str, Any]:
    """Path Items of some operations, or of all."""
    paths: dict[str, Any] = {}
    for seen in operations:
        own = shape(seen.template)
        template, name = names.templates[own], names.ids[f"{seen.method} {own}"]
        paths.setdefault(template, {})[seen.method.lower()] = operation(seen, template, name, names.ids)
    return paths


def _name_services(paths: dict[str, Any], templates: dict[str, str], operations: Sequence[Observed]) -> None:
    """Where the document is of several services, each operation says whose it is."""
    if len({name for seen in operations for name in seen.services}) > 1:
        for seen in operations:
            paths[templates[shape(seen.template)]][seen.method.lower()]["x-services"] = list(seen.services)


def digest_of_path(item: tuple[str, Any]) -> str:
    text = json.dumps(item, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def digest(of_paths: Iterable[str]) -> str:
    """What tells whether somebody changed the paths of an export since, from the digest of each."""
    return hashlib.blake2b("".join(sorted(of_paths)).encode(), digest_size=8).hexdigest()


def is_unchanged(document: Mapping[str, Any]) -> bool:
    """True for an export of ours whose paths nobody has changed."""
    info, paths = document.get("info"), document.get("paths")
    if not isinstance(info, dict) or GENERATOR not in info or not isinstance(paths, dict):
        return False
    return bool(document.get(DIGEST) == digest(map(digest_of_path, paths.items())))


def parameters_of(op: dict[str, Any]) -> set[str]:
    """`query.page`, `path.id`, as links call the parameters of an operation."""
    return {f"{item['in']}.{item['name']}" for item in op.get("parameters", ())}


Known = Callable[[set[str]], Mapping[str, set[str]]]


def drop_links_without_target(paths: dict[str, Any], known: Known) -> None:
    """A link names a parameter of its target, which the path may name otherwise than the route that was called.

    `known` gives the parameters of operations by their ids.
    """
    responses = [r for item in paths.values() for op in item.values() for r in op["responses"].values() if "links" in r]
    parameters = known({link["operationId"] for response in responses for link in response["links"].values()})
    for response in responses:
        for name, link in list(response["links"].items()):
            if not set(link["parameters"]) <= parameters[link["operationId"]]:
                del response["links"][name]
        if not response["links"]:
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
