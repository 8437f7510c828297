"""One operation of an OpenAPI document from what is known of an endpoint; pure."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any, Mapping, NamedTuple, Optional

from metlo_auto.collector.analysis.sections import HEADER
from metlo_auto.collector.inventory.endpoint_facts import Notes
from metlo_auto.collector.inventory.fields import Field
from metlo_auto.collector.inventory.routes import Route, parameter_types
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
    services: tuple[str, ...] = ()


def parameter_names(template: str) -> list[str]:
    return _PARAMETER.findall(template)


def operation(
    seen: Observed, template: str, operation_id: str, ids: Optional[Mapping[str, str]] = None
) -> dict[str, Any]:
    """The Operation Object; `template` is the path that it stands under, which may name parameters otherwise.

    `ids` are the operationIds by method and shape of the path, for links.
    """
    result: dict[str, Any] = {"operationId": operation_id, "summary": summary(seen), "tags": [tag(seen)]}
    if not seen.calls:
        result["x-observed"] = False
    parameters = _path_parameters(seen, template) + _query_parameters(seen) + _header_parameters(seen)
    if parameters:
        result["parameters"] = parameters
    body = _request_body(seen)
    if body:
        result["requestBody"] = body
    result["responses"] = _responses(seen, ids or {})
    security = _security(seen)
    if security:
        result["security"] = security
    if seen.route and seen.route.file:
        result["x-source"] = f"{seen.route.file}:{seen.route.line}"
    return result


def _view(seen: Observed) -> str:
    """The framework's name of the view, "" where it is not known."""
    if seen.route and seen.route.endpoint:
        return seen.route.endpoint
    return next(iter(sorted(seen.notes.views)), "")


_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_.\W]+")
_NO_TAG = re.compile(r"v\d+(?:\.\d+)?|api|rest|\{.*")


def summary(seen: Observed) -> str:
    """The view's name as words, `Get user`; else method and path."""
    words = [word for word in _HUMP.split(_view(seen).rpartition(".")[2]) if word]
    text = " ".join(words).lower()
    return text[:1].upper() + text[1:] if text else f"{seen.method} {seen.template}"


def tag(seen: Observed) -> str:
    """The blueprint, else the first word of the path that is no version."""
    blueprint = _view(seen).rpartition(".")[0]
    if blueprint:
        return blueprint
    steps = [step for step in seen.template.split("/") if step]
    return next((step for step in steps if not _NO_TAG.fullmatch(step)), "default")


def _sections(seen: Observed) -> dict[str, list[Field]]:
    result: dict[str, list[Field]] = {}
    for field in seen.fields:
        result.setdefault(field.section, []).append(field)
    return result


_BY_TYPE: dict[str, Schema] = {
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
    "path": {"type": "string"},
}


def _path_parameters(seen: Observed, template: str) -> list[dict[str, Any]]:
    fields = _sections(seen).get("path", [])
    known = {field.name: field for field in fields if field.depth == 1}
    types = _declared_types(seen)
    result = []
    for own, name in zip(parameter_names(seen.template), parameter_names(template)):
        schema: Schema = schema_of(fields, known[own].path) if own in known else {"type": "string"}
        declared = _BY_TYPE.get(types.get(own, ""))
        if declared is not None:  # the app's converter lets nothing else in
            schema = {**{key: value for key, value in schema.items() if key.startswith("x-")}, **declared}
        result.append(_with_example({"in": "path", "name": name, "required": True, "schema": schema}, known.get(own)))
    return result


def _declared_types(seen: Observed) -> dict[str, str]:
    """Types of path parameters, by the converters of the routes that answered."""
    types: dict[str, str] = dict(seen.route.parameters) if seen.route else {}
    for rule in sorted(seen.notes.rules):
        types.update(parameter_types(rule))
    return types


def _query_parameters(seen: Observed) -> list[dict[str, Any]]:
    fields = _sections(seen).get("query", [])
    result = []
    for field in fields:
        if field.depth == 1:
            schema = schema_of(fields, field.path)
            if "array" in field.types and "string" in field.types:  # sent once or several times: a list either way
                schema = {"type": "array", "items": schema.get("items", {})}
            parameter = _with_example({"in": "query", "name": field.name, "schema": schema}, field)
            result.append({**parameter, "required": True} if field.required else parameter)
    return result


