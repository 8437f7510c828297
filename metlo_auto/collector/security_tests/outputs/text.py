"""The result for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from typing import Iterator

from metlo_auto.collector.inventory.counted import counted
from metlo_auto.collector.security_tests.evidence import one_line
from metlo_auto.collector.security_tests.results import Finding, Result

MOST_REASONS = 12


def as_text(result: Result) -> Iterator[str]:
    """Lines."""
    for finding in result.findings:
        yield from _finding(finding)
    counts = Counter(finding.severity for finding in result.findings)
    found = ", ".join(f"{counts[severity]} {severity}" for severity in ("high", "medium", "low") if counts[severity])
    tested, requests = counted(result.tested, "endpoint"), counted(result.requests, "request")
    yield f"{tested} tested with {requests} in {result.seconds:.0f} s: {found or 'nothing found'}"
    if result.accepted:
        yield f"not counted, since accepted: {counted(len(result.accepted), 'finding')}"
    if result.stopped:
        yield f"the run ended early: {result.stopped}"
    yield from _skipped(result)


def _finding(finding: Finding) -> Iterator[str]:
    place = f"  {finding.file}:{finding.line}" if finding.file else ""
    yield f"{finding.severity.upper():6} {finding.kind:9} {one_line(f'{finding.method} {finding.route}', 100)}{place}"
    yield f"       {one_line(finding.title, 160)}. {one_line(finding.evidence, 300)}"
    yield f"       id {finding.id}, as {finding.identity}"


def _skipped(result: Result) -> Iterator[str]:
    """How many were not tested, by reason."""
    if not result.skipped:
        return
    yield f"not tested: {len(result.skipped)}"
    reasons: dict[str, list[str]] = {}
    for skip in result.skipped:
        what = f"{skip.method} {skip.route}" + ("" if skip.kind == "all" else f" ({skip.kind})")
        reasons.setdefault(skip.reason, []).append(what)
    for reason, places in sorted(reasons.items(), key=lambda pair: -len(pair[1]))[:MOST_REASONS]:
        yield f"  {len(places):3} {one_line(reason, 100)}: {one_line(', '.join(places), 160)}"
