"""What a run of batches adds to the store, as values that merge in any order; pure, knows no SQL."""

from __future__ import annotations

import json
from typing import Any, Callable, NamedTuple, Optional, Sequence

from metlo_auto.collector import contract, transport
from metlo_auto.collector.folding import fold
from metlo_auto.collector.inbox import Filed
from metlo_auto.collector.observation import Observation, endpoint_id, observe

try:
    import orjson
except ImportError:  # the extra `speed`
    orjson = None  # type: ignore[assignment]

_NO_ENDPOINT = (404, 405)
MOST_SET_ASIDE = 65_536  # bytes kept of a trace that cannot be analysed


class Sample(NamedTuple):
    """A trace as it is kept in the ring."""

    endpoint_id: Optional[str]
    at: float
    trace_id: str
    method: str
    status: int
    body: bytes


class SetAside(NamedTuple):
    at: float
    reason: str
    body: bytes


class Harvest:
    """Sums, minima, maxima and unions over the traces of some batches."""

    def __init__(self, crowds: Callable[[str, str, str], str] = lambda method, host, template: template) -> None:
        self._crowds = crowds
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.samples: list[Sample] = []
        self.set_aside: list[SetAside] = []
        self.counts: dict[str, int] = {}

    def add_batch(self, batch: Filed) -> None:
        """Take in the traces of `batch`; one that cannot be analysed is set aside and the others are not."""
        try:
            value = transport.parse(batch.body)
        except transport.Refused as refused:  # stored by an older version, or damaged
            self._put_aside(batch.received_at, refused.text, batch.body)
            return
        traces = value if isinstance(value, list) else [value]
        for trace in traces[: batch.traces]:
            self._add(trace, batch.received_at)

    def _add(self, trace: Any, received_at: float) -> None:
        reason = contract.complaint(trace)
        if reason is None:
            try:
                self._add_observation(observe(trace, received_at))
                self._count("applied_traces")
                return
            except Exception as error:  # noqa: BLE001  # hostile input: one trace must not cost the others
                reason = f"analysis failed: {type(error).__name__}: {error}"
        self._put_aside(received_at, reason, dump(trace))

    def _add_observation(self, seen: Observation) -> None:
        found = self._endpoint(seen)
        self.samples.append(Sample(found, seen.at, seen.trace_id, seen.method, seen.status, dump(seen.trace)))

    def _endpoint(self, seen: Observation) -> Optional[str]:
        """Count `seen` with its endpoint, whose id is returned; None where a 404 or 405 matched no route."""
        confirmed = seen.status not in _NO_ENDPOINT
        if seen.template is None and not confirmed:
            self._count("unmatched_traces")
            return None
        template = seen.template or self._crowds(seen.method, seen.host, fold(seen.path))
        name = endpoint_id(seen.method, seen.host, template)
        row = self.endpoints.get(name)
        if row is None:
            row = self.endpoints[name] = {
                "id": name,
                "host": seen.host,
                "method": seen.method,
                "template": template,
                "declared": int(seen.template is not None),
                "confirmed": 0,
                "calls": 0,
                "errors": 0,
                "client_errors": 0,
                "authenticated": 0,
                "first_seen": seen.at,
                "last_seen": seen.at,
            }
        row["calls"] += 1
        row["confirmed"] |= confirmed
        row["errors"] += seen.status >= 500
        row["client_errors"] += 400 <= seen.status < 500
        row["authenticated"] += seen.authenticated
        row["first_seen"] = min(row["first_seen"], seen.at)
        row["last_seen"] = max(row["last_seen"], seen.at)
        return name

    def _put_aside(self, at: float, reason: str, body: bytes) -> None:
        self._count("set_aside_traces")
        self.set_aside.append(SetAside(at, reason, body[:MOST_SET_ASIDE]))

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def harvest(batches: Sequence[Filed], crowds: Callable[[str, str, str], str]) -> Harvest:
    """Everything that `batches` add."""
    result = Harvest(crowds)
    for batch in batches:
        result.add_batch(batch)
    return result


def dump(value: Any) -> bytes:
    """JSON in UTF-8; lone surrogates stay escaped."""
    if orjson is not None:
        try:
            return orjson.dumps(value)
        except (TypeError, ValueError):
            pass  # lone surrogates and integers over 64 bits
    return json.dumps(value, separators=(",", ":")).encode("ascii")
