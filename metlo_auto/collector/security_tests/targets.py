"""The endpoints of the tested app as the collector knows them, with stored requests; reads the store only."""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator, NamedTuple, Optional, Sequence
from urllib.parse import quote, unquote

from metlo_auto.collector.inventory import plain_queries
from metlo_auto.collector.inventory.endpoints import Endpoint, KeptTrace
from metlo_auto.collector.inventory.route_places import Route, find, locate, shape_of
from metlo_auto.collector.security_tests.identities import Identity
from metlo_auto.collector.security_tests.ownership import MASK, Callers, other_cookies
from metlo_auto.collector.security_tests.safety import is_loopback
from metlo_auto.collector.security_tests.stored_sessions import Call, with_stored_sessions
from metlo_auto.collector.security_tests.values import ANONYMOUS, Answer, Origin, Pairs, Request, parse_origin
from metlo_auto.collector.store.statements import Ask

MOST_SAMPLES = 60  # stored requests of one endpoint that are looked at
_DROPPED = re.compile(
    r"host|content-length|connection|keep-alive|transfer-encoding|te|upgrade|expect|accept-encoding|cookie|user-agent|"
    r"if-[\w-]+|range|forwarded|x-forwarded-[\w-]+|x-real-ip|via|traceparent|tracestate|baggage|x-request-id|"
    r"x-metlo-[\w-]+|sec-[\w-]+|referer|origin|[\w-]*authorization"
)


class Sample(NamedTuple):
    """A stored request and its response, in which secrets are masked. `missing`: what was masked, "" for whole.

    `cookies`: names and values of those that tell no caller; the values are masked, unless nothing is.
    """

    request: Request
    answer: Answer
    caller: str
    missing: str
    cookies: Pairs = ()


class Target(NamedTuple):
    """One endpoint. `samples`: newest first; none where it was declared and never called."""

    id: str
    method: str
    route: str
    service: str
    file: str
    line: int
    view: str
    samples: tuple[Sample, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def is_public(self) -> bool:
        """Whether the traffic has callers without credentials who got what they asked for."""
        return any(s.caller == ANONYMOUS and s.answer.is_success for s in self.samples)


def read_targets(
    ask: Ask, origin: Origin, service: str, callers: Callers, identities: Sequence[Identity]
) -> list[Target]:
    """All endpoints that the app at `origin` has, called or declared; `service`: only those of one."""
    declared = plain_queries.read_routes(ask)
    endpoints = _of_origin(plain_queries.list_endpoints(ask), origin)
    located = locate(declared, endpoints)
    kept = plain_queries.latest_of_each(ask, MOST_SAMPLES)
    callers = with_stored_sessions(
        callers, identities, _calls(item for endpoint in endpoints for item in kept.get(endpoint.id, ()))
    )
    found = []
    for endpoint in endpoints:
        if not service or service in (endpoint.service, *endpoint.hosts):
            samples = tuple(sample_of(item.trace, callers) for item in kept.get(endpoint.id, ()))
            found.append(_target(endpoint, find(located, endpoint), endpoint.service, samples))
    return _merged(found) + _never_called(declared, found)


def _calls(kept: "Iterable[KeptTrace]") -> Iterator[Call]:
    """In the order of time."""
    for item in sorted(kept, key=lambda item: (item.at, item.id)):
        sent, response = item.trace["request"], item.trace["response"]
        answer = Answer(int(response["status"]), _pairs(response.get("headers")), str(response.get("body") or ""))
        headers = _pairs(sent.get("headers"))
        yield Call(str(sent["method"]), _path(item.trace), headers, str(sent.get("body") or ""), answer)


def _path(trace: "dict[str, Any]") -> str:
    meta = trace.get("meta")
    path = meta.get("path") if isinstance(meta, dict) else None
    return str(path or trace["request"]["url"]["path"])


def _merged(found: "list[Target]") -> "list[Target]":
    """Endpoints that differ in their host alone, such as localhost and 127.0.0.1, are one."""
    by_name: dict[str, Target] = {}
    for target in found:
        before = by_name.get(target.name)
        by_name[target.name] = target if before is None else before._replace(samples=before.samples + target.samples)
    return list(by_name.values())


def _target(endpoint: Endpoint, place: Optional[Route], service: str, samples: "tuple[Sample, ...]") -> Target:
    file, line, view = (place.file, place.line, place.endpoint) if place else ("", 0, "")
    return Target(endpoint.id, endpoint.method, endpoint.template, service, file, line, view, samples)


def _of_origin(endpoints: "Sequence[Endpoint]", origin: Origin) -> "list[Endpoint]":
    """Those called under the target's name; all of them where none was (a test client, another port)."""
    exact = [endpoint for endpoint in endpoints if any(_is_at(host, origin) for host in endpoint.hosts)]
    return exact or list(endpoints)


def _is_at(host: str, origin: Origin) -> bool:
    there = parse_origin(f"{origin.scheme}://{host}")
    if there is None or there.port != origin.port:
        return False
    return there.host == origin.host or is_loopback(there.host) and is_loopback(origin.host)


def _never_called(declared: "Sequence[Route]", called: "Sequence[Target]") -> "list[Target]":
    """Routes of the same app that nobody asked for."""
    names = {(target.method, shape_of(target.route)) for target in called}
    apps = {(route.service, route.app) for route in declared if (route.method, shape_of(route.template)) in names}
    service = called[0].service if called else ""
    found: dict[tuple[str, str], Target] = {}
    for route in declared:
        name = (route.method, shape_of(route.template))
        if (route.service, route.app) in apps and name not in names:
            place = (route.file, route.line, route.endpoint)
            found.setdefault(name, Target("", route.method, route.template, service, *place, ()))
    return list(found.values())


def sample_of(trace: "dict[str, Any]", callers: Callers) -> Sample:
    """A stored trace as a request that can be sent again, and its response."""
    sent, response = trace["request"], trace["response"]
    headers = _pairs(sent.get("headers"))
    kept = tuple((name, value) for name, value in headers if _is_kept(name.lower(), value, callers))
    url = sent["url"]
    query = _pairs(url.get("parameters"))
    told = trace.get("meta")
    meta: dict[str, Any] = told if isinstance(told, dict) else {}
    path = quote(_path(trace), safe="/%:@!$'()*+,;=~-._", errors="replace")
    request = Request(str(sent["method"]), path, query, kept, str(sent.get("body") or ""))
    answer = Answer(int(response["status"]), _pairs(response.get("headers")), str(response.get("body") or ""))
    missing = _missing(request, str(url.get("endpointPath")), meta)
    return Sample(request, answer, callers.caller(headers), missing, other_cookies(headers))


def _missing(request: Request, route: str, meta: "dict[str, Any]") -> str:
    """What of a stored request cannot be sent again."""
    if "{" in route and unquote(request.path) == route:
        return "its path was not kept"  # an announcement of the route
    if MASK.search(request.path):
        return "a value of the path was masked"
    masked = [name for name, value in request.query if MASK.search(value)]
    if masked:
        return f"the query parameter {masked[0]} was masked"
    if MASK.search(request.body):
        return "a value of the body was masked"
    kept = meta.get("requestBody")
    return "the body was not kept whole" if isinstance(kept, dict) and kept.get("omitted") else ""


def _is_kept(name: str, value: str, callers: Callers) -> bool:
    return not _DROPPED.fullmatch(name) and name not in callers.names and not MASK.search(value)


def _pairs(listed: Any) -> Pairs:
    items = listed if isinstance(listed, list) else []
    return tuple([(str(i["name"]), str(i.get("value", ""))) for i in items if isinstance(i, dict) and "name" in i])
