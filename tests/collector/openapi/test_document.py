"""What the OpenAPI document says of typed paths, credentials, bodies, examples and links; and what a check makes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from metlo_auto.collector import openapi
from metlo_auto.collector.inventory import routes
from metlo_auto.collector.openapi import differences, read_document
from metlo_auto.collector.store.database import open_store, writing
from tests.collector.analysed import analysed
from tests.collector.collector_support import trace

BEARER = {"name": "Authorization", "value": "Bearer redacted-abcdefghijkl"}
JSON = {"name": "Content-Type", "value": "application/json"}


def _as(kind: str) -> list[dict[str, str]]:
    return [{"name": "Content-Type", "value": kind}]


def _document(folder: Path, traces: list[dict[str, Any]], declared: Any = None) -> dict[str, Any]:
    if declared is not None:
        with analysed(folder):
            pass
        engine = open_store(f"sqlite:///{folder}/c.db")
        parsed = routes.parse(declared)
        assert parsed is not None
        with writing(engine) as connection:
            routes.replace(connection, parsed, 1.0)
        engine.dispose()
    with analysed(folder, traces) as connection:
        operations = openapi.read_operations(connection)
        operations += openapi.never_called(connection) if declared is not None else []
        return openapi.make_document(operations)


def _only(document: dict[str, Any]) -> dict[str, Any]:
    [item] = document["paths"].values()
    [found] = item.values()
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    "rule, schema",
    [
        ("/x/<int:n>", {"type": "integer"}),
        ("/x/<float:n>", {"type": "number"}),
        ("/x/<uuid:n>", {"type": "string", "format": "uuid"}),
        ("/x/<int(min=1):n>", {"type": "integer"}),
    ],
)
def test_a_converter_types_its_parameter(tmp_path: Path, rule: str, schema: dict[str, str]) -> None:
    announced = trace("/x/{n}", route="/x/{n}", meta={"route": rule, "endpoint": "things.get_thing"})
    found = _only(_document(tmp_path, [announced]))
    assert found["parameters"] == [{"in": "path", "name": "n", "required": True, "schema": schema}]
    assert (found["tags"], found["summary"]) == (["things"], "Get thing")


def test_what_stands_for_a_path_is_no_value(tmp_path: Path) -> None:
    found = _only(_document(tmp_path, [trace("/x/{n}", route="/x/{n}"), trace("/x/12", route="/x/{n}")]))
    assert found["parameters"] == [{"in": "path", "name": "n", "required": True, "schema": {"type": "integer"}, "example": 12}]


def test_one_401_makes_no_credential_optional(tmp_path: Path) -> None:
    calls = [trace("/x", route="/x", request_headers=[BEARER]), trace("/x", route="/x", status=401)]
    assert _only(_document(tmp_path, calls))["security"] == [{"bearerAuth": []}]


def test_an_accepted_call_without_one_does(tmp_path: Path) -> None:
    calls = [trace("/x", route="/x", request_headers=[BEARER]), trace("/x", route="/x")]
    assert _only(_document(tmp_path, calls))["security"] == [{}, {"bearerAuth": []}]


BODIES = [
    ("application/x-www-form-urlencoded", "a=1&b=x", {"a": {"type": "integer"}, "b": {"type": "string"}}),
    (
        "multipart/form-data; boundary=X",
        '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--X\r\nContent-Disposition: form-data; name="f"; filename="f.png"\r\n\r\nPNG\r\n--X--',
        {"a": {"type": "integer"}, "f": {"type": "string", "format": "binary"}},
    ),
    ("application/xml", '<?xml version="1.0"?><order id="7"><sku>S-1</sku></order>', {"id": {"type": "integer"}, "sku": {"type": "string"}}),
    ("text/html", '{"a": 1}', {"a": {"type": "integer"}}),
    ("application/x-amz-json-1.0", '{"a": 1}', {"a": {"type": "integer"}}),
    ("application/json", '\ufeff{"a": 1}', {"a": {"type": "integer"}}),
    ("application/json", ')]}\',\n{"a": 1}', {"a": {"type": "integer"}}),
]


@pytest.mark.parametrize("kind, body, members", BODIES, ids=[case[0] + str(i) for i, case in enumerate(BODIES)])
def test_a_body_is_read_by_its_content(tmp_path: Path, kind: str, body: str, members: dict[str, Any]) -> None:
    sent = trace("/x", "POST", route="/x", request_headers=_as(kind), request_body=body)
    [content] = _only(_document(tmp_path, [sent]))["requestBody"]["content"].values()
    assert content["schema"]["properties"] == members


def test_newline_delimited_json_is_a_list(tmp_path: Path) -> None:
    said = trace("/x", route="/x", response_headers=_as("application/x-ndjson"), response_body='{"a": 1}\n{"a": 2}\n')
    content = _only(_document(tmp_path, [said]))["responses"]["200"]["content"]["application/x-ndjson"]
    assert content["schema"]["items"]["properties"] == {"a": {"type": "integer"}}


def test_headers_of_the_apis_own_are_parameters(tmp_path: Path) -> None:
    headers = [JSON, BEARER, {"name": "X-Tenant", "value": "7"}, {"name": "User-Agent", "value": "curl/8"}]
    said = [JSON, {"name": "X-Total", "value": "12"}]
    found = _only(_document(tmp_path, [trace("/x", route="/x", request_headers=headers, response_headers=said)]))
    assert [(p["in"], p["name"], p["schema"], p["required"]) for p in found["parameters"]] == [("header", "X-Tenant", {"type": "integer"}, True)]
    assert found["responses"]["200"]["headers"] == {"X-Total": {"schema": {"type": "integer"}}}


def test_examples_are_codes_and_never_what_people_are_called(tmp_path: Path) -> None:
    sent = {"state": "paid", "email": "ann@shop.example", "name": "anna", "q": "hello", "token": "redacted-abcdefghijkl"}
    calls = [trace("/x", route="/x", parameters=[{"name": name, "value": value} for name, value in sent.items()])]
    found = {p["name"]: p.get("example") for p in _only(_document(tmp_path, calls))["parameters"]}
    assert found == {"state": "paid", "email": None, "name": None, "q": None, "token": None}


def test_an_id_that_a_later_request_used_is_a_link(tmp_path: Path) -> None:
    made = trace("/orders", "POST", 201, route="/orders", request_body="{}", response_body='{"order": {"id": 7}}')
    used = [trace("/orders/7", route="/orders/{id}", response_body="{}"), trace("/pages/7", route="/pages/{n}")]
    document = _document(tmp_path, [made, *used])
    [link] = document["paths"]["/orders"]["post"]["responses"]["201"]["links"].values()
    target = document["paths"]["/orders/{id}"]["get"]["operationId"]
    assert link == {"operationId": target, "parameters": {"path.id": "$response.body#/order/id"}}


def test_declared_routes_that_nobody_called_are_marked(tmp_path: Path) -> None:
    rules = [{"methods": ["GET"], "rule": rule, "endpoint": "e"} for rule in ("/a/<int:n>", "/b")]
    document = _document(tmp_path, [trace("/b", route="/b")], {"app": "shop", "routes": rules})
    assert document["paths"]["/a/{n}"]["get"]["x-observed"] is False
    assert document["paths"]["/a/{n}"]["get"]["parameters"][0]["schema"] == {"type": "integer"}
    assert "x-observed" not in document["paths"]["/b"]["get"]


def _traffic(start: int, more: int = 0) -> list[dict[str, Any]]:
    people = ["Anna Berg", "Bert Cole", "Carla Diaz", "Dora Ek", "Emil Faber", "Frida Gray", "Gustav Holm"]
    calls = []
    for i in range(start, start + 20):
        body = {"id": i, "name": people[(i + more) % 7], "city": ("Berlin", "Paris")[i % 2], "total": i / 2 if more else i, "plan": f"p{(i + more) % 3}"}
        calls.append(trace(f"/users/{i}", route="/users/{id}", response_body=json.dumps(body), request_headers=[JSON, BEARER]))
        calls.append(trace("/users", "POST", 201, route="/users", request_body=json.dumps(body), response_body=json.dumps({**body, "nick": None if more else "x"})))
        calls.append(trace("/users", route="/users", parameters=[] if more else [{"name": "page", "value": "1"}], response_body=json.dumps([body])))
    if more:
        calls += [trace("/users", "POST", 422, route="/users", request_body="{}", response_body='{"error": "no"}'), trace("/users/x", status=404, route="/users/{id}")]
    return calls


def test_an_export_passes_its_own_check_after_more_traffic(tmp_path: Path) -> None:
    kept = json.loads(json.dumps(_document(tmp_path, _traffic(1))))
    later = _document(tmp_path, _traffic(100, more=1))
    assert [str(found) for found in differences(kept, later) if found.observed] == []


def test_no_enum_is_made_of_names(tmp_path: Path) -> None:
    text = json.dumps(_document(tmp_path, _traffic(1) + _traffic(1)))
    assert "Anna" not in text and "Berlin" not in text
    assert '"enum": ["p0", "p1", "p2"]' in text


YAML = """
openapi: 3.0.3
info: {title: x, version: "1"}
servers: [{url: /v1}]
paths:
  /users/{userId}:
    get:
      parameters: [{in: path, name: userId, required: true, schema: {type: integer}}]
      responses:
        200: {description: OK, content: {application/json: {schema: {$ref: '#/components/schemas/Node'}}}}
