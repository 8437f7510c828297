"""The status strip at the head of every page: receiving or not, how fast, what was lost, how large the store is."""

from __future__ import annotations

import time
from typing import Any, NamedTuple, Optional

from sqlalchemy.engine import Connection

from metlo_auto.collector.page import queries

OVER = ("overflow_traces", "other_host_traces", "other_service_traces", "overflow_sections", "overflow_fields")
FRESH = 30.0  # seconds that a request counts as just now


class Strip(NamedTuple):
    """`state`: `waiting` before the first request, `receiving`, `quiet`. `lost`: traces refused, or lost after 200."""

    state: str
    last_at: Optional[float]
    rate: float
    lost: int
    over: int  # beyond a limit of the inventory: counted, and shown with others or not at all
    waiting: int
    behind: int  # endpoints whose findings and sensitive data are not those of now
    disk: int


def strip(connection: Connection, status: dict[str, Any]) -> Strip:
    """`status` is what the collector's own counters say."""
    now = time.time()
    last_at = queries.last_at(connection)
    rate = queries.rate(connection, now)
    fresh = last_at is not None and (rate > 0 or now - last_at < FRESH)
    return Strip(
        state="receiving" if fresh else "quiet" if status["accepted_traces"] else "waiting",
        last_at=last_at,
        rate=rate,
        lost=status["lost_traces"] + status["refused_traces"] + status["set_aside_traces"],
        over=sum(status[name] for name in OVER),
        waiting=status["inbox_traces"],
        behind=status["behind_endpoints"],
        disk=queries.disk(connection),
    )
