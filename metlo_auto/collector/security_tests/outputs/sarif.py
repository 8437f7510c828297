"""The result as SARIF 2.1.0 for code scanning: the views' files in the repository, and stable fingerprints."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from metlo_auto.collector.security_tests.kinds import KINDS
from metlo_auto.collector.security_tests.results import Finding, Result
from metlo_auto.version import VERSION

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"high": "error", "medium": "warning", "low": "note"}
_SCORES = {"high": "8.0", "medium": "5.0", "low": "2.0"}


def as_sarif(result: Result) -> dict[str, Any]:
    found = [_result(finding) for finding in result.findings]
    for finding, reason in result.accepted:
        found.append({**_result(finding), "suppressions": [{"kind": "external", "justification": reason}]})
    # code scanning refuses a whole file for one result without a place in the repository
    placed = [item for item in found if item["locations"]]
    others = [_notification(item) for item in found if not item["locations"]]
    driver = {
        "name": "metlo-collector",
        "version": VERSION,
        "rules": [_rule(name) for name in KINDS],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "metlo-security-tests/"},
        "invocations": [{"executionSuccessful": not result.stopped, "toolExecutionNotifications": others}],
        "results": placed,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> dict[str, Any]:
    kind = KINDS[name].kind
    return {
        "id": f"metlo/{name}",
        "name": kind.title.title().replace(" ", ""),
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": f"{kind.title}. {kind.owasp}, {kind.cwe}."},
        "help": {"text": kind.advice},
        "properties": {"tags": ["security", kind.cwe, kind.owasp.partition(" ")[0]]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    text = f"{finding.title}: {finding.method} {finding.route}. {finding.evidence}"
    return {
        "ruleId": f"metlo/{finding.kind}",
        "ruleIndex": list(KINDS).index(finding.kind),
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": _locations(finding),
        "partialFingerprints": {"metloFindingId/v1": finding.id},
        "properties": {"security-severity": _SCORES[finding.severity], "service": finding.service},
    }


def _notification(found: dict[str, Any]) -> dict[str, Any]:
    """A finding whose view's file is not one of the repository."""
    return {"level": found["level"], "message": found["message"], "associatedRule": {"id": found["ruleId"]}}


def _locations(finding: Finding) -> list[dict[str, Any]]:
    """None where the view's file is not known or lies outside of the repository."""
    file = finding.file.replace("\\", "/")
    if not file or file.startswith(("/", "..")) or ":" in file:
        return []
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"}}
    place["region"] = {"startLine": max(1, finding.line)}
    return [{"physicalLocation": place, "logicalLocations": [{"name": f"{finding.method} {finding.route}"}]}]
