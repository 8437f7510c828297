"""The OpenAPI document: valid, true to the traffic, stable, and comparable with a kept one."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.collector.collector_support import Collector, run, trace

BEARER = {"name": "Authorization", "value": "Bearer redacted-abcdefghijkl"}
JSON = {"name": "Content-Type", "value": "application/json"}


def _traffic() -> list[dict[str, Any]]:
    def user(i: int) -> dict[str, Any]:
        found = {
            "id": i,
            "email": f"u{i}@shop.example",
            "joined": "2026-01-02",
            "plan": ("free", "paid")[i % 2],
        }
        found["address"] = {"city": f"X{i}", "zip": None if i % 3 else f"1234{i}"}
        return {**found, "nick": f"n{i}"} if i % 2 else found

    traces = []
    for i in range(20):
        mine = [BEARER, JSON]
        traces.append(
            trace(f"/users/{i}", route="/users/{id}", response_body=json.dumps(user(i)), request_headers=mine)
        )
        paging = [{"name": "page", "value": str(i)}] if i % 2 else []
        listing = json.dumps({"users": [user(i), user(i + 1)], "total": i / 2})
        traces.append(
            trace(
                "/users",
                route="/users",
                parameters=paging,
                response_body=listing,
                request_headers=mine if i % 2 else [JSON],
            )
        )
        traces.append(
            trace(
                "/users",
                "POST",
                201,
                route="/users",
                request_body=json.dumps(user(i)),
                response_body=json.dumps(user(i)),
            )
        )
    traces.append(trace("/users", "POST", 422, route="/users", request_body="{}", response_body='{"error": "email"}'))
    traces.append(trace("/users/3", "DELETE", 204, route="/users/{uid}"))
    traces.append(trace("/users/3", "HEAD", 200, route="/users/{id}"))
    traces.append(
        trace(
            "/map",
            route="/map",
            response_body=json.dumps({f"550e8400-e29b-41d4-a716-44665544000{i}": i for i in range(9)}),
        )
    )
    return traces


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    collector = Collector(tmp_path_factory.mktemp("openapi"))
    traces = _traffic()
    collector.batch(traces)
    collector.settled(len(traces))
    yield collector
    collector.stop()


@pytest.fixture
def document(filled: Collector) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(filled.data_dir, "openapi").stdout)
    return found


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validator = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
    assert document["openapi"] == "3.1.0"
    validator.validate(document)


def test_an_empty_inventory_gives_a_valid_document(tmp_path: Path) -> None:
    validator = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
    validator.validate(json.loads(run(tmp_path, "openapi").stdout))


def test_two_runs_give_the_same_text(filled: Collector, tmp_path: Path) -> None:
    target = tmp_path / "api.json"
    assert run(filled.data_dir, "openapi", "--out", str(target)).returncode == 0
    assert target.read_text() == run(filled.data_dir, "openapi").stdout


def test_paths_that_differ_in_parameter_names_are_one(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {"/map", "/users", "/users/{id}"}
    assert set(document["paths"]["/users/{id}"]) == {"delete", "get", "head"}
    [parameter] = document["paths"]["/users/{id}"]["delete"]["parameters"]
    assert parameter == {"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}, "example": 3}


def test_schemas_say_what_was_seen(document: dict[str, Any]) -> None:
    schema = document["paths"]["/users/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["address", "email", "id", "joined", "plan"]
    fields = schema["properties"]
    assert fields["id"] == {"type": "integer"}
    assert fields["joined"]["format"] == "date"
    assert fields["plan"]["enum"] == ["free", "paid"]
    assert fields["address"]["properties"]["zip"]["type"] == ["null", "string"]
    assert (fields["email"]["format"], fields["email"]["x-sensitive"]) == ("email", ["email"])
    assert "shop.example" not in json.dumps(schema)


def test_query_parameters_that_were_left_out_are_optional(document: dict[str, Any]) -> None:
    assert document["paths"]["/users"]["get"]["parameters"] == [
        {"in": "query", "name": "page", "schema": {"type": "integer"}, "example": 1}
    ]


def test_statuses_bodies_and_maps(document: dict[str, Any]) -> None:
    post = document["paths"]["/users"]["post"]
    assert set(post["responses"]) == {"201", "422"}
    assert post["requestBody"]["required"] is True
    assert document["paths"]["/users/{id}"]["delete"]["responses"] == {"204": {"description": "No Content"}}
    schema = document["paths"]["/map"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"type": "object", "additionalProperties": {"type": "integer"}}


def test_credentials_become_security_schemes(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"] == {"bearerAuth": {"type": "http", "scheme": "bearer"}}
    assert document["paths"]["/users/{id}"]["get"]["security"] == [{"bearerAuth": []}]
    assert document["paths"]["/users"]["get"]["security"] == [{}, {"bearerAuth": []}]
    assert "security" not in document["paths"]["/map"]["get"]


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids)) == 6


def _check(filled: Collector, folder: Path, document: dict[str, Any]) -> tuple[int, str]:
    kept = folder / "kept.json"
    kept.write_text(json.dumps(document))
    done = run(filled.data_dir, "openapi", "--check", str(kept))
    return done.returncode, done.stdout


def test_a_document_does_not_differ_from_its_own_traffic(
    filled: Collector, document: dict[str, Any], tmp_path: Path
) -> None:
    assert _check(filled, tmp_path, document) == (0, "")


def _without_path(document: dict[str, Any]) -> None:
    del document["paths"]["/map"]


def _without_status(document: dict[str, Any]) -> None:
    del document["paths"]["/users"]["post"]["responses"]["422"]


def _other_type(document: dict[str, Any]) -> None:
    _user(document)["properties"]["id"]["type"] = "string"


def _requires_nick(document: dict[str, Any]) -> None:
    _user(document)["required"].append("nick")


def _user(document: dict[str, Any]) -> dict[str, Any]:
    content = document["paths"]["/users/{id}"]["get"]["responses"]["200"]["content"]
    found: dict[str, Any] = content["application/json"]["schema"]
    return found


@pytest.mark.parametrize(
    "change, where",
    [
        (_without_path, "/map"),
        (_without_status, "POST /users response 422: the status is not in the document"),
        (_other_type, "GET /users/{id} response 200 application/json field id: type is string in the document, integer in traffic"),
        (_requires_nick, "GET /users/{id} response 200 application/json field nick: required in the document"),
    ],
)
def test_a_difference_exits_1_and_says_where(
    filled: Collector, document: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], None], where: str
) -> None:
    kept = copy.deepcopy(document)
    change(kept)
    status, said = _check(filled, tmp_path, kept)
    assert status == 1
    assert [line for line in said.splitlines() if line.startswith("differs") and where in line]


def test_what_the_document_allows_and_nobody_did_is_no_difference(
    filled: Collector, document: dict[str, Any], tmp_path: Path
) -> None:
    kept = copy.deepcopy(document)
    kept["paths"]["/never"] = {"get": {"responses": {"200": {"description": "OK"}}}}
    _user(kept)["properties"]["plan"]["enum"].append("trial")
    status, said = _check(filled, tmp_path, kept)
    assert status == 0
    assert "/never" in said


def test_references_are_followed(filled: Collector, document: dict[str, Any], tmp_path: Path) -> None:
    kept = copy.deepcopy(document)
    content = kept["paths"]["/users/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    kept["components"]["schemas"] = {"User": content["schema"]}
    content["schema"] = {"$ref": "#/components/schemas/User"}
    assert _check(filled, tmp_path, kept) == (0, "")


@pytest.mark.parametrize("text", ["", "openapi: 3.1.0", "[]", "{}", "swagger: '2.0'", "a: [", "{", "x: !!python/object:os.system {}"])
def test_a_file_that_is_no_document_is_one_line(filled: Collector, tmp_path: Path, text: str) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(text)
    done = run(filled.data_dir, "openapi", "--check", str(kept))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and str(kept) in done.stderr
