"""What a run found and what it did not test; plain values, the same for all outputs."""

from __future__ import annotations

import hashlib
from typing import Any, Container, NamedTuple, Optional, Sequence

from metlo_auto.collector.security_tests.values import Exchange

RANK = {"high": 0, "medium": 1, "low": 2}


class Kind(NamedTuple):
    """What is known of a kind without running it. `owasp`: class of the API Security Top 10 of 2023."""

    name: str
    title: str
    owasp: str
    cwe: str
    advice: str
    is_optional: bool = False  # runs only where --only names it
    is_alone: bool = False  # on one endpoint at a time: two may write the same object, and read back what the other set


class Claim(NamedTuple):
    """What a kind says of an endpoint. `variant` tells findings of one kind and endpoint apart, the same every run."""

    title: str
    severity: str
    evidence: str
    test: Exchange
    baseline: Optional[Exchange] = None
    variant: str = ""


class Skip(NamedTuple):
    method: str
    route: str
    kind: str
    reason: str


def folded(skips: Sequence[Skip], reasons: Container[str]) -> list[Skip]:
    """One entry for all endpoints that a kind was not run on for one of `reasons`; its route says how many."""
    places: dict[Skip, list[Skip]] = {}
    for skip in skips:
        of_all = skip.kind != "all" and skip.reason in reasons
        places.setdefault(Skip("", "", skip.kind, skip.reason) if of_all else skip, []).append(skip)
    found = []
    for whole, parts in places.items():
        methods = {part.method for part in parts}
        several = whole._replace(method=methods.pop() if len(methods) == 1 else "*", route=f"{len(parts)} endpoints")
        found.append(several if len(parts) > 1 else parts[0])
    return found


class Finding(NamedTuple):
    """A claim with all that reports need. `baseline` and `test` are exchanges as reports show them."""

    id: str
    kind: str
    severity: str
    owasp: str
    cwe: str
    method: str
    route: str
    service: str
    file: str
    line: int
    identity: str
    title: str
    evidence: str
    baseline: Optional[dict[str, Any]]
    test: dict[str, Any]
    advice: str


class Checked(NamedTuple):
    """A kind was run on an endpoint."""

    method: str
    route: str
    kind: str


class Result(NamedTuple):
    """One run. `accepted`: findings that the baseline or the configuration accepts, with the reason."""

    run: str
    target: str
    seed: int
    started_at: float
    seconds: float
    tested: int
    requests: int
    findings: tuple[Finding, ...]
    skipped: tuple[Skip, ...]
    checked: tuple[Checked, ...]
    accepted: tuple[tuple[Finding, str], ...] = ()
    stopped: str = ""  # why the run ended early


def fingerprint(kind: str, service: str, method: str, route: str, variant: str) -> str:
    """The same for the same finding in every run; 16 hex digits."""
    text = "\n".join((kind, service, method, route, variant))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
