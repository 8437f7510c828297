"""GraphQL: introspection, suggestions of fields, and queries without a bound of depth."""

from __future__ import annotations

import json
import re
from typing import Iterator, Optional

from metlo_auto.collector.security_tests.content import parsed_json
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import Answer, Request

KIND = Kind(
    "graphql", "GraphQL", "API8:2023 Security Misconfiguration", "CWE-200",
    "Switch introspection and suggestions off in production, and bound the depth of queries.",
)  # fmt: skip
_QUERY = re.compile(r"^\s*(query|mutation|subscription)?\s*\w*\s*(\([^)]*\))?\s*\{")
INTROSPECTION = "{__schema{queryType{name} types{name fields{name}}}}"
DEEP = "{__schema{types{fields{type{fields{type{fields{type{fields{type{fields{type{fields{name}}}}}}}}}}}}}}"


def run(probe: Probe) -> Iterator[Claim]:
    base = probe.base
    if base is None or _asked(base.request, "{__typename}") is None:
        return
    test = probe.send(_asked(base.request, INTROSPECTION) or base.request)
    schema = _schema(test.answer)
    if schema:
        evidence = f"Introspection names {schema} types."
        yield Claim("The schema is given to callers", "low", evidence, test, base.exchange, "introspection")
        deep = probe.send(_asked(base.request, DEEP) or base.request)
        if deep.answer.is_success and '"errors"' not in deep.answer.body and _schema(deep.answer):
            evidence = "A query of twelve levels is answered."
            yield Claim("Queries may be as deep as one likes", "low", evidence, deep, base.exchange, "depth")
    wrong = probe.send(_asked(base.request, "{__typenam}") or base.request)
    if re.search(r"Did you mean", wrong.answer.body):
        evidence = "A wrong name of a field is answered with the right one."
        yield Claim("Errors suggest names of fields", "low", evidence, wrong, base.exchange, "suggestions")


def _asked(request: Request, query: str) -> Optional[Request]:
    """The request with another query; None where it is no GraphQL."""
    pairs = dict(request.query)
    if _QUERY.match(pairs.get("query", "")):
        return request._replace(query=(("query", query),))
    sent = parsed_json(request.body.lstrip())
    if isinstance(sent, dict) and isinstance(sent.get("query"), str) and _QUERY.match(sent["query"]):
        return request._replace(body=json.dumps({"query": query}))
    return None


def _schema(answer: Answer) -> int:
    """How many types a schema in the response has."""
    value = parsed_json(answer.body.lstrip())
    data = value.get("data") if isinstance(value, dict) else None
    schema = data.get("__schema") if isinstance(data, dict) else None
    types = schema.get("types") if isinstance(schema, dict) else None
    return len(types) if isinstance(types, list) else 0
