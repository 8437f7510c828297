"""Operators of document databases in the place of a value."""

from __future__ import annotations

import json
from typing import Any, Optional

from metlo_auto.collector.security_tests.compare import is_refusal, is_same, reading
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.inputs import Input, with_leaf
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Kind
from metlo_auto.collector.security_tests.values import Exchange, Request

KIND = Kind(
    "nosqli", "NoSQL injection", "API8:2023 Security Misconfiguration", "CWE-943",
    "Take text for text: refuse objects where a value is wanted.",
)  # fmt: skip


def _widened(probe: Probe, given: Input) -> Optional[Hit]:
    """The response to `$ne`, where it has more than that to an unknown operator, twice."""
    if probe.base is None or given.where not in ("query", "form", "json"):
        return None
    for _ in range(2):
        word = probe.word()
        wide = probe.send(_with_operator(given, "$ne", word))
        if is_refusal(wide.answer) or not wide.answer.is_success:
            return None
        unknown = probe.send(_with_operator(given, "$" + word, word))
        if _size(unknown) >= _size(wide):
            return None
        volatile = probe.base.volatile
        if is_same(reading(wide.answer, volatile, [word]), reading(unknown.answer, volatile, [word])):
            return None
    nothing = probe.send(_with_operator(given, "$eq", probe.word()))
    if _size(nothing) >= _size(wide):
        return None
    return Hit(wide, f"The operator $ne in {given.place} finds what no value finds; an unknown operator does not.")


def _size(exchange: Exchange) -> int:
    return (
        len(content_of(exchange.answer).leaves) if exchange.answer.is_success and not is_refusal(exchange.answer) else 0
    )


def _with_operator(given: Input, operator: str, value: str) -> Request:
    request = given.request
    if given.where == "query":
        pairs = tuple((f"{n}[{operator}]", value) if n == given.name else (n, v) for n, v in request.query)
        return request._replace(query=pairs)
    if given.where == "form":
        return request._replace(body=request.body.replace(given.name + "=", f"{given.name}[{operator}]=", 1))
    changed: Any = with_leaf(json.loads(request.body), given.name, {operator: value})
    return request._replace(body=json.dumps(changed))


run = through_inputs(KIND, "An operator in the {} is obeyed", _widened)
