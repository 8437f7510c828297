"""What all endpoints of a run have in common: sessions, what identities' lists hold, who has a higher role."""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import Any, Callable, Iterator, Optional, Sequence

from metlo_auto.collector.security_tests.compare import is_refusal
from metlo_auto.collector.security_tests.content import content_of, parsed_json
from metlo_auto.collector.security_tests.inputs import filled, path_values
from metlo_auto.collector.security_tests.listener import Listener
from metlo_auto.collector.security_tests.originals import Originals
from metlo_auto.collector.security_tests.ownership import UNKNOWN
from metlo_auto.collector.security_tests.probe import SHARE, Probe
from metlo_auto.collector.security_tests.rate import Pace
from metlo_auto.collector.security_tests.recognition import recognised
from metlo_auto.collector.security_tests.roles import privileged_callers
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.targets import Target
from metlo_auto.collector.security_tests.values import ANONYMOUS, Exchange, Origin, Request

MOST_LEARNT = 3  # objects of one identity on one endpoint


class World:
    """Threads share it. `exception_of`: what the agent saw a request of this run raise; None: it told nothing."""

    def __init__(
        self, sessions: Sessions, listener: Listener, writes: str, exception_of: Callable[[int], Optional[str]],
        origin: Origin,
    ) -> None:  # fmt: skip
        self.sessions = sessions
        self.listener = listener
        self.writes = writes
        self.exception_of = exception_of
        self.origin = origin
        self.share = SHARE
        self.pace = Pace()
        self.originals = Originals(sessions)
        self.quiet = threading.Lock()  # held by who measures time
        self.probes: list[Probe] = []
        self.lacking: set[str] = set()  # why no endpoint can be tested in some way, whatever it is
        self.privileged: frozenset[str] = frozenset()
        self.unseen: frozenset[str] = frozenset()  # identities that no stored request is known to be of
        self._lists: dict[str, list[tuple[str, Exchange]]] = {}  # by identity: route and what it answered
        self._lists_by_end: dict[tuple[str, str], list[tuple[str, Exchange]]] = {}  # by the last step of the route
        self._listed: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}  # from how many of its lists; paths
        self._said: set[str] = set()
        self._setters: dict[str, Probe] = {}
        self._lock = threading.Lock()

    def once(self, what: str) -> bool:
        """True for the first who asks."""
        with self._lock:
            is_new = what not in self._said
            self._said.add(what)
            return is_new

    @property
    def is_https(self) -> bool:
        return self.origin.scheme == "https"

    def setter_of(self, cookie: str, probe: Probe) -> bool:
        """Whether reports name `probe` for a cookie: of those that set it a login, else the first."""

        def sets(other: Probe) -> bool:
            answers = [s.answer for s in other.target.samples] + [e.answer for e in other.exchanges]
            return any(text.startswith(cookie + "=") for answer in answers for text in answer.all_headers("set-cookie"))

        with self._lock:
            if cookie not in self._setters:
                setters = [other for other in self.probes if sets(other)]
                self._setters[cookie] = min(setters, key=lambda it: (it.target.method != "POST", it.target.name))
            return self._setters[cookie] is probe

    def learn(self, identity: str, route: str, exchange: Exchange) -> None:
        """Take in what a list answered."""
        with self._lock:
            self._lists.setdefault(identity, []).append((route, exchange))
            self._lists_by_end.setdefault((identity, _last_step(route)), []).append((route, exchange))

    def find_callers(self, stored: "frozenset[str]") -> None:
        """Say whose the stored requests of unknown callers are, where what they got tells it. `stored`: all callers."""
        names = recognised(self.probes, self.sessions.names)
        for probe in self.probes if names else ():
            probe.rename_callers(names)
        self.unseen = frozenset(self.sessions.names) - stored - set(names.values())

    def may_be_one_of(self, name: str, callers: "set[str]") -> bool:
        """Whether an identity is one of `callers`, or could be: an unknown one, while no stored request is its own."""
        return name in callers or name in self.unseen and any(caller.startswith(UNKNOWN) for caller in callers)

    def find_roles(self) -> None:
        self.privileged = privileged_callers(self.probes, self.sessions.names)

    def learnt(self, name: str, target: Target) -> list[Request]:
        """Requests for objects of `target` that stand in what `name`'s lists hold."""
        if "{" not in target.route:
            return []
        found = []
        for route, exchange in self._lists_for(name, target):
            for values in _objects(route, exchange, target):
                path = filled(target.route, values)
                if "{" not in path:
                    found.append(Request(target.method, path, (), exchange.request.headers))
        return found[:MOST_LEARNT]

    def is_listed(self, name: str, target: Target, request: Request) -> bool:
        """Whether `name`'s own list has the object of `request`: it is then no secret to it."""
        lists = self._lists_for(name, target)
        known = self._listed.get((name, target.route))
        if known is None or known[0] != len(lists):
            found = (values for route, exchange in lists for values in _objects(route, exchange, target))
            known = len(lists), frozenset(filled(target.route, values) for values in found)
            self._listed[name, target.route] = known
        return request.path in known[1]

    def _lists_for(self, name: str, target: Target) -> "list[tuple[str, Exchange]]":
        """What `name`'s lists hold that may be of objects of `target`: other routes end otherwise."""
        return self._lists_by_end.get((name, _last_step(target.route.partition("/{")[0])), [])

    def values_of(self, name: str) -> frozenset[str]:
        """All telling values that `name` gets from lists and pages of its own."""
        found: set[str] = set()
        for _, exchange in self._lists.get(name, []):
            found |= content_of(exchange.answer).values
        return frozenset(found)

    def known_value(self, parameter: str) -> Optional[str]:
        """A value that a parameter of this name has in any stored request."""
        for probe in self.probes:
            for sample in probe.target.samples:
                value = path_values(probe.target.route, sample.request.path).get(parameter)
                if value and sample.answer.is_success:
                    return value
        return None


