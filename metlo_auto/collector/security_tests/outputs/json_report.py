"""The result as one JSON object, in the shape that docs/security-tests.md gives."""

from __future__ import annotations

from typing import Any

from metlo_auto.collector.security_tests.results import Result


def as_json(result: Result) -> dict[str, Any]:
    found = {
        "run": result.run,
        "target": result.target,
        "seed": result.seed,
        "started_at": result.started_at,
        "seconds": round(result.seconds, 1),
        "tested": result.tested,
        "requests": result.requests,
        "findings": [finding._asdict() for finding in result.findings],
        "accepted": [{**finding._asdict(), "reason": reason} for finding, reason in result.accepted],
        "skipped": [skip._asdict() for skip in result.skipped],
        "checked": [checked._asdict() for checked in result.checked],
    }
    if result.stopped:
        found["stopped"] = result.stopped
    return found
