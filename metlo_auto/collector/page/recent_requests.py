"""The kept requests as pages read them, newest first; knows no page."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from metlo_auto.collector.ingest.transport import parse
from metlo_auto.collector.store.schema import samples


class Sample(NamedTuple):
    """A request of the ring; `number` is its place there."""

    number: int
    endpoint_id: Optional[str]
    at: float
    trace: dict[str, Any]

    @property
    def method(self) -> str:
        return str(self.trace["request"]["method"])

    @property
    def path(self) -> str:
        return str(self.trace["request"]["url"]["path"])

    @property
    def status(self) -> int:
        return int(self.trace["response"]["status"])

    @property
    def milliseconds(self) -> Optional[float]:
        meta = self.trace.get("meta")
        found = meta.get("durationMs") if isinstance(meta, dict) else None
        return float(found) if isinstance(found, (int, float)) and found >= 0 else None


_SAMPLE = (samples.c.id, samples.c.endpoint_id, samples.c.at, samples.c.body)


def latest(
    connection: Connection,
    limit: int,
    *,
    of: Optional[Sequence[str]] = None,
    status: Optional[int] = None,
    method: str = "",
    before: Optional[int] = None,
) -> list[Sample]:
    """The samples that came in last, by when they began; `status` is a class, 5 for 500 to 599; `before` a number."""
    asked = select(*_SAMPLE)
    if of is not None:
        asked = asked.where(samples.c.endpoint_id.in_(of))
    if status is not None:
        asked = asked.where(samples.c.status >= status * 100, samples.c.status < status * 100 + 100)
    if method:
        asked = asked.where(samples.c.method == method)
    if before is not None:
        asked = asked.where(samples.c.id < before)
    found = connection.execute(asked.order_by(samples.c.id.desc()).limit(limit))
    listed = [Sample(row.id, row.endpoint_id, row.at, parse(bytes(row.body))) for row in found]
    return sorted(listed, key=lambda item: (item.at, item.number), reverse=True)  # senders come in no order


def sample(connection: Connection, number: int) -> Optional[Sample]:
    """One sample; None where the ring has moved past it."""
    row = connection.execute(select(*_SAMPLE).where(samples.c.id == number)).one_or_none()
    return None if row is None else Sample(row.id, row.endpoint_id, row.at, parse(bytes(row.body)))
