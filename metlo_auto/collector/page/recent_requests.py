"""The kept requests as pages read them, newest first; knows no page."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, Optional, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.observation import duration_of, has_template_as_path, real_path
from metlo_auto.collector.ingest.transport import parse
from metlo_auto.collector.inventory.masked_trace import route_of
from metlo_auto.collector.store.schema import samples


class Sample(NamedTuple):
    """A request of the ring; `number` is its place there."""

    number: int
    endpoint_id: Optional[str]
    at: float
    trace: dict[str, Any]
    service: str = ""

    @property
    def method(self) -> str:
        return str(self.trace["request"]["method"])

    @property
    def path(self) -> str:
        return real_path(self.trace)

    @property
    def route(self) -> str:
        return route_of(self.trace)

    @property
    def path_is_unknown(self) -> bool:
        """Whether only the route is known: the first request of a route, told by an agent of before."""
        return has_template_as_path(self.trace) and self.path == self.trace["request"]["url"]["path"]

    @property
    def status(self) -> int:
        return int(self.trace["response"]["status"])

    @property
    def milliseconds(self) -> Optional[float]:
        meta = self.trace.get("meta")
        return duration_of(meta.get("durationMs")) if isinstance(meta, dict) else None


_SAMPLE = (samples.c.id, samples.c.endpoint_id, samples.c.at, samples.c.body, samples.c.service)
_LISTED = (
    samples.c.id,
    samples.c.endpoint_id,
    samples.c.at,
    samples.c.method,
    samples.c.status,
    samples.c.size,
    samples.c.service,
)
MOST_BYTES = 2_000_000  # of all requests of a list; of those that are larger the beginning is read
_BEGINNING = 4_000
_PATH = re.compile(rb'"path":\s{0,9}("(?:[^"\\]|\\.){0,3000}")')


def latest(
    connection: Connection,
    limit: int,
    *,
    of: Optional[Sequence[str]] = None,
    where: Sequence[ColumnElement[bool]] = (),
    before: Optional[int] = None,
) -> list[Sample]:
    """The samples that came in last, by when they began; `of`: of these endpoints; `before`: a number."""
    asked = select(*_LISTED).where(*where)
    if of is not None:
        asked = asked.where(samples.c.endpoint_id.in_(of))
    if before is not None:
        asked = asked.where(samples.c.id < before)
    found = connection.execute(asked.order_by(samples.c.id.desc()).limit(limit))
    listed = _read(connection, found.all())
    return sorted(listed, key=lambda item: (item.at, item.number), reverse=True)  # senders come in no order


def _read(connection: Connection, rows: Sequence[Any]) -> list[Sample]:
    """The rows with their traces, as far as `MOST_BYTES` go."""
    left = MOST_BYTES
    whole: list[int] = []
    for row in sorted(rows, key=lambda row: int(row.size)):
        left -= row.size
        if left < 0:
            break
        whole.append(row.id)
    bodies = _by_number(connection, samples.c.body, whole)
    rest = [row.id for row in rows if row.id not in bodies]
    starts = _by_number(connection, func.substr(samples.c.body, 1, _BEGINNING), rest) if rest else {}
    return [
        Sample(
            row.id,
            row.endpoint_id,
            row.at,
            parse(bodies[row.id]) if row.id in bodies else _outline(row, starts),
            row.service,
        )
        for row in rows
    ]


def _by_number(connection: Connection, column: Any, numbers: Sequence[int]) -> dict[int, bytes]:
    found = connection.execute(select(samples.c.id, column).where(samples.c.id.in_(numbers)))
    return {row[0]: bytes(row[1]) for row in found}


def _outline(row: Any, starts: dict[int, bytes]) -> dict[str, Any]:
    """What a list shows of a trace that is too large to be read for it."""
    found = _PATH.search(starts.get(row.id, b""))
    try:
        path = json.loads(found.group(1)) if found else "/\u2026"
    except ValueError:
        path = "/\u2026"
    return {"request": {"method": row.method, "url": {"path": path}}, "response": {"status": row.status}}


def sample(connection: Connection, number: int) -> Optional[Sample]:
    """One sample; None where the ring has moved past it."""
    row = connection.execute(select(*_SAMPLE).where(samples.c.id == number)).one_or_none()
    return None if row is None else Sample(row.id, row.endpoint_id, row.at, parse(bytes(row.body)), row.service)
