"""Findings of traffic for code scanning (SARIF 2.1.0) and for programs that read JUnit's XML; pure."""

from __future__ import annotations

import hashlib
from typing import Any, Sequence
from xml.etree import ElementTree

from metlo_auto.collector.analysis.analysis_state import OTHERS
from metlo_auto.collector.inventory import sarif
from metlo_auto.collector.inventory.counted import counted
from metlo_auto.collector.inventory.findings import KINDS, Finding
from metlo_auto.version import VERSION

_LEVELS = {"high": "error", "medium": "warning", "low": "note", "news": "note"}


def as_sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """One run; locations are the views' files, relative to the repository."""
    names = list(KINDS)
    driver = {"name": "metlo-collector", "version": VERSION, "rules": [_rule(name) for name in names]}
    results = [_result(finding, names) for finding in findings]
    return sarif.run(driver, "metlo-traffic/", results)


def _rule(name: str) -> dict[str, Any]:
    kind = KINDS[name]
    return {
        "id": f"metlo/{name}",
        "shortDescription": {"text": kind.title},
        "help": {"text": kind.advice},
        "properties": {"tags": ["security"]},
    }


def _result(finding: Finding, names: list[str]) -> dict[str, Any]:
    endpoint = finding.endpoint
    text = f"{finding.kind.title}: {endpoint.method} {endpoint.template}. {finding.detail} {finding.evidence}".strip()
    return {
        "ruleId": f"metlo/{finding.kind.name}",
        "ruleIndex": names.index(finding.kind.name),
        "level": _LEVELS[finding.kind.severity],
        "message": {"text": text},
        "locations": sarif.locations(finding.route.file, finding.route.line) if finding.route else [],
        "partialFingerprints": {"metloFindingId/v1": fingerprint(finding)},
        "properties": {"service": endpoint.service},
    }


def fingerprint(finding: Finding) -> str:
    """The same for the same finding on whatever host and port a run had; 16 hex digits."""
    endpoint = finding.endpoint
    subject = finding.key.split("/", 2)[2]
    parts = [finding.kind.name, endpoint.method, endpoint.template, subject]
    if endpoint.service not in (*map(str.lower, endpoint.hosts), OTHERS):  # a host is no name: its port changes
        parts.append(endpoint.service)
    text = "\n".join(parts)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def as_junit(findings: Sequence[Finding], endpoints: int) -> str:
    """A test case for each finding; one that passes where there is none."""
    suite = ElementTree.Element("testsuite", name="metlo findings of traffic", errors="0", skipped="0")
    several = len({finding.endpoint.service for finding in findings}) > 1
    for finding in findings:
        endpoint = finding.endpoint
        name = _text(f"{endpoint.method} {endpoint.template}" + (f" of {endpoint.service}" if several else ""))
        case = ElementTree.SubElement(suite, "testcase", classname=f"traffic.{finding.kind.name}", name=name, time="0")
        said = _text(f"{finding.kind.severity}: {finding.kind.title}. {finding.detail}")
        failure = ElementTree.SubElement(case, "failure", type=finding.kind.name, message=said)
        place = f"{finding.route.file}:{finding.route.line}\n" if finding.route and finding.route.file else ""
        failure.text = _text(f"{place}{finding.evidence}\n{finding.kind.advice}")
    if not findings:
        ElementTree.SubElement(suite, "testcase", classname="traffic", name=counted(endpoints, "endpoint"), time="0")
    suite.set("tests", str(len(findings) or 1))
    suite.set("failures", str(len(findings)))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _text(text: str) -> str:
    """Without the characters that XML does not allow."""
    return "".join(c if c in "\n\t" or c >= " " and c not in "\ufffe\uffff" else " " for c in text)