components:
  schemas:
    Node:
      allOf: [{$ref: '#/components/schemas/Base'}]
      type: object
      properties: {id: {type: integer}, child: {$ref: '#/components/schemas/Node'}, kind: {type: string, enum: [a]}}
    Base: {type: object, properties: {name: {type: string, nullable: true}, loop: {allOf: [{$ref: '#/components/schemas/Base'}]}}}
"""


def _node(**more: Any) -> list[dict[str, Any]]:
    body = {"id": 1, "name": None, "kind": "b", "child": {"id": 2, "child": {"id": 3}}, "loop": {"loop": {"name": "x"}}, **more}
    return [trace(f"/v1/users/{i}", route="/v1/users/{id}", response_body=json.dumps(body)) for i in range(3)]


def test_a_kept_document_in_yaml_that_refers_to_itself_is_compared(tmp_path: Path) -> None:
    kept = read_document(YAML.encode())
    assert [found for found in differences(kept, _document(tmp_path, _node())) if found.observed] == []


def test_each_difference_is_one_line_that_a_person_reads(tmp_path: Path) -> None:
    kept = read_document(YAML.encode())
    found = [f"{d.where}: {d.what}" for d in differences(kept, _document(tmp_path, _node(id="x", new=1))) if d.observed]
    assert found == [
        "GET /v1/users/{id} response 200 application/json field id: type is integer in the document, string in traffic",
        "GET /v1/users/{id} response 200 application/json field new: not in the document",
    ]


def _everything() -> list[dict[str, Any]]:
    calls = _traffic(1) + _node()
    for kind, body, _ in BODIES:
        calls.append(trace(f"/b/{kind[-4:]}", "POST", route=f"/b/{kind[-4:]}", request_headers=[*_as(kind), {"name": "X-Tenant", "value": "7"}], request_body=body, response_body='{"id": 1234567}'))
    calls += [trace("/orders", "POST", 201, route="/orders", request_body="{}", response_body='{"id": 7}'), trace("/orders/7", route="/orders/{id}")]
    calls.append(trace("/mail/ann@shop.example", route="/mail/{address}", request_headers=[{"name": "Cookie", "value": "session=redacted"}]))
    return calls


def test_the_document_is_valid(tmp_path: Path) -> None:
    validator = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
    validator.validate(_document(tmp_path, _everything()))


_REDOCLY = shutil.which("redocly")


@pytest.mark.skipif(_REDOCLY is None, reason="redocly is not installed")
def test_redocly_finds_no_error(tmp_path: Path) -> None:
    target = tmp_path / "api.json"
    target.write_text(json.dumps(_document(tmp_path, _everything())))
    done = subprocess.run([str(_REDOCLY), "lint", "--extends", "minimal", str(target)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    assert done.returncode == 0, done.stdout
