"""Traces for property tests: few routes, names and values, so that much repeats."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.collector.collector_support import trace

_LEAVES = (
    st.sampled_from(
        [None, True, 7, 2.5, "paid", "open", "Ada", "ada@example.com", "4111 1111 1111 1111", "2026-11-03", "1", "x y", ""]
    )
    | st.integers(0, 10**6)
    | st.text("abcde\u00e9\0", max_size=4)
)
_NAMES = st.sampled_from(["id", "status", "email", "name", "password", "token", "items", "1", "a@b.example", "[]"])
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=8
)


@st.composite
def traces(draw: st.DrawFn) -> Any:
    number = draw(st.integers(0, 3))
    route = draw(st.sampled_from(["/things/{id}", "/things/{id}/parts", None]))
    path = (route or "/other/{id}").replace("{id}", str(number))
    more: dict[str, Any] = {"route": route} if route else {}
    if draw(st.booleans()):
        more["request_headers"] = [{"name": "Authorization", "value": "Bearer redacted-abcdefghijkl"}]
    if draw(st.booleans()):
        more["parameters"] = [{"name": draw(_NAMES), "value": str(draw(_LEAVES))}]
    if draw(st.booleans()):
        more["meta"] = {"service": draw(st.sampled_from(["shop", "search"])), "durationMs": draw(st.integers(0, 900))}
    body = draw(_VALUES)
    made = trace(
        path,
        draw(st.sampled_from(["GET", "POST", "DELETE"])),
        draw(st.sampled_from([200, 200, 201, 302, 400, 404, 500])),
        host=draw(st.sampled_from(["shop.example", "127.0.0.1", "SHOP.example"])),
        request_body=json.dumps(draw(_VALUES)) if draw(st.booleans()) else "",
        response_body=json.dumps(body),
        trace_id=str(draw(st.integers(0, 99))),
        **more,
    )
    if draw(st.integers(0, 9)) == 0:
        made["response"]["status"] = "none"  # is rejected
    return made