def _last_step(route: str) -> str:
    return route.rstrip("/").rpartition("/")[2]


def _objects(route: str, exchange: Exchange, target: Target) -> Iterator[dict[str, str]]:
    """Values for the parameters of `target`, where `route` is the list that its objects stand in."""
    parameter = _parameter_of_items(route, target.route)
    if parameter and not is_refusal(exchange.answer):
        for found in _ids(exchange.answer.body, parameter, target.route.partition("/{")[0]):
            yield {parameter: found}


@lru_cache(maxsize=4096)
def _parameter_of_items(route: str, template: str) -> str:
    """The one parameter of `template` where `route` is the list of its objects, else ""."""
    head = template.partition("/{")[0]
    parameters = re.findall(r"\{([^{}]*)\}", template)
    is_its_list = route.rstrip("/") == head or route.rstrip("/").endswith(head) and head.count("/") > 1
    return parameters[0] if len(parameters) == 1 and is_its_list else ""


@lru_cache(maxsize=1024)
def _ids(body: str, parameter: str, head: str) -> "tuple[str, ...]":
    found = (_id_of(item, parameter, head) for item in _items(parsed_json(body.lstrip())))
    return tuple(one for one in found if one is not None)


def _items(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of the first list in `value`."""
    if isinstance(value, dict):
        lists = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)]
        if not lists:
            lists = [
                inner
                for item in value.values() if isinstance(item, dict)
                for inner in item.values() if isinstance(inner, list) and inner and isinstance(inner[0], dict)
            ]  # fmt: skip
        value = lists[0] if lists else []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            yield item


def _id_of(item: dict[str, Any], parameter: str, head: str) -> Optional[str]:
    """What a parameter of this name would be called in an item of a list."""
    noun = head.rpartition("/")[2].rstrip("s")
    lowered = {str(name).lower().replace("-", "_"): value for name, value in item.items()}
    short = parameter.lower().replace("-", "_")
    names = [short, "id", "uuid", "guid", "slug", "key", "code", "ref", "reference", "number", "name"]
    names[1:1] = [f"{noun}_id", f"{noun}id", f"{noun}_uuid", short.rpartition("_")[2]]
    for name in names:
        value = lowered.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value):
            return str(value)
    return None


def identities_but(names: Sequence[str], *excluded: str) -> list[str]:
    return [name for name in names if name not in excluded and name != ANONYMOUS]
