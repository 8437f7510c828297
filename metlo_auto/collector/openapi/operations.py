"""One operation of an OpenAPI document from what is known of an endpoint; pure."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, NamedTuple, Optional

from metlo_auto.collector.inventory.endpoint_facts import Notes
from metlo_auto.collector.inventory.fields import Field
from metlo_auto.collector.inventory.routes import Route
from metlo_auto.collector.openapi.schemas import Schema, schema_of

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_NO_CONTENT = ("204", "205", "304")


class Observed(NamedTuple):
    """All that is known of one method of one path, over all hosts."""

    method: str
    template: str
    hosts: tuple[str, ...]
    calls: int
    fields: list[Field]
    notes: Notes
    route: Optional[Route]


def parameter_names(template: str) -> list[str]:
    return _PARAMETER.findall(template)


def operation(seen: Observed, template: str, operation_id: str) -> dict[str, Any]:
    """The Operation Object; `template` is the path that it stands under, which may name parameters otherwise."""
    result: dict[str, Any] = {"operationId": operation_id, "responses": _responses(seen)}
    parameters = _path_parameters(seen, template) + _query_parameters(seen)
    if parameters:
        result["parameters"] = parameters
    body = _request_body(seen)
    if body:
        result["requestBody"] = body
    security = _security(seen)
    if security:
        result["security"] = security
    if seen.route and seen.route.file:
        result["x-source"] = f"{seen.route.file}:{seen.route.line}"
    return result


def _sections(seen: Observed) -> dict[str, list[Field]]:
    result: dict[str, list[Field]] = {}
    for field in seen.fields:
        result.setdefault(field.section, []).append(field)
    return result


def _path_parameters(seen: Observed, template: str) -> list[dict[str, Any]]:
    fields = _sections(seen).get("path", [])
    known = {field.name: field for field in fields if field.depth == 1}
    result = []
    for own, name in zip(parameter_names(seen.template), parameter_names(template)):
        schema: Schema = schema_of(fields, known[own].path) if own in known else {"type": "string"}
        result.append({"in": "path", "name": name, "required": True, "schema": schema})
    return result


def _query_parameters(seen: Observed) -> list[dict[str, Any]]:
    fields = _sections(seen).get("query", [])
    result = []
    for field in fields:
        if field.depth == 1:
            schema = schema_of(fields, field.path)
            if "array" in field.types and "string" in field.types:  # sent once or several times: a list either way
                schema = {"type": "array", "items": schema.get("items", {})}
            parameter = {"in": "query", "name": field.name, "schema": schema}
            result.append({**parameter, "required": True} if field.required else parameter)
    return result


def _request_body(seen: Observed) -> dict[str, Any]:
    content: dict[str, Any] = {}
    observed = 0
    for section, fields in sorted(_sections(seen).items()):
        if section.startswith("body "):
            content[section.partition(" ")[2]] = {"schema": schema_of(fields)}
            observed += next(field.present for field in fields if field.path == "")
    if not content or seen.method in ("GET", "HEAD", "DELETE"):
        return {}
    accepted = sum(n for status, n in seen.notes.statuses.items() if int(status) < 400)
    return {"content": content, "required": True} if observed >= accepted else {"content": content}


def _responses(seen: Observed) -> dict[str, Any]:
    sections = _sections(seen)
    result: dict[str, Any] = {}
    for status in sorted(seen.notes.statuses):
        response: dict[str, Any] = {"description": _phrase(status)}
        prefix = f"response {status[0]}xx "
        content = {
            section[len(prefix) :]: {"schema": schema_of(fields)}
            for section, fields in sorted(sections.items())
            if section.startswith(prefix)
        }
        if content and status not in _NO_CONTENT and seen.method != "HEAD":
            response["content"] = content
        result[status] = response
    return result or {"default": {"description": "Not observed"}}


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return f"Status {status}"


def _security(seen: Observed) -> list[dict[str, list[str]]]:
    """Each scheme as an alternative, and none at all where calls came without."""
    schemes = [{scheme_name(scheme): list[str]()} for scheme in sorted(seen.notes.schemes)]
    if not schemes:
        return []
    always = max(seen.notes.schemes.values()) >= seen.calls
    return schemes if always else [{}, *schemes]


def scheme_name(scheme: str) -> str:
    """`http bearer` as `bearerAuth`, `header X-Api-Key` as `header_X-Api-Key`."""
    place, _, name = scheme.partition(" ")
    return f"{name}Auth" if place == "http" else f"{place}_{re.sub(r'[^A-Za-z0-9._-]', '_', name)}"


def scheme_object(scheme: str) -> dict[str, str]:
    place, _, name = scheme.partition(" ")
    if place == "http":
        return {"type": "http", "scheme": name}
    return {"type": "apiKey", "in": place, "name": name}
