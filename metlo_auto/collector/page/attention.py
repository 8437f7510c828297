"""The few things that the first page asks a person to look at; pure."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from metlo_auto.collector.inventory.findings import Finding, suggestions


class Call(NamedTuple):
    """Findings of one kind on one endpoint, as one line. `more` counts those that `first` stands for."""

    first: Finding
    more: int


def calls(findings: Sequence[Finding], most: int) -> list[Call]:
    """At most `most` lines, the most severe first."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in suggestions(findings, len(findings)):
        grouped.setdefault((finding.kind.name, finding.endpoint.id), []).append(finding)
    return [Call(members[0], len(members) - 1) for members in grouped.values()][:most]
