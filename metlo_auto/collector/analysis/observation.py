"""One trace as the analyser sees it; knows Metlo's trace format, never where traces come from or go."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, NamedTuple, Optional

from metlo_auto.collector.analysis import credentials
from metlo_auto.collector.analysis.header_fields import Layout, layout, layout_of
from metlo_auto.collector.store.text import key, storable

LONGEST = 1e10  # milliseconds, four months
OLDEST = 30 * 86_400.0  # seconds before its receipt that a request may have been made
MOST_NAME = 2_000  # bytes of a host, template or trace id
MOST_SERVICE = 200  # bytes of a service's name
MOST_PATH = 2_000  # characters of a path that are looked at
MOST_STEP = 200  # characters of one of its segments; a longer one is a value
MOST_PAIRS = 200  # headers, or parameters, of one message
MOST_PAIR_NAME = 128  # characters
MOST_PAIR_VALUE = 8_192
MOST_NAMES = 4_000  # characters of the names of all headers of a message that are remembered
UNNAMED = "unnamed"  # the service where neither agent nor host names one


class Observation(NamedTuple):
    """What analysis asks of a trace. `trace` is the trace itself, not to be changed."""

    host: str
    method: str
    path: str
    template: Optional[str]  # the route as the agent names it, `/users/{id}`; None where it names none
    status: int
    at: float  # seconds since the epoch, by the agent's clock
    received_at: float  # by the collector's clock
    duration: Optional[float]  # milliseconds
    schemes: tuple[str, ...]  # the kinds of credentials that the request carried
    trace_id: str
    trace: dict[str, Any]
    path_template: str  # the path in which segments that are too long for a pattern are `{}`
    asked: Layout  # of the request's headers
    answered: Layout  # of the response's
    rule: str = ""  # the route as the app spells it, `/users/<int:id>`; "" where the agent names none
    view: str = ""  # the framework's name of the view
    service: str = UNNAMED  # the service, or the app, that the agent names, else the host in lower case
    knows_routes: bool = False  # whether the agent names the route of each request that matched one

    @property
    def authenticated(self) -> bool:
        """Whether the request carried credentials of some kind."""
        return bool(self.schemes)


def observe(trace: dict[str, Any], received_at: float) -> Observation:
    """`trace` has passed `contract.complaint`. Every text that a pattern may see later gets its bound here."""
    trace, asked, answered = _bounded(trace)
    request, response = trace["request"], trace["response"]
    url = request["url"]
    path = storable(real_path(trace))
    meta = trace.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    template = url.get("endpointPath")
    host = key(url["host"], MOST_NAME)
    rule, view = meta.get("route"), meta.get("endpoint")
    return Observation(
        host=host,
        method=request["method"],
        path=path,
        template=key(template, MOST_NAME) if isinstance(template, str) and template[:1] == "/" else None,
        status=response["status"],
        at=_time(meta.get("requestTimestamp"), received_at),
        received_at=received_at,
        duration=duration_of(meta.get("durationMs")),
        schemes=tuple(credentials.schemes(request, path, asked.asking)),
        trace_id=_text(meta.get("traceId")),
        trace=trace,
        path_template=_without_long_segments(path),
        asked=asked,
        answered=answered,
        rule=_text(rule),
        view=_text(view),
        service=service_of(meta) or host.lower() or UNNAMED,
        knows_routes=str(meta.get("agent") or "")[:11] == "metlo-auto/",
    )


def service_of(meta: dict[str, Any]) -> str:
    """The service, else the app, that a trace says it is of; "" where it says neither."""
    for said in (meta.get("service"), meta.get("app")):
        if isinstance(said, str) and said.strip():
            return key(said.strip(), MOST_SERVICE)
    return ""


def _bounded(trace: dict[str, Any]) -> tuple[dict[str, Any], Layout, Layout]:
    """`trace`, or a copy of it in which headers and parameters are no more and no longer than analysis looks at, with
    the layouts of both messages.
    """
    request, response = trace["request"], trace["response"]
    url = request["url"]
    parameters = _pairs(url.get("parameters"))
    asked, answered = _layout_within_bounds(request), _layout_within_bounds(response)
    if asked is not None and answered is not None and parameters is url.get("parameters"):
        return trace, asked, answered
    request = {**request, "headers": _pairs(request.get("headers")), "url": {**url, "parameters": parameters}}
    response = {**response, "headers": _pairs(response.get("headers"))}
    return {**trace, "request": request, "response": response}, layout(request), layout(response)


def _layout_within_bounds(message: dict[str, Any]) -> Optional[Layout]:
    """The layout of headers that are within their bounds even if they were one, as most are; None for others."""
    listed = message.get("headers") or ()
    try:
        names = tuple([item["name"] for item in listed])
        if len("".join([item["value"] for item in listed])) > MOST_PAIR_VALUE or len(names) > MOST_PAIRS:
            return None
        if len("".join(names)) > MOST_NAMES:
            return None
    except (TypeError, KeyError):
        return None
    known = layout_of(names)
    return known if known.longest <= MOST_PAIR_NAME else None


def _pairs(listed: Any) -> Any:
    """Name and value pairs within their bounds: the very list where it is."""
    if not isinstance(listed, list):
        return listed
    if len(listed) <= MOST_PAIRS and _are_short(listed):
        return listed
    return [item if _are_short([item]) else _shortened(item) for item in listed[:MOST_PAIRS]]


def _are_short(listed: list[Any]) -> bool:
    """Whether each is a pair of texts within its bounds, or no pair at all."""
    for item in listed:
        if type(item) is dict:
            name, value = item.get("name", ""), item.get("value", "")
            if type(name) is not str or type(value) is not str:
                return False
            if len(name) > MOST_PAIR_NAME or len(value) > MOST_PAIR_VALUE:
                return False
    return True


def _shortened(item: dict[str, Any]) -> dict[str, Any]:
    """A value that is no text may be nested without end, so it becomes one."""
    name, value = item.get("name", ""), item.get("value", "")
    value = value if isinstance(value, str) else _text(value)
    return {"name": key(name, MOST_PAIR_NAME) if isinstance(name, str) else name, "value": value[:MOST_PAIR_VALUE]}


def _text(value: Any) -> str:
    """A scalar as text; nothing for what is none."""
    if isinstance(value, (str, int, float)) and value is not False:
        return key(str(value), MOST_NAME)
    return ""


def _without_long_segments(path: str) -> str:
    if len(path) <= MOST_STEP:
        return path
    return "/".join(step if len(step) <= MOST_STEP else "{}" for step in path.split("/"))


def real_path(trace: dict[str, Any]) -> str:
    """The path that was asked for: an agent that does not know our kind has its route in the path's place."""
    meta = trace.get("meta")
    path = meta.get("path") if isinstance(meta, dict) and has_template_as_path(trace) else None
    asked = path if isinstance(path, str) and path[:1] == "/" else str(trace["request"]["url"]["path"])
    return asked[:MOST_PATH]


def has_template_as_path(trace: dict[str, Any]) -> bool:
    """Whether its path is the route, `/users/{id}`."""
    url = trace["request"]["url"]
    return "{" in str(url["path"]) and url["path"] == url.get("endpointPath")


@lru_cache(maxsize=20_000)
def endpoint_id(method: str, service: str, template: str) -> str:
    """The endpoint's name in the store, the same for every writer; 16 hex digits."""
    text = "\n".join((method, service, template))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _time(value: Any, otherwise: float) -> float:
    """RFC 3339 as seconds since the epoch; what is missing, not understood, far in the future or older than
    `OLDEST` is `otherwise`.
    """
    if not isinstance(value, str) or not 19 <= len(value) <= 40:
        return otherwise
    try:
        moment = datetime.fromisoformat(value[:-1] + "+00:00" if value[-1] in "zZ" else value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        seconds = moment.timestamp()
    except (ValueError, OverflowError):  # the year 1 in a zone before it
        return otherwise
    return seconds if otherwise - OLDEST <= seconds <= otherwise + 86_400 else otherwise


def duration_of(value: Any) -> Optional[float]:
    """Milliseconds; None for what no request can have taken."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value < LONGEST else None
