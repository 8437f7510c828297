"""`--write DIR`: what a run would test, as Metlo test files: without credentials, and as somebody who may not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Optional

import yaml

from metlo_auto.collector.security_tests.inputs import Input, inputs_of
from metlo_auto.collector.security_tests.plan import Plan
from metlo_auto.collector.security_tests.targets import Sample, Target
from metlo_auto.collector.security_tests.values import ANONYMOUS, Origin, Request

_PAYLOADS = {"sqli": "SQLI", "xss": "XSS"}


def write_tests(plan: Plan, folder: Path, origin: Origin) -> int:
    """How many files were written; raises OSError. Credentials become variables."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for target, kinds in plan.tasks:
        sample = next((s for s in target.samples if not s.missing and s.answer.is_success), None)
        if sample is None:
            continue
        for kind in kinds:
            document = _document(target, sample, kind, origin)
            if document is not None:
                path = folder / f"{document['id']}.yaml"
                path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "utf-8")
                written += 1
    return written


def _document(target: Target, sample: Sample, kind: str, origin: Origin) -> Optional["dict[str, Any]"]:
    steps = _steps(target, sample, kind)
    if not steps:
        return None
    return {
        "id": re.sub(r"[^a-z0-9]+", "-", f"{kind} {target.name}".lower()).strip("-")[:100],
        "meta": {"name": f"{kind} {target.name}", "severity": "HIGH", "tags": [kind]},
        "env": [{"name": "BASE_URL", "value": origin.url}],
        "test": steps,
    }


def _steps(target: Target, sample: Sample, kind: str) -> "list[dict[str, Any]]":
    request = sample.request
    if kind == "auth" and sample.caller != ANONYMOUS and not target.is_public:
        return [{"request": _request(request), "assert": ["resp.status >= 300"]}]
    if (
        kind == "bola"
        and sample.caller != ANONYMOUS
        and any(i.where in ("path", "query") for i in inputs_of(request, target.route))
    ):
        stranger = {"name": "Authorization", "value": "{{STRANGER}}"}
        asked = _request(request)
        return [
            {"request": {**asked, "headers": [*asked.get("headers", []), stranger]}, "assert": ["resp.status >= 400"]}
        ]
    if kind in _PAYLOADS:
        return [_with_payload(item, kind) for item in inputs_of(request, target.route) if item.where == "query"]
    return []


def _with_payload(given: Input, kind: str) -> "dict[str, Any]":
    check = "resp.status < 500" if kind == "sqli" else "!resp.body.includes('onload=alert(1)')"
    return {
        "request": _request(given.sent("{{PAYLOAD}}")),
        "payload": [{"key": "PAYLOAD", "value": _PAYLOADS[kind]}],
        "assert": [check],
    }


def _request(request: Request) -> "dict[str, Any]":
    found: dict[str, Any] = {"method": request.method, "url": "{{BASE_URL}}" + request.path}
    if request.query:
        found["query"] = [{"name": name, "value": value} for name, value in request.query]
    if request.headers:
        found["headers"] = [{"name": name, "value": value} for name, value in request.headers]
    if request.body:
        found["data"] = request.body
    return found
