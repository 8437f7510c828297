"""One trace as the analyser sees it; knows Metlo's trace format, never where traces come from or go."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, NamedTuple, Optional

from metlo_auto.collector.analysis import credentials
from metlo_auto.collector.store.text import storable

LONGEST = 1e10  # milliseconds, four months
MOST_NAME = 2_000  # characters of a host, template or trace id; PostgreSQL indexes no more than 2,700 bytes


class Observation(NamedTuple):
    """What analysis asks of a trace. `trace` is the trace itself, not to be changed."""

    host: str
    method: str
    path: str
    template: Optional[str]  # the route as the agent names it, `/users/{id}`; None where it names none
    status: int
    at: float  # seconds since the epoch
    duration: Optional[float]  # milliseconds
    authenticated: bool  # the request carried credentials of some kind
    trace_id: str
    trace: dict[str, Any]
    received_at: float  # seconds since the epoch, by the clock of this machine
    rule: str = ""  # the route as the app spells it, `/users/<int:id>`; "" where the agent names none
    view: str = ""  # the framework's name of the view


def observe(trace: dict[str, Any], received_at: float) -> Observation:
    """`trace` has passed `contract.complaint`."""
    request, response = trace["request"], trace["response"]
    url = request["url"]
    meta = trace.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    template = url.get("endpointPath")
    rule, view = meta.get("route"), meta.get("endpoint")
    return Observation(
        host=storable(url["host"])[:MOST_NAME],
        method=request["method"],
        path=storable(url["path"]),
        template=storable(template)[:MOST_NAME] if isinstance(template, str) and template[:1] == "/" else None,
        status=response["status"],
        at=_time(meta.get("requestTimestamp"), received_at),
        duration=_duration(meta.get("durationMs")),
        authenticated=next(credentials.schemes(request, storable(url["path"])), None) is not None,
        trace_id=storable(str(meta.get("traceId") or ""))[:MOST_NAME],
        trace=trace,
        received_at=received_at,
        rule=rule if isinstance(rule, str) else "",
        view=view if isinstance(view, str) else "",
    )


@lru_cache(maxsize=20_000)
def endpoint_id(method: str, host: str, template: str) -> str:
    """The endpoint's name in the store, the same for every writer; 16 hex digits."""
    text = "\n".join((method, host.lower(), template))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _time(value: Any, otherwise: float) -> float:
    """RFC 3339 as seconds since the epoch; what is missing, not understood or far in the future is
    `otherwise`.
    """
    if not isinstance(value, str) or len(value) < 19:
        return otherwise
    try:
        moment = datetime.fromisoformat(value[:-1] + "+00:00" if value[-1] in "zZ" else value)
    except ValueError:
        return otherwise
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    seconds = moment.timestamp()
    return seconds if 0 < seconds <= otherwise + 86_400 else otherwise


def _duration(value: Any) -> Optional[float]:
    """Milliseconds; None for what no request can have taken."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value < LONGEST else None
