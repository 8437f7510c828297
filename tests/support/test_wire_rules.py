"""The rules themselves, against the cases that were measured on a real collector."""

import copy

import pytest

from tests.support import wire_rules

GOOD = {
    "request": {
        "url": {"host": "shop", "path": "/a/b c;:@,{}%3F", "parameters": [{"name": "q", "value": ""}]},
        "method": "GET",
        "headers": [{"name": "Host", "value": "shop"}],
        "body": "",
    },
    "response": {"url": "shop:80", "status": 200, "headers": [], "body": "x"},
    "meta": {
        "environment": "production",
        "incoming": True,
        "source": "10.0.0.1",
        "sourcePort": "",
        "destination": "127.0.0.1",
        "destinationPort": "80",
        "metloSource": "python/flask",
        "requestTimestamp": "2026-01-02T03:04:05.678Z",
        "responseTimestamp": "2026-01-02T03:04:05.679Z",
        "durationMs": 1.5,
        "traceId": "a",
        "agent": "metlo-auto/1",
    },
}


def spoilt(keys, value):
    trace = copy.deepcopy(GOOD)
    place = trace
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return trace


def test_a_good_trace_has_no_problems():
    assert wire_rules.problems(GOOD) == []


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a//b", "/ä", "/a b", "/%3f"])
def test_paths_that_the_collector_takes(path):
    assert wire_rules.path_problems(path) == []


@pytest.mark.parametrize(
    "path", ["", "a", "//", "/a//b/", "/a/b//", "/a?b", "/a\\b", "/<a>", "/a&b", "/a=b", None]
)
def test_paths_that_the_collector_refuses(path):
    assert wire_rules.path_problems(path) != []


@pytest.mark.parametrize(
    "keys, value",
    [
        (("request", "method"), "get"),
        (("request", "method"), "PROPFIND"),
        (("request", "url", "host"), ""),
        (("request", "url", "endpointPath"), "/users/<int:id>"),
        (("request", "url", "parameters"), [{"name": "q"}]),
        (("request", "headers"), [{"value": "x"}]),
        (("response", "status"), "200"),
        (("response", "body"), None),
        (("response", "url"), "shop"),
        (("meta", "sourcePort"), 5),
        (("meta", "destination"), "0.0.0.0"),
        (("meta", "requestTimestamp"), "2026-01-02T03:04:05Z"),
        (("meta", "responseTimestamp"), "2026-01-02T03:04:05.000Z"),
        (("meta", "requestBody"), {"size": 3, "captured": 1, "omitted": "lost"}),
        (("response",), {}),
    ],
)
def test_each_spoilt_field_is_a_problem(keys, value):
    assert wire_rules.problems(spoilt(keys, value)) != []