def _header_parameters(seen: Observed) -> list[dict[str, Any]]:
    fields = _sections(seen).get("header", [])
    result = []
    for field in fields:
        if field.depth == 1 and not any(
            scheme.lower() == f"header {field.name.lower()}" for scheme in seen.notes.schemes
        ):
            parameter = {"in": "header", "name": field.name, "schema": schema_of(fields, field.path)}
            parameter = _with_example(parameter, field)
            result.append({**parameter, "required": True} if field.required else parameter)
    return result


def _with_example(parameter: dict[str, Any], field: Optional[Field]) -> dict[str, Any]:
    """A value that was seen, as its schema has it; none for what may be sensitive."""
    if field is None or not field.example or field.claims:
        return parameter
    schema = parameter["schema"]
    value = _as_type(field.example, schema.get("type"))
    if value is None or schema.get("enum") and value not in schema["enum"]:
        return parameter
    return {**parameter, "example": value}


def _as_type(text: str, wanted: Any) -> Any:
    """The text as a JSON value of the type `wanted`; None where it is none."""
    try:
        if wanted == "integer":
            return int(text)
        if wanted == "number":
            return float(text)
    except ValueError:
        return None
    if wanted == "boolean":
        return text == "true"
    return text if wanted == "string" else None


def _request_body(seen: Observed) -> dict[str, Any]:
    content: dict[str, Any] = {}
    observed = 0
    for section, fields in sorted(_sections(seen).items()):
        if section.startswith("body "):
            content[section.partition(" ")[2]] = {"schema": schema_of(fields)}
            observed += next((field.present for field in fields if field.path == ""), 0)
    if not content or seen.method in ("GET", "HEAD", "DELETE"):
        return {}
    accepted = sum(n for status, n in seen.notes.statuses.items() if int(status) < 400)
    return {"content": content, "required": True} if observed >= accepted else {"content": content}


def _responses(seen: Observed, ids: Mapping[str, str]) -> dict[str, Any]:
    sections = _sections(seen)
    result: dict[str, Any] = {}
    for status in sorted(seen.notes.statuses):
        response: dict[str, Any] = {"description": _phrase(status)}
        prefix = f"response {status[0]}xx "
        headers = _response_headers(sections.get(prefix + HEADER, []))
        if headers:
            response["headers"] = headers
        content = {
            section[len(prefix) :]: {"schema": schema_of(fields)}
            for section, fields in sorted(sections.items())
            if section.startswith(prefix) and not section.endswith(" " + HEADER)
        }
        if content and status not in _NO_CONTENT and seen.method != "HEAD":
            response["content"] = content
            links = _links(seen, ids) if status[0] == "2" else {}
            if links:
                response["links"] = links
        result[status] = response
    return result or {"default": {"description": "Not observed"}}


def _response_headers(fields: list[Field]) -> dict[str, Any]:
    return {field.name: {"schema": schema_of(fields, field.path)} for field in fields if field.depth == 1}


def _links(seen: Observed, ids: Mapping[str, str]) -> dict[str, Any]:
    """Link Objects: an id of this response was a parameter of that operation."""
    result: dict[str, Any] = {}
    for text in sorted(seen.notes.links):
        try:
            pointer, method, template, place, name = json.loads(text)
        except ValueError:
            continue
        target = ids.get(f"{method} {shape(template)}")
        if target is None:
            continue
        link: dict[str, Any] = {"operationId": target, "parameters": {f"{place}.{name}": f"$response.body#{pointer}"}}
        result.setdefault(re.sub(r"[^A-Za-z0-9._-]", "_", f"{target}_{name}"), link)
    return result


def shape(template: str) -> str:
    """The path without the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", template)


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return f"Status {status}"


def _security(seen: Observed) -> list[dict[str, list[str]]]:
    """Each scheme of an accepted call as an alternative, and none at all where calls were accepted without."""
    schemes = [{scheme_name(scheme): list[str]()} for scheme in sorted(seen.notes.schemes)]
    if not schemes:
        return []
    return [{}, *schemes] if seen.notes.accepted.get("without") else schemes


def scheme_name(scheme: str) -> str:
    """`http bearer` as `bearerAuth`, `header X-Api-Key` as `header_X-Api-Key`."""
    place, _, name = scheme.partition(" ")
    return f"{name}Auth" if place == "http" else f"{place}_{re.sub(r'[^A-Za-z0-9._-]', '_', name)}"


def scheme_object(scheme: str) -> dict[str, str]:
    place, _, name = scheme.partition(" ")
    if place == "http":
        return {"type": "http", "scheme": name}
    return {"type": "apiKey", "in": place, "name": name}
