"""Findings as text for people and as JSON for machines; pure."""

import json
from typing import Any, Dict, List, Sequence

from metlo_auto.doctor.configuration import Row
from metlo_auto.doctor.finding import FAILED, OK, WARNING, Finding

SIGNS = {OK: "ok  ", WARNING: "note", FAILED: "FAIL"}


def good(findings: Sequence[Finding]) -> bool:
    """Whether traces will arrive, as far as was seen."""
    return all(finding.status != FAILED for finding in findings)


def as_text(version: str, rows: Sequence[Row], findings: Sequence[Finding]) -> str:
    """Lines for people: settings that were given, then one line for each finding and one for what to do."""
    lines = ["metlo-auto %s" % version, ""]
    given = [row for row in rows if row.source != "default"]
    width = max([len(row.name) for row in rows] or [0])
    lines += ["  %-*s  %s  (%s)" % (width, row.name, row.value, row.source) for row in given]
    if rows:
        lines += ["  all others have their defaults", ""]
    for finding in findings:
        lines += _lines(finding)
    lines += ["", _last(findings)]
    return "\n".join(lines) + "\n"


def _lines(finding: Finding) -> List[str]:
    took = "" if finding.seconds is None else " (%.0f ms)" % (finding.seconds * 1000)
    lines = ["%s  %s%s" % (SIGNS[finding.status], _flat(finding.said), took)]
    if finding.fix:
        lines.append("      -> " + _flat(finding.fix))
    return lines


def _last(findings: Sequence[Finding]) -> str:
    failed = sum(finding.status == FAILED for finding in findings)
    if not failed and any(finding.check == "app" and finding.status == OK for finding in findings):
        return "Traces will arrive."
    if not failed:
        return "Nothing that was checked keeps traces from arriving; the app itself was not checked."
    return "Traces will not arrive: %d thing%s to fix." % (failed, "" if failed == 1 else "s")


def as_json(version: str, rows: Sequence[Row], findings: Sequence[Finding]) -> str:
    """`{"ok", "version", "settings": {name: {value, source}}, "findings": [{check, status, said, fix, seconds}]}`."""
    document = {
        "ok": good(findings),
        "version": version,
        "settings": {row.name: {"value": row.value, "source": row.source} for row in rows},
        "findings": [_object(finding) for finding in findings],
    }  # type: Dict[str, Any]
    return json.dumps(document, indent=2) + "\n"


def _object(finding: Finding) -> Dict[str, Any]:
    seconds = None if finding.seconds is None else round(finding.seconds, 4)
    return dict(finding._asdict(), seconds=seconds)


def _flat(text: str) -> str:
    return " ".join(text.split())
