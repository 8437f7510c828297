"""The result as SARIF 2.1.0 for code scanning: the views' files in the repository, and stable fingerprints."""

from __future__ import annotations

from typing import Any

from metlo_auto.collector.inventory import sarif
from metlo_auto.collector.security_tests.kinds import KINDS
from metlo_auto.collector.security_tests.results import Finding, Result
from metlo_auto.version import VERSION

_LEVELS = {"high": "error", "medium": "warning", "low": "note"}
_SCORES = {"high": "8.0", "medium": "5.0", "low": "2.0"}


def as_sarif(result: Result) -> dict[str, Any]:
    found = [_result(finding) for finding in result.findings]
    for finding, reason in result.accepted:
        found.append({**_result(finding), "suppressions": [{"kind": "external", "justification": reason}]})
    driver = {
        "name": "metlo-collector",
        "version": VERSION,
        "rules": [_rule(name) for name in KINDS],
    }
    return sarif.run(driver, "metlo-security-tests/", found, is_complete=not result.stopped)


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
        "locations": sarif.locations(finding.file, finding.line, f"{finding.method} {finding.route}"),
        "partialFingerprints": {"metloFindingId/v1": finding.id},
        "properties": {"security-severity": _SCORES[finding.severity], "service": finding.service},
    }
