"""What the store knows of an endpoint and of a kept trace; plain values, the same however they are read."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional


class Endpoint(NamedTuple):
    id: str
    host: str  # the first of `hosts`
    method: str
    template: str
    declared: bool
    calls: int
    errors: int  # status 500 and above
    client_errors: int
    authenticated: int
    first_seen: float
    last_seen: float
    service: str = ""
    hosts: tuple[str, ...] = ()  # that it was called under, the most used first; `*` for those beyond a few


class KeptTrace(NamedTuple):
    id: int
    endpoint_id: Optional[str]
    at: float
    trace: dict[str, Any]


def by_calls(counts: dict[str, int]) -> tuple[str, ...]:
    """Hosts, the most used first."""
    return tuple(sorted(counts, key=lambda host: (-counts[host], host)))
