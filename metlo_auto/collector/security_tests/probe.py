"""One endpoint during a run: its baseline, its inputs, its share of time; kinds ask it and send through it."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Callable, Iterator, NamedTuple, Optional

from metlo_auto.collector.inventory.route_places import shape_of
from metlo_auto.collector.security_tests.compare import Reading, is_refusal, reading, volatile_places
from metlo_auto.collector.security_tests.inputs import Input, cookie_input, inputs_of
from metlo_auto.collector.security_tests.originals import WRITING
from metlo_auto.collector.security_tests.ownership import MASK
from metlo_auto.collector.security_tests.safety import READING
from metlo_auto.collector.security_tests.targets import Sample, Target
from metlo_auto.collector.security_tests.values import ANONYMOUS, Answer, Exchange, Pairs, Request

if TYPE_CHECKING:
    from metlo_auto.collector.security_tests.world import World

SHARE = 30.0  # seconds that one endpoint may keep the run waiting, beyond what the app usually takes
MOST_TRIES = 6  # requests that look for a baseline
MOST_INPUTS = 16
MOST_KEPT = 400  # exchanges of one endpoint
UNANSWERED = {0: "no response", 429: "429", 503: "503"}  # what says nothing of how the app takes a request


class ShareUsed(Exception):
    """The endpoint has had its share of time."""


class Baseline(NamedTuple):
    """The same request asked twice as `identity`, who may have the response."""

    identity: str
    request: Request
    exchange: Exchange
    second: Exchange

    @property
    def answer(self) -> Answer:
        return self.exchange.answer

    @property
    def volatile(self) -> frozenset[str]:
        """Places that differ by themselves."""
        return volatile_places(self.exchange.answer, self.second.answer)

    @property
    def is_stable(self) -> bool:
        """Whether a difference to it can mean something."""
        return self.answer.status == self.second.answer.status and "" not in self.volatile

    @property
    def seconds(self) -> float:
        return max(self.exchange.answer.seconds, self.second.answer.seconds)

    def reading(self) -> Reading:
        return reading(self.answer, self.volatile)


class Probe:
    """Not shared by threads: one of them works on an endpoint at a time."""

    def __init__(self, target: Target, world: "World", seed: int) -> None:
        self.target = target
        self.world = world
        self.base: Optional[Baseline] = None
        self.exchanges: list[Exchange] = []
        self.rng = random.Random(f"{seed} {target.name}")
        self.claimed: set[tuple[str, str]] = set()  # kinds and variants
        self._doubts: list[str] = []
        self._unanswered: Counter[int] = Counter()
        self._asked = 0
        self._spent = 0.0
        self._views: dict[str, Exchange] = {}
        self._references: dict[Request, Optional[Baseline]] = {}
        self._echoes: dict[tuple[str, str], tuple[str, Exchange]] = {}
        self._inputs: Optional[list[Input]] = None
        self._has_reader: Optional[bool] = None

    def send(self, request: Request, identity: Optional[str] = None, is_wanted: bool = False) -> Exchange:
        """Ask as `identity`, as the baseline's where none is named. Raises ShareUsed."""
        name = identity if identity is not None else self.base.identity if self.base else ANONYMOUS
        if request.method in WRITING:
            self.world.originals.keep(self.target.route, request, name, self.reader(request.path) is not None)
        return self._noted(lambda: self.world.sessions.send(request, name, is_wanted))

    def reader(self, path: str) -> Optional[Request]:
        """A GET that shows what a write to `path` changes: of the same path."""
        if self._has_reader is None:
            shape = shape_of(self.target.route)
            routes = (probe.target.route for probe in self.world.probes if probe.target.method == "GET")
            self._has_reader = any(shape_of(route) == shape for route in routes)
        return Request("GET", path) if self._has_reader else None

    def send_with(self, request: Request, credentials: Pairs) -> Exchange:
        """Ask with headers that are nobody's. Raises ShareUsed."""
        return self._noted(lambda: self.world.sessions.send_with(request, credentials))

    def send_timed(self, request: Request) -> Exchange:
        """Ask for what may well take too long. Raises ShareUsed."""
        assert self.base is not None
        identity = self.base.identity
        return self._noted(lambda: self.world.sessions.send(request, identity), is_timed=True)

    def _noted(self, send: Callable[[], Exchange], is_timed: bool = False) -> Exchange:
        if self._spent > self.world.share:
            raise ShareUsed
        exchange = self._counted(send())
        if not exchange.answer.status and not is_timed and exchange.request.method in READING:
            exchange = self._counted(send())  # an app that is busy may miss one
        self._asked += 1
        if exchange.answer.status in UNANSWERED:
            self._unanswered[exchange.answer.status] += 1
        if len(self.exchanges) < MOST_KEPT:
            self.exchanges.append(exchange)
        return exchange

    def _counted(self, exchange: Exchange) -> Exchange:
        self._spent += self.world.pace.beyond(exchange.answer.seconds)
        return exchange

    def begin(self, is_new_share: bool = False) -> None:
        """Begin a task: what is noted from now on belongs to it."""
        self._doubts, self._asked = [], 0
        self._unanswered.clear()
        if is_new_share:
            self._spent = 0.0

    def doubt(self, reason: str) -> None:
        """Note why the task at hand is not done, or not in whole."""
        if reason not in self._doubts:
            self._doubts.append(reason)

    def lack(self, reason: str) -> None:
        """The same for what the whole run lacks: reports say it once for all endpoints."""
        self.world.lacking.add(reason)
        self.doubt(reason)

    @property
    def doubts(self) -> str:
        """Why the task at hand does not count as done, "" where it does."""
        if not self._unanswered:
            return "; ".join(self._doubts)
        counted = [
            f"{n} of {self._asked} requests got {UNANSWERED[status]}" for status, n in sorted(self._unanswered.items())
        ]
        return "; ".join(self._doubts + counted)

    def exception(self, exchange: Exchange) -> str:
        """The class of the exception that the agent saw, "" for none."""
        found = self.world.exception_of(exchange.number)
        if found is None:
            self.doubt("no agent told of the exception behind a server error")
        return found or ""

    def prepare(self) -> None:
        """Look for a request that somebody may make, and make it twice."""
        for number, (identity, request) in enumerate(self._candidates()):
            if number >= MOST_TRIES:
                break
            first = self.send(request, identity, is_wanted=True)
            self.base = self.base or Baseline(identity, request, first, first)
            if not is_refusal(first.answer):
                self.base = Baseline(identity, request, first, self.send(request, identity))
                self._views[identity] = first
                return

    @property
    def is_accepted(self) -> bool:
        """Whether there is a baseline that gives something."""
        return self.base is not None and not is_refusal(self.base.answer)

    def accepted(self) -> Optional[Baseline]:
        """The baseline, where it gives something."""
        if self.base is not None and not self.is_accepted:
            self.doubt(f"its baseline was refused with {self.base.answer.status}")
        return self.base if self.is_accepted else None

    def _candidates(self) -> Iterator[tuple[str, Request]]:
        tried = set()
        for identity, request in self._all_candidates():
            if (identity, request.target, request.body) not in tried:
                tried.add((identity, request.target, request.body))
                yield identity, request

    def _all_candidates(self) -> Iterator[tuple[str, Request]]:
        names = self.world.sessions.names
        whole = [sample for sample in self.target.samples if not sample.missing]
        for digit in (2, 3, 4, 5):
            of_class = [sample for sample in whole if sample.answer.status // 100 == digit]
            of_class.sort(key=lambda sample: len(sample.request.target))  # plain ones before what somebody tried out
            yield from ((name, s.request) for name in names for s in of_class if s.caller == name)
            yield from ((ANONYMOUS, s.request) for s in of_class if s.caller == ANONYMOUS)
            yield from ((name, request) for name in names for request in self.world.learnt(name, self.target))
            yield from ((name, s.request) for s in of_class[:3] for name in names)

    def own_requests(self, name: str) -> list[Request]:
        """Requests for objects of `name`: from traffic, else from what its lists hold."""
        whole = (s.request for s in self._successes() if s.caller == name and not s.missing)
        found = {(request.path, request.query): request for request in whole}
        return list(found.values()) or self.world.learnt(name, self.target)

    def _successes(self) -> list[Sample]:
        return [sample for sample in self.target.samples if sample.answer.is_success]

    def callers(self) -> set[str]:
        """Everybody who got something here, in traffic."""
        return {s.caller for s in self._successes() if not is_refusal(s.answer)}

    def readers(self, request: Request) -> set[str]:
        """Everybody who got this very object, in traffic."""
        wanted = request.path, request.query
        return {s.caller for s in self._successes() if (s.request.path, s.request.query) == wanted}

    def view(self, name: str) -> Optional[Exchange]:
        """What `name` gets here: with a request of its own, or with the baseline's where that names no object."""
        if name not in self._views and self.base is not None:
            own = self.own_requests(name)
            if own:
                self._views[name] = self.send(own[0], name, is_wanted=True)
            elif "{" not in self.target.route:
                self._views[name] = self.send(self.base.request, name, is_wanted=True)
        return self._views.get(name)

    def seen(self, name: str) -> Optional[Exchange]:
        """The view of `name` where it was asked for already."""
        return self._views.get(name)

    def rename_callers(self, names: "dict[str, str]") -> None:
        """Put an identity in place of each caller in `names`."""
        found = tuple(s._replace(caller=names.get(s.caller, s.caller)) for s in self.target.samples)
        self.target = self.target._replace(samples=found)

    def anonymous(self) -> Exchange:
        """The baseline's request without credentials, asked once."""
        assert self.base is not None
        if " anonymous" not in self._views:
            self._views[" anonymous"] = self.send(self.base.request, ANONYMOUS)
        return self._views[" anonymous"]

    def inputs(self) -> list[Input]:
        """Every input that any stored request has, once each."""
        if self._inputs is None:
            found: dict[tuple[str, str], Input] = {}
            whole = [s.request for s in self.target.samples if not s.missing and s.answer.status < 400]
            for request in ([self.base.request] if self.base else []) + whole:
                for item in inputs_of(request, self.target.route):
                    found.setdefault((item.where, item.name), item)
            for item in self._cookies():
                found.setdefault((item.where, item.name), item)
            self._inputs = list(found.values())
        if len(self._inputs) > MOST_INPUTS:
            self.doubt(f"only {MOST_INPUTS} of its {len(self._inputs)} inputs are tried")
        return self._inputs[:MOST_INPUTS]

    def _cookies(self) -> Iterator[Input]:
        """Cookies of stored requests that no identity sends; a masked value is replaced by 1."""
        own = {name for identity in self.world.sessions.current() for name in identity.cookies}
        for sample in self.target.samples if self.base else ():
            for name, value in sample.cookies:
                if name not in own and self.base:
                    yield cookie_input(name, "1" if MASK.search(value) else value, self.base.request)

    def reference(self, given: Input) -> Optional[Baseline]:
        """The baseline of the request that an input stands in; None where that one is refused."""
        assert self.base is not None
        if given.request == self.base.request:
            return self.base
        if given.request not in self._references:
            first = self.send(given.request)
            found = None
            if not is_refusal(first.answer):
                found = Baseline(self.base.identity, given.request, first, self.send(given.request))
            self._references[given.request] = found
        return self._references[given.request]

    def echo(self, given: Input) -> tuple[str, Exchange]:
        """A marker and what comes back where it is put behind the input's value; asked once."""
        key = (given.where, given.name)
        if key not in self._echoes:
            marker = self.word()
            self._echoes[key] = (marker, self.send(given.sent(given.value + marker)))
        return self._echoes[key]

    def word(self) -> str:
        """Letters that stand nowhere else."""
        return "mq" + "".join(self.rng.choice("bcdfghjkmnpqrstvwxz") for _ in range(8))
