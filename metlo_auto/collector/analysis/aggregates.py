"""What some batches add to the store: sums, minima, maxima and unions, which merge in any order and can be pickled."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple, Optional

from metlo_auto.collector.analysis.facts import Key
from metlo_auto.collector.analysis.sibling_folding import Fold
from metlo_auto.collector.analysis.test_marks import RunTrace
from metlo_auto.collector.store.text import storable

MOST_SET_ASIDE = 65_536  # bytes kept of a trace that cannot be analysed
_SUMS = ("calls", "errors", "client_errors", "authenticated")
_MAXIMA = ("declared", "confirmed", "last_seen")


class Sample(NamedTuple):
    """A trace as it is kept in the ring."""

    endpoint_id: Optional[str]
    at: float
    trace_id: str
    method: str
    status: int
    body: bytes
    service: str
    host: str


class SetAside(NamedTuple):
    at: float
    reason: str
    body: bytes


class Aggregates:
    """Counts of some traces. Nothing in it depends on what the store holds."""

    def __init__(self) -> None:
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.hosts: dict[tuple[str, str], int] = {}  # calls by endpoint and host
        self.traffic: dict[tuple[str, int, int], list[int]] = {}  # calls, errors by endpoint, hour, bucket
        self.facts: dict[tuple[Key, str, str], int] = {}
        self.shapes: dict[str, set[frozenset[str]]] = {}  # of the responses of endpoints that no agent named
        self.folds: list[Fold] = []
        self.samples: list[Sample] = []
        self.set_aside: list[SetAside] = []
        self.tests: list[RunTrace] = []
        self.counts: dict[str, int] = {}

    def merge(self, other: "Aggregates") -> None:
        """Add what `other` has, which is of no use afterwards."""
        for row in other.endpoints.values():
            self.add_endpoint(row)
        _add_all(self.hosts, other.hosts)
        _add_all(self.facts, other.facts)
        _add_all(self.counts, other.counts)
        for key, (calls, errors) in other.traffic.items():
            self.add_traffic(key, calls, errors)
        for name, shapes in other.shapes.items():
            self.shapes.setdefault(name, set()).update(shapes)
        self.folds += other.folds
        self.samples += other.samples
        self.set_aside += other.set_aside
        self.tests += other.tests

    def add_endpoint(self, row: dict[str, Any]) -> None:
        known = self.endpoints.setdefault(row["id"], row)
        if known is row:
            return
        for name in _SUMS:
            known[name] += row[name]
        for name in _MAXIMA:
            known[name] = max(known[name], row[name])
        known["first_seen"] = min(known["first_seen"], row["first_seen"])

    def add_traffic(self, key: tuple[str, int, int], calls: int, errors: int) -> None:
        counts = self.traffic.get(key)
        if counts is None:
            self.traffic[key] = [calls, errors]
        else:
            counts[0] += calls
            counts[1] += errors

    def count(self, name: str, n: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + n

    def reject(self, at: float, traces: int, reason: str, body: bytes) -> None:
        """Count `traces` as rejected and keep one entry of them, `body`, with the reason."""
        self.count("set_aside_traces", traces)
        self.set_aside.append(SetAside(at, storable(reason), body[:MOST_SET_ASIDE]))


def _add_all(counts: dict[Any, int], others: dict[Any, int]) -> None:
    if not counts:
        counts.update(others)
        return
    for key, n in others.items():
        counts[key] = counts.get(key, 0) + n


def merged(parts: Iterable[Aggregates]) -> Aggregates:
    """All of `parts` as one."""
    result = Aggregates()
    for part in parts:
        result.merge(part)
    return result
